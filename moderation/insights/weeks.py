"""Weeks that begin on Monday at midnight, computed by both databases."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import FloatField, Func, IntegerField
from django.utils import timezone
from django.utils.formats import date_format

WEEK = timedelta(days=7)
WEEKS, LONG_WEEKS = 13, 26


class WeekAfter(Func):
    """Whole weeks between two times, computed in the database; a Python function would be called for each row."""

    arity = 2
    output_field: Any = IntegerField()
    on_sqlite = "CAST((julianday(%(expressions)s)) / 7 AS INTEGER)"
    on_postgresql = "FLOOR(EXTRACT(EPOCH FROM (%(expressions)s)) / 604800)::integer"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template=self.on_sqlite, arg_joiner=") - julianday(", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return super().as_sql(compiler, connection, template=self.on_postgresql, arg_joiner=" - ", **extra)


class SecondsAfter(WeekAfter):
    output_field = FloatField()
    on_sqlite = "(julianday(%(expressions)s)) * 86400.0"
    on_postgresql = "EXTRACT(EPOCH FROM (%(expressions)s))::double precision"


def first_day(weeks: int) -> datetime:
    """Return the start of the first of the last so many weeks, the current one included."""
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday(), weeks=weeks - 1)
    return timezone.make_aware(datetime.combine(monday, datetime.min.time()))


def week_labels(first: datetime, weeks: int) -> list[str]:
    """Return the first day of each of so many weeks from `first`, as month and day."""
    return [date_format(timezone.localtime(first + at * WEEK + WEEK / 14), "MONTH_DAY_FORMAT") for at in range(weeks)]
