"""Removes from a page what works only on the site: forms, buttons, scripts and links to pages that are not copied."""

from collections.abc import Callable
from html import escape

from transfer.static_copy.html import Element

DROPPED_TAGS = frozenset(["script", "form", "button", "dialog", "template", "input", "select", "textarea", "noscript"])
DROPPED_CLASSES = frozenset(["personal", "tools", "to-reply", "closing", "news"])
DROPPED_RELS = frozenset({"preload", "modulepreload", "search"})
DROPPED_META = ("og:image", "twitter:image")
WRITTEN_CLASSES = frozenset(["prose", "comment-body", "person-about"])  # text by people, of which nothing is removed
ADDRESSES = ("href", "src", "poster")

Link = Callable[[str], str | None]
"""Returns the link in the copy for an address on a page: itself for another site, None for a page that isn't copied."""


def clean(page: Element, link: Link) -> None:
    """Remove what does not work without the site, and make the links relative."""
    for element in page.walk():
        element.children = [child for child in element.children if isinstance(child, str) or not is_dropped(child)]
    rewrite(page, link, is_written=False)
    drop_blank(page)


def is_dropped(element: Element) -> bool:
    """Return whether an element is left out with all inside it."""
    if element.name in DROPPED_TAGS or element.classes & DROPPED_CLASSES:
        return True
    if element.name == "a" and element.classes & {"reply", "more"} and element.get("rel") == "nofollow":
        return True
    if element.name == "link":
        return bool({*element.get("rel").split()} & DROPPED_RELS)
    if element.name == "meta":
        return (element.get("property") or element.get("name")).startswith(DROPPED_META)
    return "likes" in element.classes and not any(each.name == "a" for each in element.walk())


def rewrite(parent: Element, link: Link, *, is_written: bool) -> None:
    """Make the links of all elements inside one relative, and unwrap those that lead nowhere."""
    children: list[Element | str] = []
    for child in parent.children:
        if isinstance(child, str):
            children.append(child)
            continue
        rewrite(child, link, is_written=is_written or bool(child.classes & WRITTEN_CLASSES))
        children += rewritten(child, link, is_written=is_written)
    parent.children = children


def rewritten(element: Element, link: Link, *, is_written: bool) -> list[Element | str]:
    """Return what takes the place of an element: itself with relative links, or what remains of it."""
    for name in [name for name, value in element.attributes.items() if name.startswith("data-") and value]:
        if element.get(name).startswith(("/", "http")):
            element.set(name, None)
    if element.get("srcset"):
        element.set("srcset", relative_sources(element.get("srcset"), link))
    if element.name == "a" and "on-count" in element.classes:
        element.set("href", "#comments")  # the copy has no pages of the comments on one paragraph
    for name in ADDRESSES:
        address = element.get(name)
        if not address or (element.name == "link" and element.get("rel") == "canonical"):
            continue
        target = link(address)
        if target is None or (element.name == "img" and target == address):
            return remains(element, is_written=is_written)
        if target != address:
            element.set(name, target)
    return [element] if element.name != "source" or element.get("srcset") or element.get("src") else []


def remains(element: Element, *, is_written: bool) -> list[Element | str]:
    """Return what stays of an element whose address is not in the copy."""
    if element.name == "a":
        return link_text(element, is_written=is_written)
    if element.name == "img" and element.get("src").startswith(("http://", "https://")):
        alt = element.get("alt") or element.get("src")
        return [Element("a", attributes={"href": element.get("src")}, children=[escape(alt)])]
    return [escape(element.get("alt"))] if element.name == "img" and element.get("alt") else []


def link_text(link: Element, *, is_written: bool) -> list[Element | str]:
    """Return the text of a link that leads nowhere in the copy; nothing for an entry of a menu."""
    if "count" in link.classes and link.get("aria-label"):  # the likes of a comment
        return [Element("span", children=[escape(link.get("aria-label").rstrip(": "))])]
    kept = {name: value for name, value in link.attributes.items() if name in {"class", "id", "lang", "dir"}}
    in_menu = not is_written and link.attributes.get("aria-keyshortcuts")
    return [] if in_menu else [Element("span", attributes=kept, children=link.children)] if kept else link.children


def relative_sources(srcset: str, link: Link) -> str | None:
    """Return the candidates of a picture that are in the copy, with relative links; None if there are none."""
    found = []
    for candidate in srcset.split(","):
        address, _, size = candidate.strip().partition(" ")
        target = link(address) if address else None
        if target is not None and target != address:
            found.append(f"{target} {size}".strip())
    return ", ".join(found) or None


def drop_blank(page: Element) -> None:
    """Remove entries of menus and boxes of buttons that have become empty."""
    for element in page.walk():
        element.children = [
            child
            for child in element.children
            if isinstance(child, str) or not (may_be_dropped(child) and child.is_blank)
        ]


def may_be_dropped(element: Element) -> bool:
    """Return whether an element is only there for what is in it."""
    return element.name in {"li", "nav"} or bool(element.classes & {"do", "acts", "pass-on", "likes", "onward", "said"})
