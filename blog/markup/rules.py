"""The allowlists of essays and comments, and the limits of each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from blog.markup import links
from blog.markup.highlighting import language_class
from blog.markup.hosts import split_words

Check = Callable[[str], str | None]


def matching(pattern: str) -> Check:
    """Return a check that keeps an attribute's value if the whole of it matches, and drops the attribute otherwise."""
    compiled = re.compile(pattern)
    return lambda value: value if compiled.fullmatch(value) else None


def _one_line(value: str) -> str:
    """Return an attribute's value on one line, cut to 500 characters."""
    return " ".join(value.split())[:500]


def _class_in(classes: Mapping[str, str], value: str) -> str | None:
    """Return the stored name of the first allowed class in a `class` attribute; `classes` maps written to stored."""
    return next((classes[name] for name in value.split() if name in classes), None)


@dataclass(frozen=True)
class Allowlist:
    tags: frozenset[str]
    attributes: Mapping[str, Mapping[str, Check]]
    required: Mapping[str, frozenset[str]]
    """A tag without one of these attributes is dropped, and its content stays."""
    rel: str
    depth: int
    elements: int
    elements_per_kilobyte: int
    """Room for tags that are repeated in every block they span."""
    links: int
    has_autolinks: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)


_LIST = {"start": matching(r"-?[0-9]{1,6}")}

COMMENT = Allowlist(
    tags=split_words("a abbr b blockquote br cite code del em i li ol p pre q s strong ul"),
    attributes={"a": {"href": links.external_url}, "abbr": {"title": _one_line}, "ol": _LIST},
    required={"a": frozenset({"href"})},
    rel="nofollow ugc noopener",
    depth=12,
    elements=1500,
    elements_per_kilobyte=0,
    links=100,
    has_autolinks=True,
    renamed={
        "acronym": "abbr", "strike": "s", "ins": "em", "tt": "code", "kbd": "code", "samp": "code",
        **{f"h{level}": "p" for level in range(1, 7)},
    },
)  # fmt: skip

_SIZE = matching(r"[0-9]{1,5}")
_SPAN = matching(r"[0-9]{1,3}")
_CELL: Mapping[str, Check] = {"colspan": _SPAN, "rowspan": _SPAN, "scope": matching("row|col|rowgroup|colgroup")}

ESSAY = Allowlist(
    tags=split_words("""
        a abbr b blockquote br caption cite code dd del details dl dt em figcaption figure h2 h3 h4 hr i img ins kbd li
        mark ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th thead time tr ul var
    """),
    attributes={
        "*": {"lang": matching(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,5}"), "dir": matching("ltr|rtl|auto")},
        "a": {"id": matching(r"ref-[0-9]{1,4}"), "href": links.any_url, "role": matching("doc-noteref")},
        "abbr": {"title": _one_line},
        "blockquote": {"class": partial(_class_in, {"pull": "pull"})},
        "figure": {"class": partial(_class_in, {"wide": "wide", "alignwide": "wide", "alignfull": "wide"})},
        "img": {"src": links.picture_url, "alt": _one_line, "width": _SIZE, "height": _SIZE},
        "li": {"id": matching(r"note-[0-9]{1,4}"), "value": matching(r"-?[0-9]{1,6}")},
        "ol": {**_LIST, "reversed": lambda value: "", "type": matching("[1aAiI]")},
        "pre": {"class": language_class},
        "section": {"role": matching("doc-endnotes")},
        "td": _CELL,
        "th": _CELL,
        "time": {"datetime": matching(r"[0-9PTWYMDHSZ:+. -]{1,40}")},
    },
    required={
        "a": frozenset({"href"}), "img": frozenset({"src"}), "section": frozenset({"role"}),
        "span": frozenset({"lang", "dir"}),
    },
    rel="noopener",
    depth=24,
    elements=1500,
    elements_per_kilobyte=100,
    links=10_000,
    renamed={
        "acronym": "abbr", "strike": "s", "tt": "code", "h1": "h2", "h5": "h4", "h6": "h4", "bdo": "span",
        "bdi": "span",
    },
)  # fmt: skip
