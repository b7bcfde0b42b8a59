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
from django.template.base import Node, NodeList, TextNode
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
    parts: list[NodeList] = []
    visible.parts = parts  # type: ignore[attr-defined]
    first, *rest = found.template.render(visible).split(PLACE)
    nodes: list[Node] = [TextNode(first)]
    for part, text in zip(parts, rest, strict=True):
        nodes += [*part, TextNode(text)]
    found.template = copy.copy(found.template)
    found.template.nodelist = NodeList(nodes)
    size = sum(map(sys.getsizeof, [first, *rest]))
    frame = Frame(found, subject, size, generation, getattr(request, "expires", None))
    store.set((request.path,), frame)
    return frame


class PerRequest(Node):
    """A part of a page that every request renders for itself; it sees no variables that were set outside of it."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        """Render the part, or in a frame leave a place for it."""
        parts: list[NodeList] | None = getattr(context, "parts", None)
        if parts is None:
            return self.nodelist.render(context)
        parts.append(self.nodelist)
        return PLACE
