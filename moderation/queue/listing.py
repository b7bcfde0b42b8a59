"""A page of the queue: its comments, the counts of the tabs, the filter's choices, and decisions made just now."""

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
DEFAULT_BULK = ("approve", "unapprove", "spam", "trash", "restore")
BULK: dict[str, tuple[str, ...]] = {
    REPORTED: ("keep", "unapprove", "spam", "trash"),
    APPEALED: ("approve", "deny"),
    Status.PENDING: ("approve", "spam", "trash"),
    Status.APPROVED: ("unapprove", "spam", "trash"),
    Status.SPAM: ("approve", "restore", "trash"),
    Status.TRASH: ("approve", "restore", "spam"),
}
PAGE_SIZES = (20, 50, 100)
MAX_ESSAYS = 100


class Listing:
    """One page of the queue; about a dozen queries whatever its size."""

    def __init__(self, place: Place) -> None:
        self.counts = counts(place.rights)
        self.total = place.comments().order_by().count() if place.filter.is_narrow else self.counts[place.tab]
        self.place, self.page = nearest_page(place.fixed())
        self.start = 0  # how many comments the list has before this page
        if self.page and self.place.position:
            self.start = place.comments().filter(filters.before(place.order, self.page[0])).order_by().count()

    @property
    def tabs(self) -> list[tuple[Any, str, str, int, bool, Any]]:
        """Label, name, address, count, whether it is current, tooltip."""
        place = Place(self.place.rights, per_page=self.place.per_page)
        return [
            (label, tab, replace(place, tab=tab).url(), self.counts[tab], tab == self.place.tab, HINTS.get(tab, ""))
            for tab, label in TABS.items()
        ]

    @cached_property
    def items(self) -> "list[Row | Folded]":
        """Rows, with the comments just decided as one-line undo entries in their former positions."""
        lines = self.undo_lines()
        open_rows = [row for row in self.rows() if row.pk not in lines]
        sign = -1 if self.place.order == NEWEST else 1
        return sorted([*open_rows, *lines.values()], key=lambda item: (-item.weight, sign * item.pk))

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
        """Actions for several comments: name, label, resulting status."""
        return [(verb, LABELS[verb], Decision.Verb(verb).label) for verb in BULK.get(self.place.tab, DEFAULT_BULK)]

    @property
    def latest(self) -> int | None:
        """The decision that `z` undoes, if the last action decided one comment."""
        return self.place.decided[-1] if self.place.actions and not self.is_batch_latest else None

    @property
    def is_batch_latest(self) -> bool:
        """Whether the batch that the bar offers to undo is the last action."""
        return any(item.decision.pk in self.place.actions[-1] for item in self.batch)

    @cached_property
    def batch(self) -> list[Folded]:
        """Entries of the newest action on several comments that can still be undone."""
        decided = {item.decision.pk: item for item in self.items if isinstance(item, Folded)}
        for action in reversed(self.place.actions):
            found = [decided[pk] for pk in action if pk in decided]
            if len(found) > 1:
                return found
        return []

    @property
    def is_mixed(self) -> bool:
        """Whether rows show their status, because the tab has several."""
        return self.place.tab not in Status.values

    @property
    def is_emptied_here(self) -> bool:
        """Whether this tab has a button that permanently deletes its comments."""
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
        """The newest essays and the selected one: key, title, whether it is selected."""
        selected = self.place.filter.essay
        found = Essay.objects.exclude(published=None).order_by("-published")
        if not self.place.rights.is_everywhere:
            found = found.filter(pk__in=self.place.rights.own_essays())
        titles = dict(found.values_list("pk", "title")[:MAX_ESSAYS])
        if selected and selected not in titles:
            titles |= found.filter(pk=selected).values_list("pk", "title")
        return [(pk, title, pk == selected) for pk, title in titles.items()]

    @cached_property
    def person(self) -> str:
        """The name of the commenter in the filter."""
        selected = self.place.filter.person
        names = self.place.rights.comments().filter(commenter=selected).values_list("commenter__name", flat=True)
        return (names.first() or f"#{selected}") if selected else ""

    @property
    def everybody_url(self) -> str:
        return replace(self.place.bare, filter=replace(self.place.filter, person=0)).url()

    @property
    def whole_url(self) -> str:
        return Place(self.place.rights, self.place.tab, per_page=self.place.per_page).url()

    @property
    def previous_url(self) -> str | None:
        return self.place.bare.ending(self.page[0]).url() if self.page and self.start else None

    @property
    def next_url(self) -> str | None:
        return self.place.bare.starting(self.page[-1]).url() if self.page and self.end < self.total else None

    @property
    def sizes(self) -> list[tuple[int, str | None]]:
        """Page sizes, each with its address; None for the current one."""
        place = self.place.bare
        return [
            (size, replace(place, per_page=size).url() if size != self.place.per_page else None) for size in PAGE_SIZES
        ]

    def rows(self) -> list[Row]:
        return rows.of([position.pk for position in self.page], self.place)

    def undo_lines(self) -> Mapping[int, Folded]:
        return rows.folded(self.place)


def nearest_page(place: Place) -> tuple[Place, list[Position]]:
    """Return the page at this position, or the nearest one that has comments."""
    found = place.page()
    if found or place.position is None:
        return place, found
    nearest = place.starting(None) if place.is_before else place.ending(place.position.shifted(place.order, 1))
    return nearest, nearest.page()


def counts(rights: Rights) -> dict[str, int]:
    """Count the comments of each tab in one query."""
    comments = rights.comments().order_by()
    found: dict[str, int] = dict(
        comments.values_list("status").annotate(how_many=Count("pk")).union(
            count_for_tab(REPORTED, tab_of(REPORTED, rights)),
            count_for_tab(APPEALED, tab_of(APPEALED, rights)),
            count_for_tab(MINE, tab_of(MINE, rights)),
            count_for_tab("unlisted", comments.filter(unlisted())),
            all=True,
        )
    )  # fmt: skip
    unlisted_count = found.pop("unlisted", 0)
    all_counts = {status.value: 0 for status in Status} | {REPORTED: 0, APPEALED: 0, MINE: 0} | found
    all_counts[Status.TRASH] -= unlisted_count
    return all_counts | {ALL: sum(all_counts[status] for status in Status)}


def count_for_tab(tab: str, comments: CommentQuerySet) -> Any:
    label = Value(tab, output_field=CharField())
    return comments.order_by().annotate(tab=label).values_list("tab").annotate(how_many=Count("pk"))


def only_these(place: Place, keys: Collection[int]) -> list[Row]:
    """Return the rows of those comments that the moderator may see, unsorted."""
    if not keys:  # after most decisions all rows are undo entries
        return []
    return rows.of(list(place.rights.comments().filter(pk__in=keys).values_list("pk", flat=True)), place)
