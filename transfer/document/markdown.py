"""Import of Markdown or HTML files with front matter."""

import re

from blog.editor import Conversion, convert_html
from blog.editor.markdown import MAX_MARKUP_CHARACTERS, build_parser, has_too_much_markup
from blog.models import Site
from transfer.document.media import Media
from transfer.fields import front_matter
from transfer.fields.front_matter import Head
from transfer.fields.post import as_text
from transfer.report import Unreadable

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
    html = str(build_parser(has_formulas=Site.objects.current().formulas, has_extensions=True).render(text))
    has_title = repeats_title(text, as_text(head.fields.get("title", "")))
    return convert_html(html, resolve_picture=media.import_picture, has_title=has_title), head


def repeats_title(source: str, title: str) -> bool:
    """Return whether the text begins with its title, or may, as the front matter has none."""
    found = _HEADING.match(source)
    heading = found and (found["html"] or found["atx"] or found["setext"])
    return not title or (heading or "").strip() == title


def read_html(source: str, media: Media) -> tuple[Conversion, Head]:
    """Convert an HTML file, which may have front matter like a Markdown file, and return that too."""
    head, text = front_matter.split(source)
    has_title = repeats_title(text, as_text(head.fields.get("title", "")))
    result = convert_html(text, resolve_picture=media.import_picture, has_title=has_title)
    if "lang" not in head.fields and (found := _LANGUAGE.search(text[:10_000])):
        head.fields["lang"] = found["code"]
    return result, head
