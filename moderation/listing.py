"""What a page of the queue holds: which comments, how many everywhere, who they are by, and what was just decided."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import CharField, Count, Q, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, CommentQuerySet, Status
from moderation import filters, rows
from moderation.actions import UNDONE_WITHIN
from moderation.buttons import LABELS
from moderation.filters import NEWEST, OLDEST, Filter, number
from moderation.filters import numbers as numbers
from moderation.models import Decision
from moderation.rights import Rights
from moderation.row import Folded, Row

ALL, REPORTED, MINE = "all", "reported", "mine"
TABS: dict[str, Any] = {
    Status.PENDING: _("Pending"),
    REPORTED: _("Reported"),
    Status.APPROVED: _("Approved"),
    Status.SPAM: _("Spam"),
    Status.TRASH: _("Trash"),
    MINE: _("Mine"),
    ALL: _("All"),
}
HINTS = {REPORTED: _("By readers, and not settled yet"), MINE: _("On your essays, or by you")}
EMPTY: dict[str, Any] = {
    Status.PENDING: _("Nothing waits for a decision."),
    REPORTED: _("Nothing is reported."),
    Status.APPROVED: _("No comment is approved."),
    Status.SPAM: _("There is no spam."),
    Status.TRASH: _("The trash is empty."),
    MINE: _("Nobody has said anything on your essays yet."),
    ALL: _("Nobody has said anything yet."),
}
EVERY = ("approve", "unapprove", "spam", "trash", "restore")
BULK: dict[str, tuple[str, ...]] = {
    REPORTED: ("keep", "unapprove", "spam", "trash"),
    Status.PENDING: ("approve", "spam", "trash"),
    Status.APPROVED: ("unapprove", "spam", "trash"),
    Status.SPAM: ("approve", "restore", "trash"),
    Status.TRASH: ("approve", "restore", "spam"),
}
USUAL, MOST = 20, 100
SIZES = (20, 50, 100)
ESSAYS_OFFERED = 100


@dataclass(frozen=True)
class Place:
    """Where in the queue somebody is, and what they decided there since they came: all of it stands in the address."""

    rights: Rights
    tab: str = Status.PENDING
    filter: Filter = field(default_factory=Filter)
    number: int = 1
    per_page: int = USUAL
    decided: tuple[int, ...] = ()  # decisions, the newest last
    batch: int = 0  # how many of them were made at one stroke
    reworded: tuple[int, ...] = ()  # wordings that were looked at when their comment had others already

    @classmethod
    def of(cls, query: QueryDict, rights: Rights) -> Self:
        """What an address says; what makes no sense counts as not said."""
        tab = query.get("status", "")
        decided = tuple(numbers(query.get("decided", "").split(",")))[-MOST:]
        return cls(
            rights,
            tab=tab if tab in TABS else Status.PENDING,
            filter=Filter.of(query),
            number=max(1, number(query, "page")),
            per_page=max(1, min(number(query, "per_page") or USUAL, MOST)),
            decided=decided,
            batch=min(number(query, "batch"), len(decided)),
            reworded=tuple(numbers(query.get("reworded", "").split(",")))[-MOST:],
        )

    def query(self) -> str:
        said = {
            "status": self.tab if self.tab != Status.PENDING else "",
            **self.filter.said(),
            "page": self.number if self.number > 1 else "",
            "per_page": self.per_page if self.per_page != USUAL else "",
            "decided": ",".join(map(str, self.decided)),
            "batch": self.batch if self.batch > 1 else "",
            "reworded": ",".join(map(str, self.reworded)),
        }
        query = urlencode({name: value for name, value in said.items() if value}, safe=",")
        return f"?{query}" if query else ""

    def url(self) -> str:
        return reverse("queue") + self.query()

    def having(self, decisions: Iterable[int]) -> "Place":
        made = sorted(decisions)
        kept = [pk for pk in self.decided if pk not in made]
        return replace(self, decided=(*kept, *made)[-MOST:], batch=len(made))

    def without(self, decisions: Iterable[int]) -> "Place":
        gone = set(decisions)
        return replace(self, decided=tuple(pk for pk in self.decided if pk not in gone), batch=0)

    @property
    def bare(self) -> "Place":
        """The same list from its beginning, without what was done there."""
        return replace(self, number=1, decided=(), batch=0, reworded=())

    @cached_property
    def answers(self) -> dict[int, int]:
        """What was answered here: which comment, by which decision."""
        return rows.replied(self)

    @property
    def order(self) -> str:
        return self.filter.order or (OLDEST if self.tab in {Status.PENDING, REPORTED} else NEWEST)

    def comments(self) -> Any:
        return filters.weighed(self.filter.among(tab_of(self.tab, self.rights)), self.order)

    def at(self, pk: int) -> str:
        """The address of the page and row to go on with: this comment if it is still listed, else the next one."""
        place, listed = replace(self, number=1), self.comments()
        here = filters.weighed(self.rights.comments().filter(pk=pk), self.order).values_list("weight", "pk").first()
        weight, pk = here or (0, pk)
        open_ = listed.exclude(pk__in=Decision.objects.filter(pk__in=self.decided).values("comment"))
        keys = open_.values_list("weight", "pk")
        onwards, back = (filters.beyond(self.order, weight, pk, back=back) for back in (False, True))
        target = keys.filter(onwards).first() or keys.filter(back).last()
        if target is None:
            return f"{place.url()}#queue"
        before = listed.filter(filters.beyond(self.order, *target, back=True)).count() - 1
        return f"{replace(place, number=before // self.per_page + 1).url()}#comment-{target[1]}"


def tab_of(tab: str, rights: Rights) -> CommentQuerySet:
    found = rights.comments()
    match tab:
        case "reported":
            return found.filter(reports__gt=0).exclude(unlisted())
        case "mine":
            return found.filter(mine(rights)).exclude(unlisted())
        case "all":
            return found.exclude(unlisted())
        case Status.TRASH:
            return found.filter(status=tab).exclude(unlisted())
    return found.filter(status=tab)


def unlisted() -> Q:
    """What lies in the trash and is no part of it: places without words, deleted for good or by their writer; and
    answers that were taken back, as long as the record brings them back."""
    taken_back = Q(removed_by=Comment.Remover.UNDONE, changed__gt=timezone.now() - UNDONE_WITHIN)
    return Q(status=Status.TRASH) & (Q(wording=None) | taken_back)


def mine(rights: Rights) -> Q:
    """Under one's own essays, or by oneself."""
    return Q(essay__in=rights.own_essays()) | Q(commenter__in=Commenter.objects.filter(user=rights.user).values("pk"))


