"""Counts of rows that stop at a limit: to count a million rows, a database reads all of them."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet, Subquery
from django.db.models.fields import IntegerField
from django.utils.functional import cached_property

LIMIT = 1_000


class Count(int):
    """A number of rows, shown as “1000+” if there are more than LIMIT."""

    is_limited: bool

    def __new__(cls, found: int) -> "Count":
        self = super().__new__(cls, min(found, LIMIT))
        self.is_limited = found > LIMIT
        return self

    def __str__(self) -> str:
        return f"{int(self)}+" if self.is_limited else super().__repr__()


def count(rows: "QuerySet[Any, Any]", *order: str) -> Count:
    """Count rows up to LIMIT.

    `order`: the fields of the index that PostgreSQL should count by; it would otherwise often read the whole table.
    """
    return Count(rows.order_by(*order)[: LIMIT + 1].count())


class RowCount(Subquery):
    """The number of rows, up to LIMIT + 1, as a column of another query; `order` as for count()."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0

    def __init__(self, rows: "QuerySet[Any, Any]", *order: str) -> None:
        super().__init__(rows.order_by(*order).values("pk")[: LIMIT + 1])


class LimitedPaginator(Paginator[Model]):
    """A paginator of an admin list, whose last page is the last of the first LIMIT rows."""

    @cached_property
    def count(self) -> Count:
        return count(self.object_list)  # type: ignore[arg-type]
