"""Filters and sort orders of the queue."""

import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, Self

from django.db.models import DateTimeField, F, Q, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower, StrIndex
from django.db.models.lookups import GreaterThan, LessThan
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, CommentQuerySet, Status, Wording
from comments.screening.screening import Sender
from moderation.decisions.in_words import REASON_LABELS

AGES = {
    "day": (_("Last 24 hours"), timedelta(days=1), True),
    "week": (_("Last 7 days"), timedelta(days=7), True),
    "month": (_("Last 30 days"), timedelta(days=30), True),
    "older": (_("Older than 30 days"), timedelta(days=30), False),
}
OLDEST, NEWEST, HIGHEST_SCORE, REPORTED = "oldest", "newest", "likeliest", "reported"
ORDERS = {
    OLDEST: _("Oldest first"),
    NEWEST: _("Newest first"),
    HIGHEST_SCORE: _("Highest spam score first"),
    REPORTED: _("Most reported first"),
}
SORT_WEIGHTS: dict[str, Any] = {
    HIGHEST_SCORE: F("spam_score"),
    REPORTED: F("reports"),
}
QUERY_LENGTH, MAX_WORDS = 200, 8
MAX_KEY = 2**63 - 1
SEARCHED = 5_000  # newest comments of a tab that are read to filter or sort by what no index has


def parse_keys(texts: Any) -> list[int]:
    """Return the valid primary keys among these texts, sorted and without duplicates."""
    return sorted({int(text) for text in texts if text.isascii() and text.isdigit() and 0 < len(text) < 19})


def parse_number(query: QueryDict, name: str) -> int:
    """Return the positive number with this name in a query or form, or 0 if it is missing or invalid."""
    return next(iter(parse_keys([query.get(name, "")])), 0)


@dataclass(frozen=True)
class Filter:
    """The filter and order in an address; empty values mean everything, in the tab's default order."""

    q: str = ""
    reason: str = ""
    essay: int = 0
    person: int = 0
    age: str = ""
    order: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read the filter from an address; invalid values count as missing."""
        reason, age, order = (query.get(name, "") for name in ("reason", "age", "order"))
        return cls(
            q=" ".join(query.get("q", "").replace("\0", "").split())[:QUERY_LENGTH],
            reason=reason if reason in REASON_LABELS else "",
            essay=parse_number(query, "essay"),
            person=parse_number(query, "person"),
            age=age if age in AGES else "",
            order=order if order in ORDERS else "",
        )

    def parameters(self) -> dict[str, Any]:
        """Return the query parameters that differ from the defaults."""
        return {name: value for name, value in vars(self).items() if value}

    @property
    def is_search(self) -> bool:
        """Whether no index finds what is filtered, so that each comment has to be read."""
        return bool(self.q or self.reason)

    @property
    def has_criteria(self) -> bool:
        """Whether anything is filtered; the order does not count."""
        return bool(self.q or self.reason or self.essay or self.person or self.age)

    def narrow(self, comments: CommentQuerySet) -> CommentQuerySet:
        """Filter comments by what an index finds."""
        if self.essay:
            comments = comments.filter(essay=self.essay)
        if self.person:
            comments = comments.filter(commenter=self.person)
        if self.age:
            comments = comments.filter(match_age(self.age))
            if AGES[self.age][2]:  # found first, else a database may look for them in the list's own order
                comments = Comment.objects.filter(pk__in=comments.values("pk"))
        return comments

    def search(self, comments: CommentQuerySet, *, by_contact: bool) -> CommentQuerySet:
        """Filter comments by what has to be read of each.

        `by_contact`: whether words are also searched in email addresses, and networks can be searched.
        """
        if self.reason:  # JSON, which the databases search differently; as text they agree
            reasons = Cast("wording__reasons", TextField())
            comments = comments.filter(match_text(reasons, f'"code": "{self.reason}"'))
        if self.q:
            comments = comments.alias(searched=searched_text(by_contact=by_contact))
        for word in self.q.split()[:MAX_WORDS]:
            comments = comments.filter(match_word(word, by_contact=by_contact))
        return comments


def newest_to_search(comments: CommentQuerySet) -> tuple[CommentQuerySet, bool]:
    """Return the newest SEARCHED comments, and whether there are more.

    By the key of the oldest: with a subquery for all keys, PostgreSQL may read the whole table. By two bounds: without
    statistics, it expects every third row above one bound.
    """
    keys = list(comments.order_by("-pk").values_list("pk", flat=True)[SEARCHED - 1 : SEARCHED + 1])
    return (comments.filter(pk__range=(keys[0], MAX_KEY)) if keys else comments), len(keys) > 1


def match_age(name: str) -> Q:
    """Match comments of one of AGES. Every status is named, so that the index of status and time finds the newest.

    It is not used for older ones: these are most of all, so that the first are soon found in the list's own order.
    """
    _label, age, is_younger = AGES[name]
    since = timezone.now() - age
    if is_younger:
        return Q(created__gte=since, status__in=Status.values)
    return Q(LessThan(Coalesce(F("created"), F("created")), Value(since, output_field=DateTimeField())))


class AsciiLower(Lower):
    """Lower case for ASCII alone, as SQLite does it, which PostgreSQL does much faster than for all letters."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='LOWER(%(expressions)s COLLATE "C")', **context)


