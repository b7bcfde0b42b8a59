"""The number of comments in each tab of the queue, which every page of it shows."""

from typing import Any

from django.db.models import Case, F, Func, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from accounts.models import User
from comments.models import Discussion, Status
from moderation.decisions.rights import Rights
from moderation.queue.query import ALL, APPEALED, MINE, REPORTED, comments_in_tab, match_hidden
from server import counting
from server.counting import Count, RowCount


def tab_counts(rights: Rights) -> dict[str, Count]:
    """Count the comments of each tab, in one query."""
    by_status = ("pk",) if rights.is_site_wide else ()  # the index of essays lists fewer comments of some essays
    columns = {tab: RowCount(comments_in_tab(tab, rights)) for tab in (REPORTED, APPEALED)}
    columns |= {status: RowCount(comments_in_tab(status, rights), *by_status) for status in Status.values}
    columns[MINE] = count_own(rights)
    row = User.objects.filter(pk=rights.user.pk).values_list(*columns.values()).get()
    found = dict(zip(columns, row, strict=True))
    return {tab: Count(count) for tab, count in found.items()} | {ALL: Count(sum(found[tab] for tab in Status.values))}


def count_own(rights: Rights) -> Any:
    """Count the comments on the user's essays or by the user, as a column of another query.

    The number of approved ones on the essays is stored. Comments are counted only if it is below the limit, those on
    the essays and those elsewhere apart: to count them together, PostgreSQL first lists all.
    """
    essays = Discussion.objects.filter(essay__in=rights.own_essays).order_by()
    approved = Coalesce(Subquery(essays.values(sum=Func(F("comment_count"), function="SUM"))), 0)
    shown = rights.comments().exclude(match_hidden())
    elsewhere = shown.filter(commenter__in=rights.own_commenters).exclude(essay__in=rights.own_essays)
    parts = shown.filter(essay__in=rights.own_essays), elsewhere
    counted = sum((Coalesce(RowCount(part), 0) for part in parts), start=Value(0))  # 0 if nothing can match a part
    return Case(When(GreaterThan(approved, Value(counting.LIMIT)), then=counting.LIMIT + 1), default=counted)
