"""What a page of the queue holds: which comments, how many everywhere, who they are by, and what was just decided."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.db.models import CharField, Count, Value
from django.utils.translation import gettext_lazy as _

from blog.models import Essay
from comments.models import CommentQuerySet, Decision, Status
from moderation.decisions.rights import Rights
from moderation.queue import filters, rows
from moderation.queue.buttons import LABELS
from moderation.queue.filters import NEWEST, Position
from moderation.queue.query import ALL, APPEALED, MINE, REPORTED, TABS, Place, tab_of, unlisted
from moderation.queue.row import Row
from moderation.queue.undo_line import Folded

HINTS = {
    REPORTED: _("Reported by readers, not decided yet"),
    APPEALED: _("Appeals awaiting a decision"),
    MINE: _("Comments on your essays or by you"),
}
EMPTY: dict[str, Any] = {
    Status.PENDING: _("No pending comments."),
    REPORTED: _("No reported comments."),
    APPEALED: _("No open appeals."),
    Status.APPROVED: _("No approved comments."),
    Status.SPAM: _("No spam."),
    Status.TRASH: _("The trash is empty."),
    MINE: _("No comments on your essays yet."),
    ALL: _("No comments yet."),
}
EVERY = ("approve", "unapprove", "spam", "trash", "restore")
BULK: dict[str, tuple[str, ...]] = {
    REPORTED: ("keep", "unapprove", "spam", "trash"),
    APPEALED: ("approve", "deny"),
    Status.PENDING: ("approve", "spam", "trash"),
    Status.APPROVED: ("unapprove", "spam", "trash"),
    Status.SPAM: ("approve", "restore", "trash"),
    Status.TRASH: ("approve", "restore", "spam"),
}
SIZES = (20, 50, 100)
ESSAYS_OFFERED = 100


class Listing:
    """The page at a place, in a dozen questions however many comments it holds."""

    def __init__(self, place: Place) -> None:
        self.counts = counts(place.rights)
        self.total = place.comments().order_by().count() if place.filter.is_narrow else self.counts[place.tab]
        self.place, self.page = page_at(place.fixed())
        self.start = 0  # how many comments the list has before this page
        if self.page and self.place.position:
            self.start = place.comments().filter(filters.before(place.order, self.page[0])).order_by().count()

    @property
    def tabs(self) -> list[tuple[Any, str, str, int, bool, Any]]:
        """Label, name, address, count, whether it is this one, what is meant."""
        place = Place(self.place.rights, per_page=self.place.per_page)
        return [
            (label, tab, replace(place, tab=tab).url(), self.counts[tab], tab == self.place.tab, HINTS.get(tab, ""))
            for tab, label in TABS.items()
        ]

    @cached_property
    def items(self) -> "list[Row | Folded]":
        """Rows, and among them, each in its old place, what was decided here."""
        folded = self.folded()
        open_ = [row for row in self.rows() if row.pk not in folded]
        sign = -1 if self.place.order == NEWEST else 1
        return sorted([*open_, *folded.values()], key=lambda item: (-item.weight, sign * item.pk))

    @property
    def open(self) -> list[Row]:
        return [item for item in self.items if isinstance(item, Row)]

    @property
    def end(self) -> int:
        return self.start + len(self.page)

    @property
    def empty(self) -> Any:
        return _("No comments match.") if self.place.filter.is_narrow else EMPTY[self.place.tab]

    @property
    def bulk(self) -> list[tuple[str, Any, Any]]:
        """What can be done about several at one stroke: the action, its label, what they then are."""
        return [(verb, LABELS[verb], Decision.Verb(verb).label) for verb in BULK.get(self.place.tab, EVERY)]

    @property
    def latest(self) -> int | None:
        """The decision that `z` takes back, if the last action decided one comment."""
        return self.place.decided[-1] if self.place.actions and not self.is_batch_latest else None

    @property
    def is_batch_latest(self) -> bool:
        """Whether the batch that the bar offers to undo is the last action."""
        return any(item.decision.pk in self.place.actions[-1] for item in self.batch)

    @cached_property
    def batch(self) -> list[Folded]:
        """What the newest action on several comments decided and can still be undone."""
        decided = {item.decision.pk: item for item in self.items if isinstance(item, Folded)}
        for action in reversed(self.place.actions):
            found = [decided[pk] for pk in action if pk in decided]
            if len(found) > 1:
                return found
        return []

    @property
    def is_of_one_status(self) -> bool:
        return self.place.tab in Status.values

    @property
    def is_mixed(self) -> bool:
        """Whether its rows have to say how they stand."""
        return not self.is_of_one_status

    @property
    def is_emptied_here(self) -> bool:
        """Whether what stands here can be deleted for good at one stroke."""
        return self.place.tab in {Status.SPAM, Status.TRASH}

    @property
    def reasons(self) -> list[tuple[str, Any, bool]]:
        return [(code, label, code == self.place.filter.reason) for code, label in filters.REASONS.items()]

    @property
    def ages(self) -> list[tuple[str, Any, bool]]:
        return [(age, label, age == self.place.filter.age) for age, (label, *_rest) in filters.AGES.items()]

    @property
    def orders(self) -> list[tuple[str, Any, bool]]:
        return [(order, label, order == self.place.order) for order, label in filters.ORDERS.items()]

    @cached_property
    def essays(self) -> list[tuple[int, str, bool]]:
        """The newest, and the one that was asked for."""
        asked = self.place.filter.essay
        found = Essay.objects.exclude(published=None).order_by("-published")
        if not self.place.rights.is_everywhere:
            found = found.filter(pk__in=self.place.rights.own_essays())
        titles = dict(found.values_list("pk", "title")[:ESSAYS_OFFERED])
        if asked and asked not in titles:
            titles |= found.filter(pk=asked).values_list("pk", "title")
        return [(pk, title, pk == asked) for pk, title in titles.items()]

    @cached_property
    def person(self) -> str:
        """Whose comments alone are shown."""
        asked = self.place.filter.person
        names = self.place.rights.comments().filter(commenter=asked).values_list("commenter__name", flat=True)
        return (names.first() or f"#{asked}") if asked else ""

    @property
    def everybody_url(self) -> str:
        return replace(self.place.bare, filter=replace(self.place.filter, person=0)).url()

    @property
    def whole_url(self) -> str:
        """The same tab with nothing filtered away."""
        return Place(self.place.rights, self.place.tab, per_page=self.place.per_page).url()

    @property
    def previous_url(self) -> str | None:
        return self.place.bare.ending(self.page[0]).url() if self.page and self.start else None

    @property
    def next_url(self) -> str | None:
        return self.place.bare.starting(self.page[-1]).url() if self.page and self.end < self.total else None

    @property
    def sizes(self) -> list[tuple[int, str | None]]:
        """How many a page, each with its address unless it is so now."""
        place = self.place.bare
        return [(size, replace(place, per_page=size).url() if size != self.place.per_page else None) for size in SIZES]

    def rows(self) -> list[Row]:
        return rows.of([position.pk for position in self.page], self.place)

    def folded(self) -> Mapping[int, Folded]:
        return rows.folded(self.place)


def page_at(place: Place) -> tuple[Place, list[Position]]:
    """The page at this position, or the nearest one when no comment is left there."""
    found = place.page()
    if found or place.position is None:
        return place, found
    nearest = place.starting(None) if place.is_before else place.ending(place.position.shifted(place.order, 1))
    return nearest, nearest.page()


def counts(rights: Rights) -> dict[str, int]:
    """How many comments there are under each tab, in one question."""
    of = rights.comments().order_by()
    found: dict[str, int] = dict(
        of.values_list("status").annotate(how_many=Count("pk")).union(
            counted(REPORTED, tab_of(REPORTED, rights)),
            counted(APPEALED, tab_of(APPEALED, rights)),
            counted(MINE, tab_of(MINE, rights)),
            counted("unlisted", of.filter(unlisted())),
            all=True,
        )
    )  # fmt: skip
    left_out = found.pop("unlisted", 0)
    every = {status.value: 0 for status in Status} | {REPORTED: 0, APPEALED: 0, MINE: 0} | found
    every[Status.TRASH] -= left_out
    return every | {ALL: sum(every[status] for status in Status)}


def counted(tab: str, comments: CommentQuerySet) -> Any:
    label = Value(tab, output_field=CharField())
    return comments.order_by().annotate(tab=label).values_list("tab").annotate(how_many=Count("pk"))


def only_these(place: Place, keys: Collection[int]) -> list[Row]:
    """Rows of comments that whoever asks may see, in no order of the queue's."""
    if not keys:  # as after most decisions, whose rows are all folded
        return []
    return rows.of(list(place.rights.comments().filter(pk__in=keys).values_list("pk", flat=True)), place)
