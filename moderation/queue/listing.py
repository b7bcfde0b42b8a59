"""A page of the queue: its comments, the counts of the tabs, the filter's choices, and decisions made just now."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from blog.models import Essay
from comments.models import Decision, Status
from moderation.decisions.in_words import REASON_LABELS
from moderation.queue import filters, rows
from moderation.queue.buttons import LABELS
from moderation.queue.filters import NEWEST, Position
from moderation.queue.query import ALL, APPEALED, MINE, REPORTED, TABS, QueueState
from moderation.queue.row import Row
from moderation.queue.tab_counts import tab_counts
from moderation.queue.undo_line import UndoLine
from server.counting import Count

HINTS = {
    REPORTED: _("Reported by readers and not reviewed yet"),
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

    def __init__(self, state: QueueState) -> None:
        self.counts = tab_counts(state.rights)
        self.state, self.page, self._is_followed = nearest_page(state.by_position())
        self.total = self.count()
        self.start = Count(0)  # how many comments the list has before this page
        if self.page and self.state.position:
            earlier = filters.match_beside(state.order, self.page[0], is_after=False)
            self.start = self.state.count(earlier)
        self.reasons = options(REASON_LABELS, state.filter.reason)
        self.ages = options({age: label for age, (label, *_rest) in filters.AGES.items()}, state.filter.age)
        self.orders = options(filters.ORDERS, state.order)

    def count(self) -> Count:
        """Count the list's comments."""
        if not self.state.filter.has_criteria:
            return self.counts[self.state.tab]
        if self.state.position is None and len(self.page) < self.state.per_page:
            return Count(len(self.page))
        return self.state.count()

    @property
    def tabs(self) -> list[tuple[Any, str, str, int, bool, Any]]:
        """The tabs of the queue: label, name, address, number of comments, whether it is current, tooltip."""
        state = QueueState(self.state.rights, per_page=self.state.per_page)
        return [
            (label, tab, replace(state, tab=tab).url(), self.counts[tab], tab == self.state.tab, HINTS.get(tab, ""))
            for tab, label in TABS.items()
        ]

    @cached_property
    def items(self) -> "list[Row | UndoLine]":
        """Rows, with the comments just decided as one-line undo entries in their former positions."""
        lines = rows.undo_lines(self.state)
        page_rows = rows.build_rows([position.pk for position in self.page], self.state)
        open_rows = [row for row in page_rows if row.pk not in lines]
        sign = -1 if self.state.order == NEWEST else 1
        return sorted([*open_rows, *lines.values()], key=lambda item: (-item.weight, sign * item.pk))

    @property
    def open_rows(self) -> list[Row]:
        """The page's rows that are still to be decided about."""
        return [item for item in self.items if isinstance(item, Row)]

    @property
    def range_text(self) -> str:
        """Which comments of how many the page shows; nothing if there are too many before it to count."""
        if self.start.is_limited:
            return ""
        shown = {"start": self.start + 1, "end": self.start + len(self.page), "total": self.total}
        return _("%(start)s–%(end)s of %(total)s") % shown

    @cached_property
    def has_next(self) -> bool:
        """Whether the list has comments after this page."""
        if self._is_followed is not None or not self.page:
            return bool(self._is_followed)
        if not self.total.is_limited:
            return self.start + len(self.page) < self.total
        later = filters.match_beside(self.state.order, self.page[-1], is_after=True)
        return bool(self.state.comments().filter(later).exists())

    @property
    def empty_message(self) -> Any:
        """The sentence shown for a list without comments."""
        return _("No comments match.") if self.state.filter.has_criteria else EMPTY[self.state.tab]

    @property
    def bulk_actions(self) -> list[tuple[str, Any, Any]]:
        """Actions for several comments: name, label, resulting status."""
        return [(verb, LABELS[verb], Decision.Verb(verb).label) for verb in BULK.get(self.state.tab, DEFAULT_BULK)]

    @property
    def latest_decision(self) -> int | None:
        """The key of the decision that the shortcut Z undoes, if the last action decided one comment."""
        return self.state.decided[-1] if self.state.actions and not self.is_batch_latest else None

    @property
    def is_batch_latest(self) -> bool:
        """Whether the last action was the one on several comments that the page offers to undo."""
        return any(item.decision.pk in self.state.actions[-1] for item in self.batch)

    @cached_property
    def batch(self) -> list[UndoLine]:
        """Entries of the newest action on several comments that can still be undone."""
        decided = {item.decision.pk: item for item in self.items if isinstance(item, UndoLine)}
        for action in reversed(self.state.actions):
            found = [decided[pk] for pk in action if pk in decided]
            if len(found) > 1:
                return found
        return []

    @property
    def limit(self) -> int:
        """How many comments the filter or the order was limited to, the newest; 0 for no limit."""
        return filters.SEARCHED if self.state.is_limited else 0

    @property
    def is_mixed(self) -> bool:
        """Whether rows show their status, because the tab has several."""
        return self.state.tab not in Status.values

    @property
    def can_be_emptied(self) -> bool:
        """Whether this tab has a button that permanently deletes its comments."""
        return self.state.tab in {Status.SPAM, Status.TRASH}

    @cached_property
    def essays(self) -> list[tuple[int, str, bool]]:
        """The newest essays and the selected one: key, title, whether it is selected."""
        selected = self.state.filter.essay
        found = Essay.objects.exclude(published=None).order_by("-published")
        if not self.state.rights.is_site_wide:
            found = found.filter(pk__in=self.state.rights.own_essays)
        titles = dict(found.values_list("pk", "title")[:MAX_ESSAYS])
        if selected and selected not in titles:
            titles |= found.filter(pk=selected).values_list("pk", "title")
        return [(pk, title, pk == selected) for pk, title in titles.items()]

    @cached_property
    def person(self) -> str:
        """The name of the commenter in the filter."""
        selected = self.state.filter.person
        names = self.state.rights.comments().filter(commenter=selected).values_list("commenter__name", flat=True)
        return (next(iter(names.order_by()[:1]), "") or f"#{selected}") if selected else ""

    @property
    def everyone_url(self) -> str:
        """The address of the same list without the filter by commenter."""
        return replace(self.state.first_page, filter=replace(self.state.filter, person=0)).url()

    @property
    def unfiltered_url(self) -> str:
        """The address of the same tab without any filter."""
        return QueueState(self.state.rights, self.state.tab, per_page=self.state.per_page).url()

    @property
    def previous_url(self) -> str | None:
        return self.state.first_page.page_before(self.page[0]).url() if self.page and self.start else None

    @property
    def next_url(self) -> str | None:
        return self.state.first_page.page_after(self.page[-1]).url() if self.has_next else None

    @property
    def page_sizes(self) -> list[tuple[int, str | None]]:
        """Page sizes, each with its address; None for the current one."""
        state = self.state.first_page
        current = self.state.per_page
        return [(size, None if size == current else replace(state, per_page=size).url()) for size in PAGE_SIZES]


def options(labels: Mapping[str, Any], selected: str) -> list[tuple[str, Any, bool]]:
    """Return the options of a select element: value, label, and whether it is selected."""
    return [(value, label, value == selected) for value, label in labels.items()]


def nearest_page(state: QueueState) -> tuple[QueueState, list[Position], bool | None]:
    """Return the page at this position, or the nearest one that has comments, and what positions() returns for it."""
    found = state.positions()
    if found[0] or state.position is None:
        return state, *found
    nearest = state.page_after(None) if state.is_before else state.page_before(state.position.shifted(state.order, 1))
    return nearest, *nearest.positions()


def find_rows(state: QueueState, keys: Collection[int]) -> list[Row]:
    """Return the queue rows of those of the comments that the moderator may see, unsorted."""
    if not keys:  # after most decisions all rows are undo entries
        return []
    return rows.build_rows(list(state.rights.comments().filter(pk__in=keys).values_list("pk", flat=True)), state)
