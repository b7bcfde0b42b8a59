"""Links to headings of the same text: headings get new ids here, to which the links are changed."""

import re
from collections import Counter
from urllib.parse import unquote

from django.utils.text import slugify

from blog import markup
from blog.editor.tree import HEADINGS, Node

_MARK = re.compile("\ue0f0([0-9]{1,4})\ue0f1")  # in a heading to which a link leads, until its id is known
_LINK = re.compile(r' href="#to-heading-([0-9]{1,4})"')
_MARKED_LINK = re.compile(r"to-heading-[0-9]{1,4}")
MAX_LINKED = 1000


def mark(root: Node) -> None:
    """Mark the headings to which links lead by an id or, in Markdown, by their words, and change these links."""
    links = [node for node in root.walk() if node.name == "a" and node.attributes.get("href", "").startswith("#")]
    if not links:
        return
    named, worded = find_headings(root)
    numbers: dict[int, int] = {}
    for link in links:
        key = unquote(link.attributes["href"][1:])
        heading = named.get(key) or worded.get(slugify(key, allow_unicode=True)) if key else None
        if heading is None or heading in link.ancestors() or "role" in link.attributes:
            continue
        if id(heading) not in numbers:
            if len(numbers) == MAX_LINKED:
                return
            numbers[id(heading)] = len(numbers)
            heading.append(f"\ue0f0{numbers[id(heading)]}\ue0f1")
        link.attributes["href"] = f"#to-heading-{numbers[id(heading)]}"


def find_headings(root: Node) -> tuple[dict[str, Node], dict[str, Node]]:
    """Return the headings by the ids of themselves, of what they contain and of empty anchors before them; by words."""
    named: dict[str, Node] = {}
    worded: dict[str, Node] = {}
    counts: Counter[str] = Counter()
    own_counts: Counter[str] = Counter()
    waiting: list[str] = []
    for node in root.walk():
        keys = [key for name in ("id", "name") if (key := node.attributes.get(name))]
        if node.name in HEADINGS:
            inside = [each.attributes.get(name) for each in node.walk() for name in ("id", "name")]
            named |= {key: node for key in (*waiting, *keys, *inside) if key and key not in named}
            words = slugify(node.text, allow_unicode=True)
            # GitHub and others number headings whose words other ones before it have too.
            worded.setdefault(f"{words}-{counts[words]}" if counts[words] else words, node)
            counts[words] += 1
            own = f"h-{words[:60].strip('-') or 'section'}"  # as rendering makes it: our own export has such links
            own_counts[own] += 1
            worded.setdefault(f"{own}-{own_counts[own]}" if own_counts[own] > 1 else own, node)
            waiting = []
        elif node.has_text():
            waiting = []
        else:
            waiting += keys
    return named, worded


def is_marked(address: str) -> bool:
    """Return whether a link's address is one that `mark` set."""
    return _MARKED_LINK.fullmatch(address.removeprefix("#")) is not None


def set_addresses(html: str) -> str:
    """Return a cleaned text whose marked links lead to the ids that its headings get when it is rendered."""
    if "\ue0f0" not in html:
        return html
    found: dict[str, str] = {}
    ids = markup.heading_ids(_MARK.sub("", html))
    for heading, id_ in zip(markup.find_headings(html), ids, strict=True):
        found |= dict.fromkeys(_MARK.findall(heading), id_)
    html = _LINK.sub(lambda link: f' href="#{found.get(link[1], "")}"', html)
    return _MARK.sub("", html)
