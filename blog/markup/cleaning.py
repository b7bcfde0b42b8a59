"""Cleaning of people's text: Markdown to HTML, any HTML to normalized HTML, and bleach last with the allowlist.

Only paragraphs of mere text are not given to bleach, which would return them as they are. Nothing changes what it
returns, except that stand-ins become entities.
"""

import re
import threading
from collections.abc import Iterable
from functools import partial
from itertools import islice

import bleach
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock, paragraph
from markdown_it.rules_inline import StateInline, link

from accounts.profiles.names import PLACEHOLDERS, tidy_text
from blog.markup import links
from blog.markup.normalizer import normalize
from blog.markup.rules import COMMENT, ESSAY, Allowlist

_VALUE = r"""(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'=<>`]++)"""
_TYPED_TAG = re.compile(
    rf"</?(?:{'|'.join(COMMENT.tags)})(?:\s++[a-zA-Z_:][\w:.-]*+(?:\s*+=\s*+{_VALUE})?+)*+\s*+/?>", re.IGNORECASE
)
# Paragraphs of mere text: no attribute, no entity, no control character, and no other tag than these.
_PLAIN = re.compile(r"(?:<p>(?:[^<>&\x00-\x08\x0b-\x1f\x7f-\xa0]++|<br>)++</p>)++")
_LINE = re.compile(r"\n")
_MARKUP_CHARACTER = re.compile(r"[][*_~`<!&\\]")
_MAX_MARKUP_CHARACTERS = 10_000
# Levels as Markdown counts them; a list takes two.
_MAX_DEPTH = 20
_MAX_BRACKETS = 8
_ENTITIES = dict(zip(map(ord, PLACEHOLDERS), ("&amp;", "&lt;", "&gt;", "&quot;"), strict=True))


def clean_comment(text: str) -> str:
    """Convert a comment as typed: Markdown that may contain the tags of the comment allowlist."""
    return clean(normalize(render_markdown(tidy_text(text)), COMMENT), COMMENT)


def clean_comment_html(html: str) -> str:
    """Clean an imported comment: HTML whose newlines make paragraphs and breaks, as WordPress shows them."""
    return clean(normalize(html, COMMENT, newlines=True), COMMENT)


def clean_essay(html: str, *, newlines: bool = False) -> str:
    """Clean an essay's body; with `newlines`, bare newlines make paragraphs and breaks, as in WordPress."""
    return clean(normalize(html, ESSAY, newlines=newlines), ESSAY)


class _CommentMarkdown(MarkdownIt):
    """Markdown for comments: no pictures, tables, indented code or references; headings are bold paragraphs."""

    def __init__(self) -> None:
        super().__init__("zero", {"breaks": True, "html": True, "maxNesting": 2 * _MAX_DEPTH})
        self.enable(["blockquote", "fence", "heading", "hr", "list"])
        self.enable(["autolink", "backticks", "emphasis", "entity", "escape", "link", "newline", "strikethrough"])
        self.enable(["balance_pairs", "fragments_join"])
        self.block.ruler.before("blockquote", "too_deep", _end_nesting)
        self.inline.ruler.at("link", _read_link)
        self.inline.ruler.before("escape", "address", _read_address)
        self.inline.ruler.after("autolink", "typed_tag", _read_tag)
        self.add_render_rule("heading_open", lambda *_arguments: "<p><strong>")
        self.add_render_rule("heading_close", lambda *_arguments: "</strong></p>\n")
        self.add_render_rule("hr", lambda *_arguments: "<p>* * *</p>\n")

    def validateLink(self, url: str) -> bool:
        """Accept every address: blog.markup.links checks it later, for HTML as well."""
        return bool(url)

    def normalizeLink(self, url: str) -> str:
        """Keep the address: blog.markup.links normalizes it later, for HTML as well."""
        return url

    def normalizeLinkText(self, link: str) -> str:
        """Keep the address that is shown as typed."""
        return link


def _end_nesting(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Turn text below the deepest level into a paragraph; the parser's own limit would drop it."""
    return state.level >= _MAX_DEPTH and paragraph(state, start, end, silent)


def _read_link(state: StateInline, silent: bool) -> bool:
    """Read a link, unless brackets are nested so deep that looking for their ends would take long."""
    if state.level < _MAX_BRACKETS or state.src[state.pos] != "[":
        return link(state, silent)
    if silent:
        state.pos = state.posMax  # as the parser does at its own limit
    return silent


def _read_address(state: StateInline, silent: bool) -> bool:
    """Read a typed address, so that `*` and `_` in it are no emphasis; `normalize` makes the link."""
    if state.src[state.pos - 4 : state.pos].lower() not in ("http", "ttps"):
        return False
    match = links.AFTER_SCHEME.match(state.src, state.pos, state.posMax)
    if not match:
        return False
    address, _ = links.split_trailing(match[0])
    if not silent:
        state.append_pending(address)
    state.pos += len(address)
    return True


def _read_tag(state: StateInline, silent: bool) -> bool:
    """Read a typed tag of the comment allowlist; any other tag is shown as typed."""
    match = _TYPED_TAG.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    if not match:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = match[0]
    state.pos = match.end()
    return True


def render_markdown(text: str) -> str:
    """Convert Markdown to HTML up to a comment's limits; the rest becomes plain text, as its tags would not be kept."""
    limits = ((_LINE, COMMENT.elements), (_MARKUP_CHARACTER, _MAX_MARKUP_CHARACTERS))
    ends = [match.end() for pattern, limit in limits for match in islice(pattern.finditer(text), limit, limit + 1)]
    end = min(ends, default=len(text))
    return str(_local.markdown.render(text[:end])) + f"<p>{escapeHtml(text[end:])}</p>"


class _Local(threading.local):
    """The parts that are not thread-safe: a shared parser compiles its rules, and a shared Cleaner mixed up texts."""

    def __init__(self) -> None:
        self.markdown = _CommentMarkdown()
        self.cleaners = {id(rules): _build_cleaner(rules) for rules in (COMMENT, ESSAY)}


def _build_cleaner(rules: Allowlist) -> bleach.Cleaner:
    protocols = {"http", "https", "mailto"}
    attributes = partial(_is_allowed_attribute, rules)
    return bleach.Cleaner(tags=rules.tags, attributes=attributes, protocols=protocols, strip=True)


def _is_allowed_attribute(rules: Allowlist, tag: str, name: str, value: str) -> bool:
    if tag == "a" and name == "rel":
        return value == rules.rel
    return name in rules.attributes.get(tag, ()) or name in rules.attributes.get("*", ())


_local = _Local()


def clean(parts: Iterable[str], rules: Allowlist) -> str:
    """Clean the parts that `normalize` returns, each made of whole blocks.

    Bleach takes half the time of an import, and leaves paragraphs of mere text as they are; it does not see those.
    """
    cleaner = _local.cleaners[id(rules)]
    return "".join(part if _PLAIN.fullmatch(part) else cleaner.clean(part) for part in parts).translate(_ENTITIES)
