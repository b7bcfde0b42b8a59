"""Callouts in Markdown (`!!! note`, `> [!NOTE]`) as quotations that begin with their title in bold."""

import re

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_CALLOUT = re.compile(
    r"\[!(?P<kind>[A-Za-z][\w -]{0,40})(?:\|[^\]\n]{0,40})?\](?P<folded>[+-]?)[ \t]*(?P<title>[^\n]*)\n?"
)


def convert(state: StateCore) -> None:
    """Convert the callouts of MkDocs, which are read already, and of GitHub and Obsidian, which are quotations."""
    convert_admonitions(state.tokens)
    made: list[Token] = []
    tokens = iter(state.tokens)
    for token in tokens:
        made.append(token)
        if token.type != "inline" or [each.type for each in made[-3:-1]] != ["blockquote_open", "paragraph_open"]:
            continue
        if callout := _CALLOUT.match(token.content):
            token.content, rest = (
                title_of(callout["title"] or callout["kind"].capitalize()),
                token.content[callout.end() :],
            )
            if rest.strip():
                paragraph = Token("paragraph_open", "p", 1, block=True)
                text = Token("inline", "", 0, content=rest, children=[], level=token.level, map=token.map)
                made += [next(tokens), paragraph, text, Token("paragraph_close", "p", -1, block=True)]
    state.tokens = made


def convert_admonitions(tokens: list[Token]) -> None:
    """Make a quotation of each admonition, or details of one that can be collapsed."""
    title = ""  # the tag around the title that is open
    for token in tokens:
        is_collapsible = token.markup.startswith("?")
        if token.type in {"admonition_open", "admonition_close"}:
            token.tag, token.attrs = "details" if is_collapsible else "blockquote", {}
        elif token.type == "admonition_title_open":
            token.tag = title = "summary" if is_collapsible else "p"
            token.attrs = {}
        elif token.type == "admonition_title_close":
            token.tag, title = title, ""
        elif title == "p" and token.type == "inline":
            token.content = title_of(token.content)


def title_of(words: str) -> str:
    """Return a callout's title as Markdown."""
    return f"<strong>{words.strip()}</strong>"