def searched_text(*, by_contact: bool) -> AsciiLower:
    """What words are searched in: no word has a line break, so none is found across two of the fields."""
    fields = ["wording__text", "commenter__name", "commenter__website", "essay__title"]
    fields += ["commenter__email"] if by_contact else []
    lines = list(chain.from_iterable((Value("\n"), F(field)) for field in fields))[1:]
    return AsciiLower(Concat(*lines, output_field=TextField()))


def match_word(word: str, *, by_contact: bool) -> Q:
    """Match comments that contain this word, or that came from the network of this IP address."""
    if by_contact and (network := network_of(word)):
        return Q(pk__in=Wording.objects.filter(network=network).exclude(network="").values("comment"))
    found = Q()
    for spelling in {ascii_lower(each) for each in (word, word.lower(), word.capitalize(), word.title(), word.upper())}:
        found |= match_text(F("searched"), spelling)
    return found


def match_text(text: Any, part: str) -> Q:
    """Match comments with this part in a text.

    By its position: of a LIKE, PostgreSQL expects so few matches that it reads every comment before it lists the first.
    """
    return Q(GreaterThan(StrIndex(text, Value(part)), 0))


def ascii_lower(word: str) -> str:
    """Return the word with its ASCII letters in lower case."""
    return word.encode().lower().decode()


def network_of(text: str) -> str:
    """Return the stored network for an IP address, or nothing for other texts."""
    try:
        return Sender(str(ipaddress.ip_interface(text).ip)).network
    except ValueError:
        return ""


def sorted_by(comments: CommentQuerySet, order: str) -> Any:
    """Sort comments in one of ORDERS; equal weights by age."""
    if order in SORT_WEIGHTS:
        return comments.annotate(weight=SORT_WEIGHTS[order]).order_by("-weight", "pk")
    return comments.annotate(weight=Value(0)).order_by("-pk" if order == NEWEST else "pk")


@dataclass(frozen=True)
class Position:
    """A comment's position in a sorted list, valid even after the comment leaves the list or its weight changes."""

    pk: int
    weight: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `12` or `12,0.5` from an address; None for anything else."""
        key, _comma, weight = text.partition(",")
        try:
            found = float(weight or 0) if len(weight) < 32 else math.nan
        except ValueError:
            return None
        is_number = key.isascii() and key.isdigit() and len(key) < 19 and math.isfinite(found)
        return cls(int(key), found) if is_number else None

    def __str__(self) -> str:
        return f"{self.pk},{self.weight!r}" if self.weight else str(self.pk)

    def shifted(self, order: str, step: int) -> "Position":
        """Return the position directly before (`step` -1) or after (1) this one in a list in this order."""
        return Position(max(0, self.pk + (-step if order == NEWEST else step)), self.weight)


def match_beside(order: str, position: Position, *, is_after: bool) -> Q:
    """Match the comments that a list in this order shows after, or else before, a position."""
    beside = Q(pk__lt=position.pk) if is_after == (order == NEWEST) else Q(pk__gt=position.pk)
    if order not in SORT_WEIGHTS:
        return beside
    side = "lt" if is_after else "gt"  # by the bound, which an index finds, and then by the rest
    bound = Q(**{f"weight__{side}e": position.weight})
    return bound & (Q(**{f"weight__{side}": position.weight}) | beside)
