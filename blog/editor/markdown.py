"""Markdown with HTML, tables, strikethrough, footnotes and captions, as HTML."""

import re
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from blog.editor import callouts
from blog.editor.unlinked_notes import UNUSED_NOTE

MAX_NESTING = 40
MAX_MARKUP_CHARACTERS = 20_000  # ten times those of 20,000 words with a hundred notes
_FORMULA = re.compile(r"\$\$(?:[^$\\]|\\.){1,2000}+\$\$|\\\((?:[^\\]|\\(?![()]).){1,2000}+\\\)", re.DOTALL)
_CHECKBOX = re.compile(r"\[[ xX]\] ")
_MARKUP_CHARACTER = re.compile(r"[][*_~`<!&\\>|]")


def has_too_much_markup(source: str) -> bool:
    """Return whether a Markdown text could take too long to convert."""
    return len(_MARKUP_CHARACTER.findall(source)) > MAX_MARKUP_CHARACTERS


def build_parser(*, has_formulas: bool = False, has_extensions: bool = False) -> MarkdownIt:
    """Return a parser of Markdown with HTML, tables, strikethrough, footnotes and captions.

    If `has_formulas`, TeX stays as it is. Markdown that we exported has its signs escaped instead. With
    `has_extensions`, it reads definition lists and callouts too, as other programs write them.
    """
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    parser.core.ruler.before("inline", "checkboxes", add_checkboxes)
    parser.core.ruler.push("captions", add_captions)
    if has_extensions:
        parser.use(deflist_plugin).use(admon_plugin)
        parser.use(container_plugin, "callout", validate=lambda info, _marker: bool(info.strip()))
        parser.core.ruler.before("inline", "callouts", callouts.convert)
    if has_formulas:
        parser.inline.ruler.before("escape", "formula", read_formula)
    parser.use(footnote_plugin)
    parser.core.ruler.before("footnote_tail", "unused_notes", keep_unused_notes)
    return parser


def read_formula(state: StateInline, silent: bool) -> bool:
    """Read TeX between its delimiters as text, whose signs mean nothing in Markdown."""
    found = _FORMULA.match(state.src, state.pos, state.posMax) if state.src[state.pos] in "$\\" else None
    if found is None:
        return False
    if not silent:
        state.append_pending(found[0])
    state.pos = found.end()
    return True


def add_checkboxes(state: StateCore) -> None:
    """Make a checkbox, as HTML has it, of `[ ]` or `[x]` at the start of a list item."""
    for item, _paragraph, token in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and token.type == "inline" and (found := _CHECKBOX.match(token.content)):
            box = "<input type=checkbox>" if found[0][1] == " " else "<input type=checkbox checked>"
            token.content = box + token.content[found.end() :]


def keep_unused_notes(state: StateCore) -> None:
    """Keep each footnote to which no mark leads, or whose name another one has, as a block in its place."""
    used = {name for name, number in state.env.get("footnotes", {}).get("refs", {}).items() if number >= 0}
    is_kept = False
    for token in state.tokens:
        if token.type == "footnote_reference_open":
            name = f":{token.meta['label']}"
            is_kept = name not in used
            used.discard(name)
        if is_kept and token.type in {"footnote_reference_open", "footnote_reference_close"}:
            is_end = token.type.endswith("close")
            token.type, token.content = "html_block", "</div>" if is_end else f'<div class="{UNUSED_NOTE}">'


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
