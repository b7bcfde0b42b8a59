"""What could not come along, in words for whoever pasted it."""

from collections.abc import Iterable

from django.utils.translation import ngettext

LONGEST = 80
MOST = 3


def told(things: Iterable[tuple[str, str]]) -> list[str]:
    """A line for each kind, with how often and the first few of which."""
    found: dict[str, list[str]] = {}
    for what, which in things:
        found.setdefault(what, []).append(" ".join(which.split())[:LONGEST])
    return [_line(what, each) for what, each in found.items()]


def _line(what: str, which: list[str]) -> str:
    named = [name for name in dict.fromkeys(which) if name]
    examples = ", ".join(named[:MOST]) + ("…" if len(named) > MOST else "")
    return _counted(what, len(which)) + (f": {examples}" if examples else "")


def _counted(what: str, number: int) -> str:
    match what:
        case "review comment(s)":
            words = ngettext("%d review comment", "%d review comments", number)
        case "footnote mark(s) without a footnote":
            words = ngettext("%d footnote mark without a footnote", "%d footnote marks without a footnote", number)
        case "link(s) to local files":
            words = ngettext("%d link to a local file", "%d links to local files", number)
        case "picture(s) that could not be imported":
            words = ngettext(
                "%d picture that couldn’t be pasted. Save it on your computer and add it with “Picture”",
                "%d pictures that couldn’t be pasted. Save them on your computer and add them with “Picture”",
                number,
            )
        case "form(s)":
            words = ngettext("%d form", "%d forms", number)
        case "drawing(s)":
            words = ngettext("%d drawing", "%d drawings", number)
        case "formula(s)":
            words = ngettext("%d formula", "%d formulas", number)
        case "line(s) of a table of contents":
            words = ngettext("%d line of a table of contents", "%d lines of a table of contents", number)
        case "empty footnote(s)":
            words = ngettext("%d empty footnote", "%d empty footnotes", number)
        case "tracked change(s) (was|were) accepted":
            words = ngettext("%d tracked change was accepted", "%d tracked changes were accepted", number)
        case "formula(s) (was|were) converted to text":
            words = ngettext("%d formula was converted to text", "%d formulas were converted to text", number)
        case "passage(s) in small capitals (was|were) changed to plain text":
            words = ngettext(
                "%d passage in small capitals was changed to plain text",
                "%d passages in small capitals were changed to plain text",
                number,
            )
        case "underline(s) (was|were) removed":
            words = ngettext("%d underline was removed", "%d underlines were removed", number)
        case "embedded player(s) (was|were) replaced by (a link|links)":
            words = ngettext(
                "%d embedded player was replaced by a link", "%d embedded players were replaced by links", number
            )
        case _:
            words = "%d × " + what.replace("%", "%%")
    return words % number
