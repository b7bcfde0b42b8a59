"""Callouts in Markdown (`!!! note`, `> [!NOTE]`, `::: note`) as quotations that begin with their title in bold."""

import re
from collections.abc import Iterator

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_CALLOUT = re.compile(
    r"\[!(?P<kind>[A-Za-z][\w -]{0,40})(?:\|[^\]\n]{0,40})?\](?P<folded>[+-]?)[ \t]*(?P<title>[^\n]*)\n?"
)
_KINDS = "abstract|attention|caution|danger|error|example|important|info|note|question|success|summary|tip|warning"
_CONTAINER = re.compile(
    rf"\s*\{{?\.?(?:callout-)?(?P<kind>{_KINDS})\b\}}?(?:\[(?P<bracketed>[^\]]*)\])?(?P<title>[^{{}}]*)", re.IGNORECASE
)


def convert(state: StateCore) -> None:
    """Convert the callouts of MkDocs and of Pandoc and others, which are read already, and those in quotations."""
    convert_admonitions(state.tokens)
    made: list[Token] = []
    tokens = iter([*convert_containers(state.tokens)])
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


def convert_containers(tokens: list[Token]) -> Iterator[Token]:
    """Make quotations of the containers of Pandoc and others that are callouts, and leave their content of the rest."""
    are_callouts: list[bool] = []
    for token in tokens:
        if token.type == "container_callout_open":
            callout = _CONTAINER.match(token.info)
            are_callouts.append(callout is not None)
            if callout:
                title = callout["bracketed"] or callout["title"].strip() or callout["kind"].capitalize()
                yield Token("blockquote_open", "blockquote", 1, block=True)
                yield Token("paragraph_open", "p", 1, block=True)
                yield Token("inline", "", 0, content=title_of(title), children=[])
                yield Token("paragraph_close", "p", -1, block=True)
        elif token.type == "container_callout_close":
            if are_callouts.pop():
                yield Token("blockquote_close", "blockquote", -1, block=True)
        else:
            yield token


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
