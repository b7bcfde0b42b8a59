"""Queries that Django compiles once in each process: compiling one again takes ten times as long as running it."""

import copy
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Expression, Field, QuerySet
from django.db.models.query import ModelIterable, ValuesListIterable

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
    """A queryset with its SQL. Each run gets a copy of Django's compiler that returns this SQL."""

    def __init__(self, queryset: "QuerySet[Any, Any]") -> None:
        self.queryset = queryset
        self.compiler: Any = queryset.query.get_compiler(using=queryset.db)
        self.sql, self.parameters = self.compiler.as_sql()
        self.iterable: Any = ValuesListIterable if queryset.query.values_select else ModelIterable

    def run(self, values: dict[str, Any]) -> list[Any]:
        connection = connections[self.queryset.db]
        bound = tuple(
            each.bind(values[each.name], connection) if isinstance(each, Parameter) else each
            for each in self.parameters
        )
        compiler = copy.copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_, **__: (self.sql, bound)
        # What Django's iterables read of a queryset.
        query = SimpleNamespace(get_compiler=lambda *_, **__: compiler)
        source = SimpleNamespace(
            query=query, db=self.queryset.db, model=self.queryset.model, _hints={}, _known_related_objects={}
        )
        return list(self.iterable(source))
