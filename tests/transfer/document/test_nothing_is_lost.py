"""What a document has and an essay has a place for is in the draft; the rest is in the list of losses.

The oracle reads the documents in its own way: text, links, pictures, tables, lists, emphasis, notes and front matter.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from blog.models import Essay
from tests.blog.reading import html5lib
from tests.transfer.document.test_document import WHOLE
from transfer.document import import_document
from transfer.fields import front_matter
from transfer.fields.post import KNOWN_FIELDS
from transfer.models import WantedPicture

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SHARED = Path(__file__).resolve().parents[4] / "shared/data/publishing"
ENDINGS = {".docx", ".html", ".xhtml", ".md", ".markdown"}
OWN = {
    "own.docx": WHOLE,
    "own.html": (
        b'<title>x</title><h1>On Walking</h1><p>See <a href="https://a.example/">this</a> <b>now</b>.</p>'
        b'<img src="https://a.example/b.png" alt="Hill"><img src="c.png" alt="Lost"><form>Field</form>'
        b"<table><tr><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></tr></table><ul><li>One</li></ul><svg><text>Drawn</text></svg>"
    ),
    "own.md": (
        b"---\ntitle: Walk\nsubtitle: Far\ntags: [a, b]\nmood: blue\nlang: de\n---\n# Part\n\nSo **far**.[^1]\n\n"
        b"> Said\n\n![Hill](https://a.example/b.png)\n\n[^1]: Noted.\n"
    ),
}
FILES = [*OWN, *(each for each in sorted(SHARED.rglob("*")) if each.suffix in ENDINGS and each.is_file())]
UNSEEN = {"head", "script", "style", "template", "title"}
MARKS = {"strong": {"strong", "b"}, "em": {"em", "i"}}
PLACES = {"table": {"table"}, "li": {"li"}, "blockquote": {"blockquote"}, "pre": {"pre"}, "figcaption": {"figcaption"}}
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def words_of(text: str) -> Counter[str]:
    """Count the words of a text that are not numbers, as those of notes and lists change."""
    return Counter(each.lower() for each in re.findall(r"[^\W\d_]+", text))


def visible(node: Element) -> Iterator[Element]:
    """Yield the elements that a browser shows."""
    name = "" if callable(node.tag) else node.tag  # a comment has no name
    style = node.get("style", "").replace(" ", "").lower()
    if not name or name in UNSEEN or "display:none" in style or "mso-list:ignore" in style or "mso-hide" in style:
        return
    yield node
    for child in node:
        yield from visible(child)


def read_html(source: str) -> Element:
    root: Element = html5lib.parse(source, namespaceHTMLElements=False)
    return root


def text_of(root: Element) -> str:
    found = []
    for node in visible(root):
        found += [node.text or "", *(child.tail or "" for child in node)]
    return " ".join(found)


def count(root: Element, names: set[str]) -> int:
    """Count the elements with a text of their own or inside them."""
    return sum(node.tag in names and bool("".join(node.itertext()).strip()) for node in visible(root))


def links_of(root: Element) -> set[str]:
    return {node.get("href", "") for node in visible(root) if node.get("href", "").startswith(("http:", "https:"))}


def read_docx(data: bytes) -> tuple[str, int, int]:
    """Return a Word document's text, and its numbers of tables and of pictures."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        roots = [
            fromstring(packed.read(f"word/{name}.xml"))
            for name in ("document", "footnotes", "endnotes")
            if f"word/{name}.xml" in packed.namelist()
        ]
    paragraphs = [
        "".join(text.text or "" for text in paragraph.iter(f"{WORD}t"))
        for root in roots
        for paragraph in root.iter(f"{WORD}p")
    ]
    pictures = sum(1 for _ in roots[0].iter("{http://schemas.openxmlformats.org/drawingml/2006/main}blip"))
    return " ".join(paragraphs), sum(1 for _ in roots[0].iter(f"{WORD}tbl")), pictures


def losses(essay: Essay) -> str:
    essay.refresh_from_db()
    return essay.import_losses


def check_front_matter(essay: Essay, head: front_matter.Head) -> None:
    """Assert that every field has a place that is filled, or is listed."""
    lost = losses(essay)
    places = {
        "title": essay.title, "subtitle": essay.deck, "description": essay.excerpt, "language": essay.language,
        "lang": essay.language, "canonical_url": essay.canonical, "tags": essay.tags.exists(),
        "series": essay.series, "slug": essay.slug, "date": essay.created,
    }  # fmt: skip
    for name, value in head.fields.items():
        if value and name not in KNOWN_FIELDS:
            assert name in lost
        elif value and name in places:
            assert places[name], name
    for line in head.unreadable:
        assert line[:40] in lost


@pytest.mark.parametrize("file", FILES, ids=str)
def test_nothing_that_has_a_place_is_lost_and_the_rest_is_listed(file: str | Path) -> None:
    name, data = (file.name, file.read_bytes()) if isinstance(file, Path) else (file, OWN[file])
    essay, _report = import_document(name, data)
    lost = losses(essay)
    made = read_html(essay.body)
    has = words_of(f"{essay.title} {essay.deck} {text_of(made)} {lost}")
    if name.endswith(".docx"):
        text, tables, pictures = read_docx(data)
        assert count(made, {"table"}) == tables
        assert len(made.findall(".//img")) + lost.count("picture") >= pictures
        assert words_of(text) - has == Counter()
        return
    head, source = front_matter.split(data.decode())
    check_front_matter(essay, head)
    if name.endswith((".md", ".markdown")):
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)
        source = str(parser.render(source))
    root = read_html(source)
    assert words_of(text_of(root)) - has == Counter()
    assert links_of(root) - links_of(made) - set(lost.split()) == set()
    for place, names in {**MARKS, **PLACES}.items():
        assert count(made, names) >= count(root, names), place
    pictures = len([node for node in visible(root) if node.tag == "img"])
    kept = len(made.findall(".//img"))
    assert kept + sum(int(each) for each in re.findall(r"^(\d+) pictures? ", lost, re.MULTILINE)) >= pictures
    assert WantedPicture.objects.filter(essay=essay, is_cover=False).count() <= kept
