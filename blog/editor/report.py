"""Sentences for the author about what a conversion changed or lost."""

from typing import Any

from django.utils.translation import ngettext_lazy

from blog.editor.tree import Findings

MAX_EXAMPLE = 80
MAX_EXAMPLES = 3
MESSAGES: dict[str, Any] = {
    "review comment(s)": ngettext_lazy("%d review comment", "%d review comments"),
    "footnote mark(s) without a footnote": ngettext_lazy(
        "%d footnote reference without a footnote", "%d footnote references without a footnote"
    ),
    "link(s) to (a place|places) in the text": ngettext_lazy(
        "%d link to a place in the text", "%d links to places in the text"
    ),
    "link(s) to local files": ngettext_lazy("%d link to a local file", "%d links to local files"),
    "link(s) without https://, http:// or mailto:": ngettext_lazy(
        "%d link that doesn’t begin with https://, http:// or mailto:",
        "%d links that don’t begin with https://, http:// or mailto:",
    ),
    "picture(s) that could not be imported": ngettext_lazy(
        "%d picture that couldn’t be pasted. Save it on your computer and add it with “Picture”",
        "%d pictures that couldn’t be pasted. Save them on your computer and add them with “Picture”",
    ),
    "form(s)": ngettext_lazy("%d form", "%d forms"),
    "drawing(s)": ngettext_lazy("%d drawing", "%d drawings"),
    "formula(s)": ngettext_lazy("%d formula", "%d formulas"),
    "line(s) of a table of contents": ngettext_lazy(
        "%d line of a table of contents", "%d lines of a table of contents"
    ),
    "empty footnote(s)": ngettext_lazy("%d empty footnote", "%d empty footnotes"),
    "embedded player(s)": ngettext_lazy("%d embedded player", "%d embedded players"),
    "footnote(s) without a reference (was|were) left in the text": ngettext_lazy(
        "%d footnote without a reference was left in the text", "%d footnotes without a reference were left in the text"
    ),
    "tracked change(s) (was|were) accepted": ngettext_lazy(
        "%d tracked change was accepted", "%d tracked changes were accepted"
    ),
    "formula(s) (was|were) converted to text": ngettext_lazy(
        "%d formula was converted to text", "%d formulas were converted to text"
    ),
    "passage(s) in small capitals (was|were) changed to plain text": ngettext_lazy(
        "%d passage in small caps was changed to plain text", "%d passages in small caps were changed to plain text"
    ),
    "underline(s) (was|were) removed": ngettext_lazy("%d underline was removed", "%d underlines were removed"),
    "embedded player(s) (was|were) replaced by (a link|links)": ngettext_lazy(
        "%d embedded player was replaced by a link", "%d embedded players were replaced by links"
    ),
}


def describe(findings: Findings) -> list[str]:
    """Return a line for each kind of finding, with its count and the first examples."""
    examples: dict[str, list[str]] = {}
    for kind, example in findings:
        examples.setdefault(kind, []).append(" ".join(example.split())[:MAX_EXAMPLE])
    return [describe_kind(kind, found) for kind, found in examples.items()]


def describe_kind(kind: str, examples: list[str]) -> str:
    """Return a line such as “2 formulas: x = y, y = z”."""
    names = [name for name in dict.fromkeys(examples) if name]
    shown = ", ".join(names[:MAX_EXAMPLES]) + ("…" if len(names) > MAX_EXAMPLES else "")
    count = MESSAGES[kind] % len(examples) if kind in MESSAGES else f"{len(examples)} × {kind}"
    return f"{count}: {shown}" if shown else str(count)
