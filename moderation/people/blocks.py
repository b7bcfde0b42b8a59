"""The list of trusted, held and blocked people: its search, its pages and its texts."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Block
from comments.screening import blocks
from moderation.queue.filters import parse_number

PAGE_SIZE = 50
QUERY_LENGTH = 200
KINDS: dict[str, Any] = {
    Block.Kind.BLOCK: gettext_lazy("blocked"),
    Block.Kind.HOLD: gettext_lazy("always held"),
    Block.Kind.TRUST: gettext_lazy("always published"),
}
EXPIRED = "over"


def describe_end(block: Block) -> str:
    if block.until is None:
        return _("permanently")
    values = {"date": blocks.format_until(block.until)}
    return _("until %(date)s") % values if block.is_active else _("expired on %(date)s") % values


def describe_block(block: Block) -> str:
    """Return “blocked: Anna Karg, until 3 December”."""
    who = block.network or block.email or str(block.commenter)
    return _("%(what)s: %(who)s, %(until)s") % {"what": KINDS[block.kind], "who": who, "until": describe_end(block)}


@dataclass(frozen=True)
class BlockSearch:
    """The search in the address of the list."""

    q: str = ""  # part of a name, email address, network, note or message
    kind: str = ""  # or `over`: the expired ones
    page: int = 1

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read the search from an address; invalid values count as missing."""
        kind = query.get("kind", "")
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:QUERY_LENGTH],
            kind=kind if kind in {*KINDS, EXPIRED} else "",
            page=max(1, parse_number(query, "page")),
        )

    def url(self, page: int = 1) -> str:
        values = {each.name: getattr(replace(self, page=page), each.name) for each in fields(self)}
        query = urlencode({name: value for name, value in values.items() if value not in {"", 1}})
        return f"{reverse('queue-blocks')}?{query}" if query else reverse("queue-blocks")

    @property
    def has_criteria(self) -> bool:
        return bool(self.q or self.kind)

    def blocks(self) -> Any:
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


class BlockList:
    def __init__(self, search: BlockSearch) -> None:
        self.found = search.blocks()
        self.total = self.found.count()
        self.pages = max(1, -(-self.total // PAGE_SIZE))
        self.search = replace(search, page=min(search.page, self.pages))

    @cached_property
    def blocks(self) -> list[tuple[Block, Any, str]]:
        """The blocks of this page, each with its kind and duration in words."""
        start = (self.search.page - 1) * PAGE_SIZE
        return [(block, KINDS[block.kind], describe_end(block)) for block in self.found[start : start + PAGE_SIZE]]

    @property
    def kinds(self) -> list[tuple[str, Any]]:
        return [*KINDS.items(), (EXPIRED, _("expired"))]

    @property
    def previous_url(self) -> str:
        return self.search.url(self.search.page - 1) if self.search.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.search.url(self.search.page + 1) if self.search.page < self.pages else ""
