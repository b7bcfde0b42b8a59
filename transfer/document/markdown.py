"""Import of Markdown or HTML files with tables, strikethrough, footnotes and front matter."""

import json
import re

from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from blog.editor import Conversion, convert_html
from transfer.document.media import Media
from transfer.report import Unreadable

MAX_NESTING = 40
MAX_MARKUP_CHARACTERS = 20_000  # ten times those of 20,000 words with a hundred notes
_MARKUP_CHARACTER = re.compile(r"[][*_~`<!&\\>|]")
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(?P<head>(?:(?!---[ \t]*$).*\n){0,200})---[ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"^(?P<name>[A-Za-z_-]{1,40})[ \t]*:[ \t]*(?P<value>.*)$", re.MULTILINE)
# The attribute that each field sets; empty for fields that are ignored without a report.
KNOWN_FIELDS = {
    "title": "title", "subtitle": "deck", "deck": "deck", "cover": "cover", "image": "cover", "cover_alt": "cover_alt",
    "image_alt": "cover_alt", "description": "", "layout": "", "lang": "",
}  # fmt: skip


def read(source: str, media: Media) -> Conversion:
    """Convert a Markdown file. Raises Unreadable."""
    if has_too_much_markup(source):
        raise Unreadable(
            f"the file has more than {MAX_MARKUP_CHARACTERS:,} formatting characters; split it into smaller files"
        )
    parser = build_parser().use(front_matter_plugin)
    tokens = parser.parse(source)
    front_matter = next((token.content for token in tokens if token.type == "front_matter"), "")
    html = str(parser.renderer.render([token for token in tokens if token.type != "front_matter"], parser.options, {}))
    return apply_front_matter(convert_html(html, resolve_picture=media.import_picture, has_title=True), front_matter)


def has_too_much_markup(source: str) -> bool:
    """Return whether a Markdown text could take too long to convert."""
    return len(_MARKUP_CHARACTER.findall(source)) > MAX_MARKUP_CHARACTERS


def build_parser() -> MarkdownIt:
    """Return a parser of Markdown with HTML, tables, strikethrough and footnotes."""
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    return parser.use(footnote_plugin)


def read_html(source: str, media: Media) -> Conversion:
    """Convert an HTML file, which may have front matter like a Markdown file."""
    found = _FRONT_MATTER.match(source)
    front_matter, rest = (found["head"], source[found.end() :]) if found else ("", source)
    return apply_front_matter(convert_html(rest, resolve_picture=media.import_picture, has_title=True), front_matter)


def apply_front_matter(result: Conversion, front_matter: str) -> Conversion:
    """Set title, subtitle and cover from the front matter, report unknown fields as lost, and return the result."""
    for field in _FIELD.finditer(front_matter):
        name, value = field["name"].lower(), unquote_value(field["value"])
        if value and (attribute := KNOWN_FIELDS.get(name)):
            setattr(result, attribute, value)
        elif name not in KNOWN_FIELDS:
            result.lost.append(("line(s) of front matter", f"{field['name']}: {value}"))
    return result


def unquote_value(value: str) -> str:
    """Return a front matter value without the quotation marks that YAML or JSON puts around it."""
    value = value.strip()
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value.strip('"')
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
