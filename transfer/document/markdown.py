"""Import of Markdown or HTML files with tables, strikethrough, footnotes and front matter."""

import re
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from blog.editor import Conversion, convert_html
from transfer.document.media import Media
from transfer.fields import front_matter
from transfer.fields.front_matter import Head
from transfer.fields.post import as_text
from transfer.report import Unreadable

MAX_NESTING = 40
MAX_MARKUP_CHARACTERS = 20_000  # ten times those of 20,000 words with a hundred notes
_MARKUP_CHARACTER = re.compile(r"[][*_~`<!&\\>|]")
_LANGUAGE = re.compile(r"""<html\b[^<>]*?\s(?:xml:)?lang=["']?(?P<code>[A-Za-z-]{2,20})""", re.IGNORECASE)
_HEADING = re.compile(
    r"\s*(?:<h1[^>]*>(?P<html>.*?)</h1>|#[ \t]+(?P<atx>[^\n]+?)[ \t#]*\n|(?P<setext>[^\n]+)\n=+[ \t]*\n)"
)


def read(source: str, media: Media) -> tuple[Conversion, Head]:
    """Convert a Markdown file, and return its front matter too. Raises Unreadable."""
    if has_too_much_markup(source):
        raise Unreadable(
            f"the file has more than {MAX_MARKUP_CHARACTERS:,} formatting characters; split it into smaller files"
        )
    head, text = front_matter.split(source)
    html = str(build_parser().render(text))
    has_title = repeats_title(text, as_text(head.fields.get("title", "")))
    return convert_html(html, resolve_picture=media.import_picture, has_title=has_title), head


def repeats_title(source: str, title: str) -> bool:
    """Return whether the text begins with its title, or may, as the front matter has none."""
    found = _HEADING.match(source)
    heading = found and (found["html"] or found["atx"] or found["setext"])
    return not title or (heading or "").strip() == title


def has_too_much_markup(source: str) -> bool:
    """Return whether a Markdown text could take too long to convert."""
    return len(_MARKUP_CHARACTER.findall(source)) > MAX_MARKUP_CHARACTERS


def build_parser() -> MarkdownIt:
    """Return a parser of Markdown with HTML, tables, strikethrough, footnotes and captions."""
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    parser.core.ruler.push("captions", add_captions)
    return parser.use(footnote_plugin)


def add_captions(state: StateCore) -> None:
    """Make a figure of each picture with a title that is a paragraph of its own: the title is its caption."""
    for before, token, after in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        children = token.children or []
        if before.type != "paragraph_open" or [child.type for child in children] != ["image"]:
            continue
        if title := str(children[0].attrs.pop("title", "")):
            before.tag = after.tag = "figure"
            token.children = [
                children[0],
                Token("html_inline", "", 0, content=f"<figcaption>{escape(title)}</figcaption>"),
            ]


def read_html(source: str, media: Media) -> tuple[Conversion, Head]:
    """Convert an HTML file, which may have front matter like a Markdown file, and return that too."""
    head, text = front_matter.split(source)
    has_title = repeats_title(text, as_text(head.fields.get("title", "")))
    result = convert_html(text, resolve_picture=media.import_picture, has_title=has_title)
    if "lang" not in head.fields and (found := _LANGUAGE.search(text[:10_000])):
        head.fields["lang"] = found["code"]
    return result, head
