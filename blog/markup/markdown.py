"""Conversion of the Markdown of comments to HTML, which still has to be cleaned."""

import re
import threading
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, paragraph
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from blog.markup import links
from blog.markup.rules import COMMENT

_VALUE = r"""(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'=<>`]++)"""
_TYPED_TAG = re.compile(
    rf"</?(?:{'|'.join(COMMENT.tags)})(?:\s++[a-zA-Z_:][\w:.-]*+(?:\s*+=\s*+{_VALUE})?+)*+\s*+/?>", re.IGNORECASE
)
_LINE = re.compile(r"\n")
_MARKUP_CHARACTER = re.compile(r"[][*_~`<!&\\]")
_MAX_MARKUP_CHARACTERS = 10_000
# Levels as Markdown counts them; a list takes two.
_MAX_DEPTH = 20


class _CommentMarkdown(MarkdownIt):
    """Markdown for comments: no pictures, tables, indented code or references; headings are bold paragraphs."""

    def __init__(self) -> None:
        super().__init__("zero", {"breaks": True, "html": True, "maxNesting": 2 * _MAX_DEPTH})
        self.enable(["blockquote", "fence", "heading", "hr", "list"])
        self.enable(["autolink", "backticks", "emphasis", "entity", "escape", "link", "newline", "strikethrough"])
        self.enable(["balance_pairs", "fragments_join"])
        self.block.ruler.before("blockquote", "too_deep", _too_deep)
        self.inline.ruler.before("escape", "address", _address)
        self.inline.ruler.after("autolink", "typed_tag", _typed_tag)
        self.add_render_rule("heading_open", _heading_open)
        self.add_render_rule("heading_close", _heading_close)
        self.add_render_rule("hr", _rule)

    # blog.markup.links checks and normalizes addresses later, for HTML as well.

    def validateLink(self, url: str) -> bool:
        return bool(url)

    def normalizeLink(self, url: str) -> str:
        return url

    def normalizeLinkText(self, link: str) -> str:
        return link


class _Parsers(threading.local):
    """One parser per thread, because a parser compiles its rules while it works."""

    def __init__(self) -> None:
        self.parser = _CommentMarkdown()


def _too_deep(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Turn text below the deepest level into a paragraph; the parser's own limit would drop it."""
    return state.level >= _MAX_DEPTH and paragraph(state, start, end, silent)


def _address(state: StateInline, silent: bool) -> bool:
    """Keep `*` and `_` in an address from being emphasis; `normalize` makes the link."""
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


def _typed_tag(state: StateInline, silent: bool) -> bool:
    """Keep a tag of the comment allowlist; any other tag is shown as typed."""
    match = _TYPED_TAG.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    if not match:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = match[0]
    state.pos = match.end()
    return True


def _heading_open(renderer: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return "<p><strong>"


def _heading_close(renderer: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return "</strong></p>\n"


def _rule(renderer: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    return "<p>* * *</p>\n"


_parsers = _Parsers()


def render(text: str) -> str:
    """Convert Markdown up to the limits; the rest becomes plain text, since none of its tags would be kept."""
    end = _end_of_markup(text)
    return str(_parsers.parser.render(text[:end])) + f"<p>{escapeHtml(text[end:])}</p>"


def _end_of_markup(text: str) -> int:
    limits = ((_LINE, COMMENT.elements), (_MARKUP_CHARACTER, _MAX_MARKUP_CHARACTERS))
    ends = [match.end() for pattern, limit in limits for match in islice(pattern.finditer(text), limit, limit + 1)]
    return min([len(text), *ends])
