"""Parses cleaned HTML like a browser and checks it against an allowlist, independently of the cleaner."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

html5lib: Any = import_module("bleach._vendor.html5lib")


def _plain(names: str) -> dict[str, set[str]]:
    return {name: set() for name in names.split()}


COMMENT = _plain("b blockquote br cite code del em i li p pre q s strong ul") | {
    "a": {"href", "rel"},
    "abbr": {"title"},
    "ol": {"start"},
}
_PLAIN = """
    b br caption cite code dd del details dl dt em figcaption h2 h3 h4 hr i ins kbd mark p q s samp small span strong
    sub summary sup table tbody tfoot thead tr ul var
"""
_OWN = _plain(_PLAIN) | {
    "a": {"href", "rel", "id", "role"},
    "abbr": {"title"},
    "blockquote": {"class"},
    "figure": {"class"},
    "img": {"src", "alt", "width", "height"},
    "li": {"id", "value"},
    "ol": {"start", "reversed", "type"},
    "pre": {"class"},
    "section": {"role"},
    "td": {"colspan", "rowspan", "scope"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
ESSAY = {name: own | {"lang", "dir"} for name, own in _OWN.items()}
SCHEMES = ("http://", "https://", "mailto:")


def faults(html: str, allowed: dict[str, set[str]]) -> list[str]:
    """Describe everything in the HTML that is not allowed."""
    return [*_outside(html), *_inside(html, allowed), *_in_xml(html)]


def elements(html: str) -> Iterator[Any]:
    for element in html5lib.parseFragment(html, namespaceHTMLElements=False).iter():
        if element.tag != "DOCUMENT_FRAGMENT":
            yield element


def depth(html: str) -> int:
    def of(element: Any) -> int:
        return 1 + max(map(of, element), default=0)

    return of(html5lib.parseFragment(html, namespaceHTMLElements=False)) - 1


def _outside(html: str) -> Iterator[str]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    around = parser.parseFragment(f'<div class="comment-body">{html}</div><p id="after"></p>')
    if [element.get("class") or element.get("id") for element in around] != ["comment-body", "after"]:
        yield "leaves the element it stands in"
    yield from (f"is not well-formed: {code}" for _, code, _ in parser.errors)


def _inside(html: str, allowed: dict[str, set[str]]) -> Iterator[str]:
    for element in elements(html):
        if element.tag not in allowed:
            yield f"<{element.tag}>"
            continue
        yield from (f"<{element.tag} {name}>" for name in element.attrib if name not in allowed[element.tag])
        for name in ("href", "src"):
            address = element.get(name, "https://")
            is_local = allowed is ESSAY and ":" not in address.split("/")[0] and not address.startswith(("//", "/\\"))
            if not address.startswith(SCHEMES) and not is_local:
                yield f"{name}={address!r}"
        if element.tag == "a" and allowed is COMMENT and element.get("rel") != "nofollow ugc noopener":
            yield "a link without its rel"


def _in_xml(html: str) -> Iterator[str]:
    try:
        ElementTree.fromstring(f"<description>{escape(html)}</description>")  # our own words
    except ElementTree.ParseError as error:
        yield f"breaks a feed: {error}"
