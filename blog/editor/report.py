"""Sentences for the author about what a conversion changed or lost."""

from collections.abc import Iterable

from django.utils.translation import ngettext

MAX_EXAMPLE = 80
MAX_EXAMPLES = 3


def describe(findings: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each kind, with its count and the first examples."""
    examples: dict[str, list[str]] = {}
    for kind, example in findings:
        examples.setdefault(kind, []).append(" ".join(example.split())[:MAX_EXAMPLE])
    return [_line(kind, shown) for kind, shown in examples.items()]


def _line(kind: str, examples: list[str]) -> str:
    names = [name for name in dict.fromkeys(examples) if name]
    shown = ", ".join(names[:MAX_EXAMPLES]) + ("…" if len(names) > MAX_EXAMPLES else "")
    return _pluralize(kind, len(examples)) + (f": {shown}" if shown else "")


def _pluralize(kind: str, number: int) -> str:
    match kind:
        case "review comment(s)":
            text = ngettext("%d review comment", "%d review comments", number)
        case "footnote mark(s) without a footnote":
            text = ngettext("%d footnote mark without a footnote", "%d footnote marks without a footnote", number)
        case "link(s) to local files":
            text = ngettext("%d link to a local file", "%d links to local files", number)
        case "picture(s) that could not be imported":
            text = ngettext(
                "%d picture that couldn’t be pasted. Save it on your computer and add it with “Picture”",
                "%d pictures that couldn’t be pasted. Save them on your computer and add them with “Picture”",
                number,
            )
        case "form(s)":
            text = ngettext("%d form", "%d forms", number)
        case "drawing(s)":
            text = ngettext("%d drawing", "%d drawings", number)
        case "formula(s)":
            text = ngettext("%d formula", "%d formulas", number)
        case "line(s) of a table of contents":
            text = ngettext("%d line of a table of contents", "%d lines of a table of contents", number)
        case "empty footnote(s)":
            text = ngettext("%d empty footnote", "%d empty footnotes", number)
        case "tracked change(s) (was|were) accepted":
            text = ngettext("%d tracked change was accepted", "%d tracked changes were accepted", number)
        case "formula(s) (was|were) converted to text":
            text = ngettext("%d formula was converted to text", "%d formulas were converted to text", number)
        case "passage(s) in small capitals (was|were) changed to plain text":
            text = ngettext(
                "%d passage in small capitals was changed to plain text",
                "%d passages in small capitals were changed to plain text",
                number,
            )
        case "underline(s) (was|were) removed":
            text = ngettext("%d underline was removed", "%d underlines were removed", number)
        case "embedded player(s) (was|were) replaced by (a link|links)":
            text = ngettext(
                "%d embedded player was replaced by a link", "%d embedded players were replaced by links", number
            )
        case _:
            text = "%d × " + kind.replace("%", "%%")
    return text % number
