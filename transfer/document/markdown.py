"""A text in Markdown, or HTML, → the body of an essay: tables, struck-out words, footnotes, a head of its own."""

import json
import re

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from blog.editor import Brought, bring
from transfer.document.media import Media
from transfer.report import Unreadable

DEEPEST = 40
MOST_SIGNS = 20_000  # ten times what an essay of 20,000 words with a hundred notes has
_SIGN = re.compile(r"[][*_~`<!&\\>|]")
_HEAD = re.compile(r"\s*---[ \t]*\n(?P<head>(?:(?!---[ \t]*$).*\n){0,200})---[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"^(?P<name>[A-Za-z_-]{1,40})[ \t]*:[ \t]*(?P<value>.*)$", re.MULTILINE)
OURS = {"title": "title", "subtitle": "deck", "deck": "deck", "description": "", "layout": "", "lang": ""}


def read(source: str, media: Media) -> Brought:
    """Raises Unreadable."""
    if len(_SIGN.findall(source)) > MOST_SIGNS:
        raise Unreadable(f"it has more than {MOST_SIGNS:,} Markdown characters")
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    parser.use(front_matter_plugin).use(footnote_plugin)
    tokens = parser.parse(source)
    head = next((token.content for token in tokens if token.type == "front_matter"), "")
    html = str(parser.renderer.render([token for token in tokens if token.type != "front_matter"], parser.options, {}))
    return with_head(bring(html, picture=media.bring, has_title=True), head)


def read_html(source: str, media: Media) -> Brought:
    """HTML, before which the generators of sites allow the same head as before Markdown."""
    found = _HEAD.match(source)
    head, rest = (found["head"], source[found.end() :]) if found else ("", source)
    return with_head(bring(rest, picture=media.bring, has_title=True), head)


def with_head(brought: Brought, head: str) -> Brought:
    for field in _FIELD.finditer(head):
        name, value = field["name"].lower(), unquoted(field["value"])
        if name in {"title", "subtitle", "deck"} and value:
            setattr(brought, OURS[name], value)
        elif name not in OURS:
            brought.lost.append(("line(s) of front matter", f"{field['name']}: {value}"))
    return brought


def unquoted(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value.strip('"')
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
