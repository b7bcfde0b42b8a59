"""Frames: pages rendered once, all but the parts that every request renders for itself.

A template marks these parts with `{% per_request %}`. The rest is rendered without the request, so nothing personal can
be in it, and is used until the generation of the site rises. So whatever the rest shows, a change of it must raise that
one; new comments and likes raise only that of their essay.
"""

import copy
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.template.base import FilterExpression, Node, NodeList, TextNode
from django.template.loader import get_template
from django.utils import timezone

from pagecache.declaration import expire_page_at
from pagecache.store import Store, Stored

PLACE = f"<!--{secrets.token_hex()}-->"  # of a part for each request; no text contains it
SUBJECT_SIZE = 8192  # bytes, about: an essay without its text, with its authors, series and cover


@dataclass(slots=True, eq=False)
class Frame(Stored):
    """A page, rendered but for the parts for each request, and what they need to know about it."""

    template: Any  # of Django's backend: text, and the nodes of these parts
    subject: Any  # what the page shows
    text_size: int
    generation: int
    expires: datetime | None

    @property
    def size(self) -> int:
        return self.text_size + SUBJECT_SIZE

    def render(self, request: HttpRequest, **context: Any) -> str:
        """Return the whole page; it expires with its frame."""
        expire_page_at(request, self.expires)
        return str(self.template.render(context, request))


store: Store[Frame] = Store(settings.PAGECACHE_BYTES // 8, max_entries=1000)


def find(path: str, generation: int) -> Frame | None:
    """Return the frame of the page at a path if it is still current."""
    frame = store.get((path,))
    if frame is None or frame.generation != generation:
        return None
    return frame if frame.expires is None or timezone.now() < frame.expires else None


def add(request: HttpRequest, generation: int, template: str, context: Mapping[str, Any], subject: Any) -> Frame:
    """Render a template but for its parts for each request, and store the result.

    `generation`: the number of the site's generation, read before anything that the page shows.
    """
    found: Any = copy.copy(get_template(template))
    visible = Context({**context, "request": {"path": request.path, "site": context["site"]}})
    parts: list[FixedPart] = []
    visible.parts = parts  # type: ignore[attr-defined]
    first, *rest = found.template.render(visible).split(PLACE)
    nodes: list[Node] = [TextNode(first)]
    for part, text in zip(parts, rest, strict=True):
        nodes += [part, TextNode(text)]
    found.template = copy.copy(found.template)
    found.template.nodelist = NodeList(nodes)
    fixed = [value for part in parts for value in part.values.values()]
    size = sum(map(sys.getsizeof, [first, *rest, *fixed]))
    frame = Frame(found, subject, size, generation, getattr(request, "expires", None))
    store.set((request.path,), frame)
    return frame


class PerRequest(Node):
    """A part of a page that every request renders for itself; of the variables set outside it sees only `fixed` ones.

    These are evaluated with the frame, and are the same for every request.
    """

    def __init__(self, nodelist: NodeList, fixed: Mapping[str, FilterExpression]) -> None:
        self.nodelist, self.fixed = nodelist, fixed

    def render(self, context: Context) -> str:
        """Render the part, or in a frame leave a place for it."""
        values = {name: expression.resolve(context) for name, expression in self.fixed.items()}
        part = FixedPart(self.nodelist, values)
        parts: list[Node] | None = getattr(context, "parts", None)
        if parts is None:
            return str(part.render(context))
        parts.append(part)
        return PLACE


class FixedPart(Node):
    """A part for each request, and the values of its fixed variables."""

    def __init__(self, nodelist: NodeList, values: dict[str, Any]) -> None:
        self.nodelist, self.values = nodelist, values

    def render(self, context: Context) -> str:
        """Render the part."""
        if not self.values:
            return self.nodelist.render(context)
        with context.push(**self.values):
            return self.nodelist.render(context)
