"""What a page of the queue holds: which comments, how many everywhere, who they are by, and what was just decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.db.models.functions import Left
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, CommentQuerySet, Status, Wording
from moderation.actions import REMOVED
from moderation.models import Decision
from moderation.row import LABELS, Folded, History, Row

ALL = "all"
TABS = {
    Status.PENDING: _("Pending"),
    Status.APPROVED: _("Approved"),
    Status.SPAM: _("Spam"),
    Status.TRASH: _("Trash"),
    ALL: _("All"),
}
EMPTY = {
    Status.PENDING: _("Nothing waits for a decision."),
    Status.APPROVED: _("No comment is approved."),
    Status.SPAM: _("There is no spam."),
    Status.TRASH: _("The trash is empty."),
    ALL: _("Nobody has said anything yet."),
}
BULK = {
    Status.PENDING: ("approve", "spam", "trash"),
    Status.APPROVED: ("unapprove", "spam", "trash"),
    Status.SPAM: ("approve", "restore", "trash"),
    Status.TRASH: ("approve", "restore", "spam"),
    ALL: ("approve", "unapprove", "spam", "trash", "restore"),
}
USUAL, MOST = 20, 100
SIZES = (20, 50, 100)
FIRST_OF_ANSWERED = 600  # characters of HTML, of which a line of words is shown


def numbers(texts: Iterable[str]) -> list[int]:
    """The keys among these, each once, in order; what is none is left out."""
    return sorted({int(text) for text in texts if text.isascii() and text.isdigit() and 0 < len(text) < 19})


@dataclass(frozen=True)
class Place:
    """Where in the queue somebody is, and what they decided there since they came: all of it stands in the address."""

    tab: str = Status.PENDING
    number: int = 1
    per_page: int = USUAL
    decided: tuple[int, ...] = ()  # decisions, the newest last
    batch: int = 0  # how many of them were made at one stroke

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """What an address says; what makes no sense counts as not said."""
        tab = query.get("status", "")
        number = next(iter(numbers([query.get("page", "")])), 1)
        per_page = next(iter(numbers([query.get("per_page", "")])), USUAL)
        decided = tuple(numbers(query.get("decided", "").split(",")))[-MOST:]
        batch = next(iter(numbers([query.get("batch", "")])), 0)
        return cls(
            tab=tab if tab in TABS else Status.PENDING,
            number=max(1, number),
            per_page=max(1, min(per_page, MOST)),
            decided=decided,
            batch=min(batch, len(decided)),
        )

    def url(self) -> str:
        said = {
            "status": self.tab if self.tab != Status.PENDING else "",
            "page": self.number if self.number > 1 else "",
            "per_page": self.per_page if self.per_page != USUAL else "",
            "decided": ",".join(map(str, self.decided)),
            "batch": self.batch if self.batch > 1 else "",
        }
        query = urlencode({name: value for name, value in said.items() if value}, safe=",")
        return f"{reverse('queue')}?{query}" if query else reverse("queue")

    def having(self, decisions: Iterable[int]) -> "Place":
        made = sorted(decisions)
        kept = [pk for pk in self.decided if pk not in made]
        return replace(self, decided=(*kept, *made)[-MOST:], batch=len(made))

    def without(self, decisions: Iterable[int]) -> "Place":
        gone = set(decisions)
        return replace(self, decided=tuple(pk for pk in self.decided if pk not in gone), batch=0)

    @property
    def is_newest_first(self) -> bool:
        return self.tab != Status.PENDING

    def comments(self) -> CommentQuerySet:
        found: CommentQuerySet = Comment.objects.order_by("-pk" if self.is_newest_first else "pk")
        return found if self.tab == ALL else found.filter(status=self.tab)

    def at(self, pk: int) -> str:
        """The address of the page and row to go on with: this comment if it is still listed, else the next one."""
        open_ = self.comments().exclude(pk__in=Decision.objects.filter(pk__in=self.decided).values("comment"))
        onwards, back = ("pk__lte", "pk__gte") if self.is_newest_first else ("pk__gte", "pk__lte")
        keys = open_.values_list("pk", flat=True)
        target = keys.filter(**{onwards: pk}).first() or keys.filter(**{back: pk}).last()
        if target is None:
            return f"{replace(self, number=1).url()}#queue"
        before = self.comments().filter(**{back: target}).count() - 1
        return f"{replace(self, number=before // self.per_page + 1).url()}#comment-{target}"


class Listing:
    """The page at a place, in seven questions however many comments it holds."""

    def __init__(self, place: Place) -> None:
        self.counts = counts()
        self.total = sum(self.counts.values()) if place.tab == ALL else self.counts[place.tab]
        self.pages = max(1, -(-self.total // place.per_page))
        self.place = replace(place, number=min(place.number, self.pages))
        self.start = (self.place.number - 1) * place.per_page

    @property
    def tabs(self) -> list[tuple[Any, str, int, bool]]:
        """Label, address, count, whether it is this one."""
        every = self.counts | {ALL: sum(self.counts.values())}
        return [
            (label, Place(tab, per_page=self.place.per_page).url(), every[tab], tab == self.place.tab)
            for tab, label in TABS.items()
        ]

    @cached_property
    def items(self) -> "list[Row | Folded]":
        """Rows, and among them, each in its old place, what was decided here."""
        folded = self.folded()
        rows = [row for row in self.rows() if row.pk not in folded]
        return sorted([*rows, *folded.values()], key=lambda item: item.pk, reverse=self.place.is_newest_first)

    @property
    def open(self) -> list[Row]:
        return [item for item in self.items if isinstance(item, Row)]

    @property
    def end(self) -> int:
        return min(self.start + self.place.per_page, self.total)

    @property
    def empty(self) -> Any:
        return EMPTY[self.place.tab]

    @property
    def bulk(self) -> list[tuple[str, Any]]:
        """What can be done about several at one stroke: the action and its label."""
        return [(verb, LABELS[verb]) for verb in BULK[self.place.tab]]

    @property
    def latest(self) -> int | None:
        """The decision that is the first to be taken back, if it was a single one."""
        return self.place.decided[-1] if self.place.decided and not self.batch else None

    @property
    def batch(self) -> list[Folded]:
        """What was decided at one stroke just now and can be taken back like that."""
        last = self.place.decided[len(self.place.decided) - self.place.batch :]
        found = [item for item in self.items if isinstance(item, Folded) and item.decision.pk in last]
        return found if len(found) > 1 else []

    @property
    def is_mixed(self) -> bool:
        """Whether its rows have to say how they stand."""
        return self.place.tab == ALL

    @property
    def previous_url(self) -> str | None:
        return self.turned_to(self.place.number - 1)

    @property
    def next_url(self) -> str | None:
        return self.turned_to(self.place.number + 1)

    @property
    def sizes(self) -> list[tuple[int, str | None]]:
        """How many a page, each with its address unless it is so now."""
        place = Place(self.place.tab)
        return [(size, replace(place, per_page=size).url() if size != self.place.per_page else None) for size in SIZES]

    def turned_to(self, number: int) -> str | None:
        turned = replace(self.place, number=number, decided=(), batch=0)
        return turned.url() if 1 <= number <= self.pages else None

    def rows(self) -> list[Row]:
        keys = list(self.place.comments().values_list("pk", flat=True)[self.start : self.end])
        found = Comment.objects.filter(pk__in=keys).order_by()
        found = found.select_related("commenter__user", "essay", "wording", "parent__commenter")
        found = found.defer("essay__body", "essay__excerpt", "wording__text")
        comments = list(found.annotate(answered_html=Left("parent__wording__html", FIRST_OF_ANSWERED)))
        people = histories({comment.commenter_id for comment in comments})
        newest = Decision.objects.latest_of(keys).select_related("moderator")
        decisions = {decision.number: decision for decision in newest}
        earlier = wordings_before(comment for comment in comments if comment.edited)
        return [
            Row(comment, people.get(comment.commenter_id), decisions.get(comment.pk), earlier.get(comment.pk, ()))
            for comment in comments
        ]

    def folded(self) -> Mapping[int, Folded]:
        """What was decided here and stands like that still, by comment."""
        if not self.place.decided:
            return {}
        made = Decision.objects.filter(pk__in=self.place.decided)
        newest = Decision.objects.latest_of(made.values_list("comment", flat=True)).filter(pk__in=self.place.decided)
        found = newest.select_related("comment__commenter", "comment__wording").defer("comment__wording__text")
        return {decision.number: Folded(decision) for decision in found}


def counts() -> dict[str, int]:
    """How many comments stand as what, in one question."""
    found = Comment.objects.order_by().values_list("status").annotate(count=Count("pk"))
    return {status.value: 0 for status in Status} | dict(found)


def wordings_before(edited: Iterable[Comment]) -> dict[int, list[Wording]]:
    """What stood there before, the newest first; no question when nothing was edited."""
    current = {comment.pk: comment.wording_id for comment in edited}
    found: dict[int, list[Wording]] = {}
    rows = Wording.objects.filter(comment__in=current).order_by("-pk").defer("text")
    for wording in rows if current else ():
        if wording.pk != current[wording.comment_id]:
            found.setdefault(wording.comment_id, []).append(wording)
    return found


def histories(commenters: set[int]) -> dict[int, History]:
    """What became of everything that each of these people said."""
    rows = Comment.objects.filter(commenter__in=commenters).order_by().values_list("commenter")
    found = rows.annotate(
        approved=Count("pk", filter=Q(status=Status.APPROVED)),
        refused=Count("pk", filter=Q(status__in=REMOVED)),
        since=Min("created"),
    )
    return {commenter: History(*rest) for commenter, *rest in found}
