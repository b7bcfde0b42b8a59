"""Who is treated apart: everybody of whom that is said, found by the page, and each said in words."""

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
from moderation.queue.filters import number

A_PAGE = 50
LONGEST = 200
KINDS: dict[str, Any] = {
    Block.Kind.BLOCK: gettext_lazy("blocked"),
    Block.Kind.HOLD: gettext_lazy("always held"),
    Block.Kind.TRUST: gettext_lazy("always published"),
}
OVER = "over"


def until(block: Block) -> str:
    if block.until is None:
        return _("permanently")
    said = {"date": blocks.day_of(block.until)}
    return _("until %(date)s") % said if block.is_in_force else _("expired %(date)s") % said


def in_words(block: Block) -> str:
    """“Blocked: Anna Karg, until 3 December.”"""
    who = block.network or block.email or str(block.commenter)
    return _("%(what)s: %(who)s, %(until)s") % {"what": KINDS[block.kind], "who": who, "until": until(block)}


@dataclass(frozen=True)
class Asked:
    """Which of them: all of it stands in the address."""

    q: str = ""  # of a name, address, network, reason
    kind: str = ""  # or `over`: what holds no longer
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """What makes no sense counts as not said."""
        kind = query.get("kind", "")
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:LONGEST],
            kind=kind if kind in {*KINDS, OVER} else "",
            page=max(1, number(query, "page")),
        )

    def url(self, page: int = 1) -> str:
        said = {each.name: getattr(replace(self, page=page), each.name) for each in fields(self)}
        query = urlencode({name: value for name, value in said.items() if value not in {"", 1}})
        return f"{reverse('queue-blocks')}?{query}" if query else reverse("queue-blocks")

    @property
    def is_narrow(self) -> bool:
        return bool(self.q or self.kind)

    def blocks(self) -> Any:
        found = Block.objects.select_related("commenter", "moderator").order_by("-pk")
        if self.kind == OVER:
            found = found.filter(until__lte=timezone.now())
        else:
            found = found.in_force().filter(Q(kind=self.kind) if self.kind else Q())
        named = ("commenter__name", "commenter__email", "email", "network", "why", "sentence")
        wanted = Q()
        for name in named if self.q else ():
            wanted |= Q(**{f"{name}__icontains": self.q})
        return found.filter(wanted)


class Apart:
    """A page of them."""

    def __init__(self, asked: Asked) -> None:
        self.found = asked.blocks()
        self.total = self.found.count()
        self.pages = max(1, -(-self.total // A_PAGE))
        self.asked = replace(asked, page=min(asked.page, self.pages))

    @cached_property
    def blocks(self) -> list[tuple[Block, Any, str]]:
        """Each with what is done, and how long."""
        start = (self.asked.page - 1) * A_PAGE
        return [(block, KINDS[block.kind], until(block)) for block in self.found[start : start + A_PAGE]]

    @property
    def kinds(self) -> list[tuple[str, Any]]:
        return [*KINDS.items(), (OVER, _("expired"))]

    @property
    def previous_url(self) -> str:
        return self.asked.url(self.asked.page - 1) if self.asked.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.asked.url(self.asked.page + 1) if self.asked.page < self.pages else ""
