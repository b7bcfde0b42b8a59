"""Queries that Django compiles once in each process, and PostgreSQL parses and plans once in each connection.

Compiling one again takes Django ten times as long as running it; PostgreSQL spends most of its time on planning.
"""

import copy
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.query import ModelIterable, ValuesListIterable
from django.db.models.sql import InsertQuery, UpdateQuery
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json
from django_tasks_db import DatabaseBackend

Row = TypeVar("Row")


class Parameter(Expression):
    """A value that a query gets only when it runs."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return a placeholder, and this object in place of its value."""
        return "%s", (self,)

    def bind(self, value: Any, connection: Any) -> Any:
        """Return the value as the database takes it."""
        return self.output_field.get_db_prep_value(value, connection)


class NumberedSQL(NamedTuple):
    """A statement as PostgreSQL prepares it: parameters are $1, $2 …, other values are written out.

    Written-out values let it use partial indexes, whose conditions it must know when it plans.
    """

    sql: str
    places: list[int]  # of the parameters among Django's placeholders


class Statement:
    """SQL as Django compiled it, and for each placeholder a value or a Parameter."""

    def __init__(self, sql: str, parameters: Sequence[Any]) -> None:
        self.sql, self.parameters = sql, parameters

    def bind(self, values: Mapping[str, Any], connection: Any) -> tuple[Any, ...]:
        """Return the values of all placeholders."""
        return tuple(
            each.bind(values[each.name], connection) if isinstance(each, Parameter) else each
            for each in self.parameters
        )

    def execute(self, bound: Sequence[Any], connection: Any) -> Any:
        """Run the statement, and return its cursor. PostgreSQL parses and plans it once in each connection."""
        if connection.vendor != "postgresql" or connection.queries_logged:
            cursor = connection.cursor()
        else:
            from server.postgres import PreparedCursor  # psycopg is installed only where it is used

            connection.ensure_connection()
            cursor = connection.make_cursor(PreparedCursor(connection.connection, *self._numbered))
        cursor.execute(self.sql, bound)
        return cursor

    @cached_property
    def _numbered(self) -> NumberedSQL:
        numbers: dict[Parameter, int] = {}
        places: list[int] = []
        following = iter(enumerate(self.parameters))

        def replace(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            place, value = next(following)
            if not isinstance(value, Parameter):
                operations: Any = connection.ops
                return str(operations.compose_sql("%s", [value]))
            if value not in numbers:
                numbers[value] = len(numbers) + 1
                places.append(place)
            return f"${numbers[value]}"

        return NumberedSQL(re.sub("%%|%s", replace, self.sql), places)


class Prepared(Generic[Row]):
    """A query whose SQL is built at its first run.

    `build` gets a Parameter for each name in `fields` and returns a queryset of model instances or a values_list().
    Fetching related objects takes select_related(): prefetch_related() has no effect.
    """

    def __init__(self, build: Callable[..., "QuerySet[Any, Row]"], **fields: Field[Any, Any]) -> None:
        self._build = build
        self._parameters = {name: Parameter(name, field) for name, field in fields.items()}
        self._lock = threading.Lock()
        self._compiled: Compiled | None = None

    def fetch(self, **values: Any) -> list[Row]:
        """Run the query and return its rows."""
        compiled = self._compiled or self._compile()
        return compiled.run(values)

    def first(self, **values: Any) -> Row | None:
        """Run the query and return its first row, or None."""
        return next(iter(self.fetch(**values)), None)

    def _compile(self) -> "Compiled":
        with self._lock:
            if self._compiled is None:
                self._compiled = Compiled(self._build(**self._parameters))
            return self._compiled


class Compiled:
    """A queryset with its SQL. Each run gets a copy of Django's compiler that returns this SQL's rows."""

    def __init__(self, queryset: "QuerySet[Any, Any]") -> None:
        self.queryset = queryset
        self.compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self.statement = Statement(*self.compiler.as_sql())
        fields = [selected for selected, *_ in self.compiler.select[: self.compiler.col_count]]
        self.converters = self.compiler.get_converters(fields)
        self.iterable: Any = ModelIterable if queryset.query.default_cols else ValuesListIterable

    def run(self, values: dict[str, Any]) -> list[Any]:
        connection = connections[self.queryset.db]
        with self.statement.execute(self.statement.bind(values, connection), connection) as cursor:
            rows = cursor.fetchall()
        compiler = copy.copy(self.compiler)
        compiler.connection = connection
        compiler.execute_sql = lambda *_, **__: [rows]
        compiler.get_converters = lambda *_: self.converters
        # What Django's iterables read of a queryset.
        query = SimpleNamespace(get_compiler=lambda *_, **__: compiler)
        source = SimpleNamespace(
            query=query, db=self.queryset.db, model=self.queryset.model, _hints={}, _known_related_objects={}
        )
        return list(self.iterable(source))


class PreparedUpdate:
    """An update whose SQL is built at its first run.

    `build` gets a Parameter for each name in `fields`, and returns a queryset and the changes, as for its `update()`.
    """

    def __init__(
        self, build: Callable[..., "tuple[QuerySet[Any, Any], dict[str, Any]]"], **fields: Field[Any, Any]
    ) -> None:
        self._build = build
        self._parameters = {name: Parameter(name, field) for name, field in fields.items()}

    @cached_property
    def _statement(self) -> Statement:
        rows, changes = self._build(**self._parameters)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return Statement(*query.get_compiler(DEFAULT_DB_ALIAS).as_sql())

    def run(self, **values: Any) -> int:
        """Run the update, and return the number of changed rows."""
        with self._statement.execute(self._statement.bind(values, connection), connection) as cursor:
            return int(cursor.rowcount)


class PreparedInsert:
    """Inserts rows of one model as `save(force_insert=True)` does, without signals; its SQL is built at the first."""

    def __init__(self, model: type[Model], *, replaces: Sequence[str] = (), skips_existing: bool = False) -> None:
        """`replaces`: the fields that are updated if there is a row with this primary key.

        `skips_existing`: a row that a unique constraint forbids is left out; none receives a primary key.
        """
        self._meta, self._replaces, self._skips_existing = model._meta, replaces, skips_existing
        self._statements: dict[bool, Statement] = {}

    @cached_property
    def _columns(self) -> dict[bool, list[Any]]:
        """The fields to insert, by whether the primary key is known."""
        every = [*self._meta.local_concrete_fields]
        return {True: every, False: [field for field in every if not field.primary_key]}

    def run(self, row: Model) -> None:
        """Insert the row; one without a primary key receives it."""
        has_key = row.pk is not None
        values = list(self._values(row, has_key=has_key))
        with self._statement(row, has_key=has_key).execute(values, connection) as cursor:
            if not has_key and not self._skips_existing:
                row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS

    def _values(self, row: Model, *, has_key: bool) -> Iterator[Any]:
        for field in self._columns[has_key]:
            yield field.get_db_prep_save(field.pre_save(row, add=True), connection)

    def _statement(self, row: Model, *, has_key: bool) -> Statement:
        if has_key not in self._statements:
            field = self._meta.get_field
            conflict = OnConflict.UPDATE if self._replaces else None
            query = InsertQuery(
                type(row),
                on_conflict=OnConflict.IGNORE if self._skips_existing else conflict,
                update_fields=[field(name) for name in self._replaces],
                unique_fields=[self._meta.pk] if self._replaces else [],
            )
            query.insert_values(self._columns[has_key], [row])
            compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
            compiler.returning_fields = None if has_key or self._skips_existing else [self._meta.pk]
            parameters = [Parameter(field.name, field) for field in self._columns[has_key]]
            self._statements[has_key] = Statement(compiler.as_sql()[0][0], parameters)
        return self._statements[has_key]


class PreparedTasks(DatabaseBackend):
    """The queue of jobs in the database, whose insert Django compiles once."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Enqueue a task as the base class does; posting a comment does so while others wait for its transaction."""
        from django_tasks_db.models import DBTaskResult, get_date_max  # not before the apps are loaded

        self.validate_task(task)
        row: Any = DBTaskResult(
            args_kwargs=normalize_json({"args": args, "kwargs": kwargs}),
            priority=task.priority,
            task_path=task.module_path,
            queue_name=task.queue_name,
            run_after=task.run_after or get_date_max(),
            backend_name=self.alias,
        )
        self._insertion.run(row)
        result = row.task_result
        task_enqueued.send(type(self), task_result=result)
        return result

    @cached_property
    def _insertion(self) -> PreparedInsert:
        from django_tasks_db.models import DBTaskResult

        return PreparedInsert(DBTaskResult)
