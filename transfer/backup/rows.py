"""Rows of a database as lines of JSON, and back; the first line of a table names its columns."""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any, Protocol
from uuid import UUID

from django.apps.registry import Apps
from django.db import connection, connections
from django.db.models import AutoField, Field, Model
from django_tasks import TaskResultStatus

# Logins, what a running site counts, keys of other services, and the search index, which is built again
LEFT_OUT_APPS = {"sessions", "usersessions", "search"}
LEFT_OUT = {"server.bucket", "server.tick", "server.lease", "socialaccount.socialtoken", "socialaccount.socialapp"}
JOBS = "django_tasks_database.dbtaskresult"
BATCH = 2_000


class Target(Protocol):
    """Where the lines of a table are written to."""

    def write(self, data: bytes) -> int: ...


def tables(apps: Apps) -> list[type[Model]]:
    """Return the models whose rows a backup holds, those of relations between two models included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and model._meta.app_label not in LEFT_OUT_APPS
        and model._meta.label_lower not in LEFT_OUT
    ]


def columns(model: type[Model]) -> list[str]:
    """Return the names of a table's columns, in the order in which its model has them."""
    return [field.attname for field in model._meta.local_concrete_fields]


def write(model: type[Model], names: list[str], alias: str, target: Target) -> int:
    """Write these columns of all rows of a table, ordered by key, and return how many rows there are."""
    rows = model._base_manager.using(alias).order_by("pk").values_list(*names)
    if model._meta.label_lower == JOBS:
        rows = rows.filter(status=TaskResultStatus.READY)
    target.write(_line(names))
    count = 0
    for count, row in enumerate(rows.iterator(chunk_size=BATCH), 1):  # noqa: B007
        target.write(_line(row))
    return count


def read(model: type[Model], source: IO[bytes]) -> int:
    """Insert all rows of a table as they were written, and return how many there are."""
    lines = iter(source)
    by_name = {field.attname: field for field in model._meta.local_concrete_fields}
    fields = [by_name[name] for name in json.loads(next(lines, b"[]"))]
    quote = connection.ops.quote_name
    places = ", ".join(quote(str(field.column)) for field in fields)
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({places}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608
    count = 0
    with connection.cursor() as cursor:
        while batch := list(islice(lines, BATCH)):
            cursor.executemany(statement, [_values(fields, json.loads(line)) for line in batch])
            count += len(batch)
    return count


def empty(models: Iterable[type[Model]]) -> None:
    """Delete all rows of the tables; the constraints between them are checked at the end of the transaction."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def last_key(model: type[Model], alias: str) -> int | None:
    """Return the last number that the database gave to a row of this table, also if the row is gone."""
    meta = model._meta
    if not isinstance(meta.pk, AutoField) and meta.pk.get_internal_type() != "BigAutoField":
        return None
    with connections[alias].cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [meta.db_table])
        else:
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{meta.db_table}"', meta.pk.column])
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608 - named by PostgreSQL
        row = cursor.fetchone()
    return row[0] or None if row else None  # SQLite counts from 0


def set_last_key(model: type[Model], last: int) -> None:
    """Let the database give the numbers after `last` to new rows."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
        else:
            parameters = [f'"{table}"', model._meta.pk.column, last]
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", parameters)


def referenced_files(models: Iterable[type[Model]], alias: str) -> Iterator[str]:
    """Yield the names of the files that rows name."""
    for model in models:
        for field in model._meta.local_concrete_fields:
            if field.get_internal_type() in {"FileField", "ImageField"}:
                yield from model._base_manager.using(alias).values_list(field.attname, flat=True).iterator()


def _line(values: Iterable[Any]) -> bytes:
    text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"), default=_encode)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _encode(value: Any) -> str:
    """Return a value that JSON does not know as the text that its field's `to_python` reads."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
    raise TypeError(f"{type(value)} cannot be written to a backup")


def _values(fields: list[Field[Any, Any]], row: list[Any]) -> list[Any]:
    return [
        field.get_db_prep_save(field.to_python(value), connection) for field, value in zip(fields, row, strict=True)
    ]
