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
        case "remark(s) of reviewers":
            words = ngettext("%d remark of reviewers", "%d remarks of reviewers", number)
        case "mark(s) of notes that are not there":
            words = ngettext("%d mark of a note that is not there", "%d marks of notes that are not there", number)
        case "link(s) to a place beside the document":
            words = ngettext("%d link to a place beside the document", "%d links to places beside the document", number)
        case "picture(s) that could not come along":
            words = ngettext(
                "%d picture that could not be copied. Save it on your computer and add it with “Picture”",
                "%d pictures that could not be copied. Save them on your computer and add them with “Picture”",
                number,
            )
        case "form(s)":
            words = ngettext("%d form", "%d forms", number)
        case "drawing(s)":
            words = ngettext("%d drawing", "%d drawings", number)
        case "formula(s)":
            words = ngettext("%d formula", "%d formulas", number)
        case "line(s) of a list of contents":
            words = ngettext("%d line of a list of contents", "%d lines of a list of contents", number)
        case "note(s) without words":
            words = ngettext("%d note without words", "%d notes without words", number)
        case "tracked change(s) (is|are) taken as accepted":
            words = ngettext(
                "%d tracked change is taken as accepted", "%d tracked changes are taken as accepted", number
            )
        case "formula(s) became words":
            words = ngettext("%d formula became words", "%d formulas became words", number)
        case "passage(s) in small capitals (is|are) in ordinary letters":
            words = ngettext(
                "%d passage in small capitals is in ordinary letters",
                "%d passages in small capitals are in ordinary letters",
                number,
            )
        case "underlined passage(s) (is|are) without the line":
            words = ngettext(
                "%d underlined passage is without the line", "%d underlined passages are without the line", number
            )
        case "player(s) became (a link|links)":
            words = ngettext("%d player became a link", "%d players became links", number)
        case _:
            words = "%d × " + what.replace("%", "%%")
    return words % number
