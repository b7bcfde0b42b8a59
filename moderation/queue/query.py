"""A page of the queue as its address gives it: tab, filter, position and size; and the comments on it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import Appeal, Comment, CommentQuerySet, Decision, Status
from moderation.decisions.rights import Rights
from moderation.decisions.undo import UNDO_PERIOD
from moderation.queue import filters
from moderation.queue.filters import HIGHEST_SCORE, NEWEST, OLDEST, Filter, Position, parse_keys, parse_number
from server import counting
from server.counting import Count

ALL, REPORTED, APPEALED, MINE = "all", "reported", "appealed", "mine"
TABS: dict[str, Any] = {
    Status.PENDING: _("Pending"),
    REPORTED: _("Reported"),
    APPEALED: _("Appeals"),
    Status.APPROVED: _("Approved"),
    Status.SPAM: _("Spam"),
    Status.TRASH: _("Trash"),
    MINE: _("My essays"),
    ALL: _("All"),
}
DEFAULT_SIZE, MAX_SIZE = 20, 100
MOST = 2**31 - 1  # that a number of reports can be


@dataclass(frozen=True)
class QueueState:
    """The state of a queue page, all of it in the address: tab, filter, position, and decisions made there."""

    rights: Rights
    tab: str = Status.PENDING
    filter: Filter = field(default_factory=Filter)
    page_number: int = 1  # in addresses typed by hand; the page's own links use a position
    position: Position | None = None
    is_before: bool = False  # whether the page ends at its position; else it begins there
    per_page: int = DEFAULT_SIZE
    actions: tuple[tuple[int, ...], ...] = ()  # decisions of each action made here, the newest last
    seen_wordings: tuple[int, ...] = ()  # wordings shown to the moderator of comments edited since

    @classmethod
    def from_query(cls, query: QueryDict, rights: Rights) -> Self:
        """Read the state from an address; invalid values count as missing."""
        tab = query.get("status", "")
        actions = (tuple(parse_keys(action.split("."))) for action in query.get("decided", "").split(","))
        return cls(
            rights,
            tab=tab if tab in TABS else Status.PENDING,
            filter=Filter.from_query(query),
            page_number=max(1, parse_number(query, "page")),
            position=Position.parse(query.get("after", "")) or Position.parse(query.get("before", "")),
            is_before=Position.parse(query.get("after", "")) is None,
            per_page=max(1, min(parse_number(query, "per_page") or DEFAULT_SIZE, MAX_SIZE)),
            actions=keep_newest(actions),
            seen_wordings=tuple(parse_keys(query.get("reworded", "").split(",")))[-MAX_SIZE:],
        )

    def query(self) -> str:
        """Return the query of the page's address, such as `?status=spam&page=2`, or nothing for the first page."""
        said = {
            "status": self.tab if self.tab != Status.PENDING else "",
            **self.filter.parameters(),
            "page": self.page_number if self.page_number > 1 and not self.position else "",
            "before" if self.is_before else "after": str(self.position) if self.position else "",
            "per_page": self.per_page if self.per_page != DEFAULT_SIZE else "",
            "decided": ",".join(".".join(map(str, action)) for action in self.actions),
            "reworded": ",".join(map(str, self.seen_wordings)),
        }
        query = urlencode({name: value for name, value in said.items() if value}, safe=",")
        return f"?{query}" if query else ""

    def url(self) -> str:
        return reverse("queue") + self.query()

    def with_decisions(self, decisions: Iterable[int]) -> "QueueState":
        """Return the state with the decisions of one more action, by their keys."""
        made = tuple(sorted(decisions))
        return replace(self, actions=keep_newest((*self.without_decisions(made).actions, made)))

    def without_decisions(self, decisions: Iterable[int]) -> "QueueState":
        """Return the state without these decisions, such as undone ones."""
        removed = set(decisions)
        kept = (tuple(pk for pk in action if pk not in removed) for action in self.actions)
        return replace(self, actions=keep_newest(kept))

    @cached_property
    def decided(self) -> tuple[int, ...]:
        """The decisions made on this page, of all its actions."""
        return tuple(chain.from_iterable(self.actions))

    @property
    def first_page(self) -> "QueueState":
        """The same list from its first page, without decisions."""
        return replace(self, page_number=1, position=None, actions=(), seen_wordings=())

    @cached_property
    def decisions_in_force(self) -> list[Decision]:
        """The decisions made on this page that are the latest about their comments, the newest first."""
        if not self.decided:
            return []
        made = Decision.objects.filter(pk__in=self.decided, comment__in=self.rights.comments())
        found = Decision.objects.latest_for(made.values_list("comment", flat=True)).filter(pk__in=self.decided)
        return list(found.select_related("comment__commenter", "comment__wording").defer("comment__wording__text"))

    @property
    def replies(self) -> dict[int, int]:
        """The replies written on this page: the key of the decision by that of the comment replied to."""
        replies = {each.comment: each.pk for each in self.decisions_in_force if each.verb == Decision.Verb.REPLY}
        return {reply.parent_id: pk for reply, pk in replies.items() if reply and reply.parent_id}

    @property
    def order(self) -> str:
        """The chosen sort order, or the tab's default: one of filters.ORDERS."""
        return self.filter.order or (OLDEST if self.tab in {Status.PENDING, REPORTED, APPEALED} else NEWEST)

    @property
    def reads_each(self) -> bool:
        """Whether no index finds what is filtered or sorted, so that each comment of the tab has to be read."""
        if self.order == HIGHEST_SCORE and self.tab in {Status.PENDING, Status.SPAM} and self.rights.is_site_wide:
            return self.filter.has_criteria
        return self.filter.is_search or self.order in filters.SORT_WEIGHTS

    def comments(self) -> Any:
        """Return all comments of the tab that match the filter, as a sorted QuerySet with `weight`."""
        found = self.filter.search(self._searched[0], by_contact=self.rights.is_site_wide)
        return filters.sorted_by(found, self.order)

    def count(self, condition: Q | None = None) -> Count:
        """Count the comments of the list, or those of them that match a condition."""
        found = self.comments().filter(condition) if condition else self.comments()
        return counting.count(found, *(["pk"] if self.reads_each else []))

    @property
    def is_limited(self) -> bool:
        """Whether only the newest comments were searched or sorted, and there are more."""
        return self._searched[1]

    @cached_property
    def _searched(self) -> tuple[CommentQuerySet, bool]:
        """The tab's comments that are read to search or sort, and whether there are more."""
        found = self.filter.narrow(comments_in_tab(self.tab, self.rights))
        return filters.newest_to_search(found) if self.reads_each else (found, False)

    def by_position(self) -> "QueueState":
        """Return the same page by position, so that it does not shift when comments before it leave the list."""
        if self.position or self.page_number == 1:
            return replace(self, page_number=1)
        pages = max(1, -(-self.count() // self.per_page))
        skipped = (min(self.page_number, pages) - 1) * self.per_page
        last = self.comments().values_list("pk", "weight")[max(0, skipped - 1) : skipped].first()
        return self.page_after(Position(*last) if last else None)

    def page_after(self, position: Position | None) -> "QueueState":
        """Return the page after a position; None: the first page."""
        return replace(self, page_number=1, position=position, is_before=False)

    def page_before(self, position: Position) -> "QueueState":
        """Return the page before a position."""
        return replace(self, page_number=1, position=position, is_before=True)

    def positions(self) -> tuple[list[Position], bool | None]:
        """Return the positions of this page's comments, in the list's order, and whether the list goes on after them.

        That is not known of a page that was asked for by its end: None.
        """
        found = self.comments()
        if self.position is not None and self.is_before:
            found = found.filter(filters.match_beside(self.order, self.position, is_after=False))
            nearest = found.reverse().values_list("pk", "weight")
            return [Position(*row) for row in nearest[: self.per_page]][::-1], None
        if self.position is not None:
            found = found.filter(filters.match_beside(self.order, self.position, is_after=True))
        shown = [Position(*row) for row in found.values_list("pk", "weight")[: self.per_page + 1]]
        return shown[: self.per_page], len(shown) > self.per_page

    def url_at(self, pk: int) -> str:
        """Return the address of the row to go on with: this comment's if it is still undecided, else the next one's."""
        here = Position(pk)
        if self.order in filters.SORT_WEIGHTS:
            rows = filters.sorted_by(self.rights.comments().filter(pk=pk), self.order).values_list("pk", "weight")
            here = Position(*row) if (row := rows.first()) else here
        decided = Decision.objects.filter(pk__in=self.decided).exclude(verb=Decision.Verb.EDIT).values("comment")
        undecided = self.comments().exclude(pk__in=decided).values_list("pk", "weight")
        at_or_after = filters.match_beside(self.order, here.shifted(self.order, -1), is_after=True)
        if found := undecided.filter(at_or_after).first():
            turned = self.page_after(Position(*found).shifted(self.order, -1))
        elif found := undecided.filter(filters.match_beside(self.order, here, is_after=False)).last():
            turned = self.page_before(Position(*found).shifted(self.order, 1))
        else:
            return f"{self.page_after(None).url()}#queue"
        state = self if found[0] in {shown.pk for shown in self.positions()[0]} else turned
        return f"{state.url()}#comment-{found[0]}"


def keep_newest(actions: Iterable[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Keep the newest actions, up to MAX_SIZE decisions together; drop empty ones."""
    kept: list[tuple[int, ...]] = []
    for action in reversed(list(filter(None, actions))):
        if len(action) + sum(map(len, kept)) > MAX_SIZE:
            break
        kept.insert(0, action)
    return tuple(kept)


def comments_in_tab(tab: str, rights: Rights) -> CommentQuerySet:
    """Return the comments that a tab of the queue lists, as far as the moderator may see them."""
    if tab in {REPORTED, APPEALED}:
        condition = match_reported() if tab == REPORTED else Q(pk__in=Appeal.objects.open().values("comment"))
        return rights.allowed_among(Comment.objects.filter(condition)).exclude(match_hidden())
    found = rights.comments()
    if tab == MINE:
        found = found.filter(Q(essay__in=rights.own_essays) | Q(commenter__in=rights.own_commenters))
    elif tab != ALL:
        found = found.filter(status=tab)
    return found if tab in {Status.PENDING, Status.APPROVED, Status.SPAM} else found.exclude(match_hidden())


def match_reported() -> Q:
    """Match comments with open reports.

    By two bounds: without statistics, PostgreSQL expects every third row above one bound, and reads all of them.
    """
    return Q(reports__gt=0, reports__lte=MOST)


def match_hidden() -> Q:
    """Match rows hidden from every list: deleted texts, and undone moderator replies that can still be restored."""
    undone = Q(removed_by=Comment.Remover.UNDONE, changed__gt=timezone.now() - UNDO_PERIOD)
    return Q(status=Status.TRASH) & (Q(wording=None) | undone)