class Listing:
    """The page at a place, in a dozen questions however many comments it holds."""

    def __init__(self, place: Place) -> None:
        self.counts = counts(place.rights)
        self.total = place.comments().order_by().count() if place.filter.is_narrow else self.counts[place.tab]
        self.pages = max(1, -(-self.total // place.per_page))
        self.place = replace(place, number=min(place.number, self.pages))
        self.start = (self.place.number - 1) * place.per_page

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
        return min(self.start + self.place.per_page, self.total)

    @property
    def empty(self) -> Any:
        return _("Nothing here matches.") if self.place.filter.is_narrow else EMPTY[self.place.tab]

    @property
    def bulk(self) -> list[tuple[str, Any, Any]]:
        """What can be done about several at one stroke: the action, its label, what they then are."""
        return [(verb, LABELS[verb], Decision.Verb(verb).label) for verb in BULK.get(self.place.tab, EVERY)]

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
    def previous_url(self) -> str | None:
        return self.turned_to(self.place.number - 1)

    @property
    def next_url(self) -> str | None:
        return self.turned_to(self.place.number + 1)

    @property
    def sizes(self) -> list[tuple[int, str | None]]:
        """How many a page, each with its address unless it is so now."""
        place = self.place.bare
        return [(size, replace(place, per_page=size).url() if size != self.place.per_page else None) for size in SIZES]

    def turned_to(self, number: int) -> str | None:
        turned = replace(self.place.bare, number=number)
        return turned.url() if 1 <= number <= self.pages else None

    def rows(self) -> list[Row]:
        keys = list(self.place.comments().values_list("pk", flat=True)[self.start : self.end])
        return rows.of(keys, self.place)

    def folded(self) -> Mapping[int, Folded]:
        return rows.folded(self.place)


def counts(rights: Rights) -> dict[str, int]:
    """How many comments there are under each tab, in one question."""
    of = rights.comments().order_by()
    found: dict[str, int] = dict(
        of.values_list("status").annotate(how_many=Count("pk")).union(
            counted(REPORTED, tab_of(REPORTED, rights)),
            counted(MINE, tab_of(MINE, rights)),
            counted("unlisted", of.filter(unlisted())),
            all=True,
        )
    )  # fmt: skip
    left_out = found.pop("unlisted", 0)
    every = {status.value: 0 for status in Status} | {REPORTED: 0, MINE: 0} | found
    every[Status.TRASH] -= left_out
    return every | {ALL: sum(every[status] for status in Status)}


def counted(tab: str, comments: CommentQuerySet) -> Any:
    label = Value(tab, output_field=CharField())
    return comments.order_by().annotate(tab=label).values_list("tab").annotate(how_many=Count("pk"))


def only_these(place: Place, keys: Collection[int]) -> list[Row]:
    """Rows of comments that whoever asks may see, in no order of the queue's."""
    return rows.of(list(place.rights.comments().filter(pk__in=keys).values_list("pk", flat=True)), place)
