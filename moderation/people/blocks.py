"""The list of trusted, held and blocked people: its search, its pages and its texts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Block
from comments.screening import blocks
from moderation.paged_search import PagedSearch, ResultPage
from moderation.queue.filters import parse_number

QUERY_LENGTH = 200
KINDS: dict[str, Any] = {
    Block.Kind.BLOCK: gettext_lazy("blocked"),
    Block.Kind.HOLD: gettext_lazy("always held"),
    Block.Kind.TRUST: gettext_lazy("always published"),
}
EXPIRED = "over"


def describe_end(block: Block) -> str:
    """Return “permanently”, “until 3 December” or “expired on 3 December”."""
    if block.until is None:
        return _("permanently")
    values = {"date": blocks.format_until(block.until)}
    return _("until %(date)s") % values if block.is_active else _("expired on %(date)s") % values


def describe_block(block: Block) -> str:
    """Return “blocked: Anna Karg, until 3 December”."""
    who = block.network or block.email or str(block.commenter)
    return _("%(what)s: %(who)s, %(until)s") % {"what": KINDS[block.kind], "who": who, "until": describe_end(block)}


@dataclass(frozen=True)
class BlockSearch(PagedSearch):
    """The search in the address of the list."""

    url_name = "queue-blocks"
    q: str = ""  # part of a name, email address, network, note or message
    kind: str = ""  # or `over`: the expired ones

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read the search from an address; invalid values count as missing."""
        kind = query.get("kind", "")
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:QUERY_LENGTH],
            kind=kind if kind in {*KINDS, EXPIRED} else "",
            page=max(1, parse_number(query, "page")),
        )

    def blocks(self) -> Any:
        """Return the matching trusted, held and blocked people, the newest first; expired ones only on request."""
        found = Block.objects.select_related("commenter", "moderator").order_by("-pk")
        if self.kind == EXPIRED:
            found = found.filter(until__lte=timezone.now())
        else:
            found = found.active().filter(Q(kind=self.kind) if self.kind else Q())
        searched = ("commenter__name", "commenter__email", "email", "network", "note", "sentence")
        wanted = Q()
        for name in searched if self.q else ():
            wanted |= Q(**{f"{name}__icontains": self.q})
        return found.filter(wanted)


class BlockList(ResultPage):
    @cached_property
    def blocks(self) -> list[tuple[Block, Any, str]]:
        """The blocks of this page, each with its kind and duration in words."""
        return [(block, KINDS[block.kind], describe_end(block)) for block in self.slice_of(self.found)]

    @property
    def kinds(self) -> list[tuple[str, Any]]:
        """Options of the filter by kind: value and label."""
        return [*KINDS.items(), (EXPIRED, _("expired"))]
