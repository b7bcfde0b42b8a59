"""Inserts many rows with keys chosen beforehand: without an object for each, and without reading keys back."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, JSONField, Model


class Table:
    """A table of which some columns get a value in each row; the others have their default in all rows."""

    def __init__(self, model: type[Model], *names: str) -> None:
        self.model = model
        by_name = {field.attname: field for field in model._meta.local_concrete_fields}
        given = [by_name.pop(name) for name in names]
        rest = [field for field in by_name.values() if not (field.primary_key or field.db_returning)]
        self.fields: list[Field[Any, Any]] = [*given, *rest]
        self.rest = rest
        self.adapters = [(at, adapter) for at, field in enumerate(given) if (adapter := adapter_of(field))]

    def insert(self, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows of values in the order of the names; foreign keys may be fulfilled by later rows."""
        defaults = [field.get_db_prep_save(field.get_default(), connection) for field in self.rest]
        complete = [self._complete(row, defaults) for row in rows]
        quote = connection.ops.quote_name
        table, columns = quote(self.model._meta.db_table), ", ".join(quote(str(field.column)) for field in self.fields)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in complete:
                        copy.write_row(row)
            else:
                places = ", ".join(["%s"] * len(self.fields))
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", complete)  # noqa: S608

    def _complete(self, row: Sequence[Any], defaults: Sequence[Any]) -> list[Any]:
        """Return a row of all columns with the values that the database takes."""
        values = [*row, *defaults]
        for at, adapter in self.adapters:
            values[at] = adapter(values[at])
        return values


def adapter_of(field: Field[Any, Any]) -> Callable[[Any], Any] | None:
    """Return what turns a field's value into that of the database, or None if they are the same."""
    if isinstance(field, DateTimeField):
        return connection.ops.adapt_datetimefield_value
    if isinstance(field, JSONField):
        return lambda value: field.get_db_prep_save(value, connection)
    return None


def check_foreign_keys() -> None:
    """Let PostgreSQL check the rows so far, which it otherwise keeps in memory until the end of the transaction."""
    if connection.vendor == "postgresql":
        connection.check_constraints()


def reserve_keys(model: type[Model], count: int) -> list[int]:
    """Return keys for new rows, which the database gives to no other row. Call inside a transaction."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "nextval(pg_get_serial_sequence(%s, %s))"
            cursor.execute(f"SELECT {sequence} FROM generate_series(1, %s)", [f'"{table}"', column, count])  # noqa: S608
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone() or (None,)
        if last is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, table])
        return list(range((last or 0) + 1, (last or 0) + count + 1))
