"""Formulas of a .docx (OMML) → runs of words: what is raised stays raised, what is under a line follows a stroke."""

from xml.etree.ElementTree import Element, SubElement

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_PARTS = {"sup": "superscript", "sub": "subscript"}
_SPACED = "{http://www.w3.org/XML/1998/namespace}space"

Said = list[tuple[str, str]]


def in_runs(paragraph: Element, lost: Said, changed: Said) -> None:
    """A matrix cannot be said in a line and stays behind."""
    if paragraph.find(f".//{M}oMath") is None:
        return
    for parent in list(paragraph.iter()):
        unwrap(parent)
        for child in list(parent):
            if child.tag != f"{M}oMath":
                continue
            words = "".join(text.text or "" for text in child.iter(f"{M}t"))
            place = list(parent).index(child)
            parent.remove(child)
            if not words.strip() or child.find(f".//{M}m") is not None:
                lost.append(("formula(s)", words[:60]))
                continue
            changed.append(("formula(s) (was|were) converted to text", words[:60]))
            for offset, run in enumerate(runs(child)):
                parent.insert(place + offset, run)


def unwrap(parent: Element) -> None:
    for child in [each for each in parent if each.tag == f"{M}oMathPara"]:
        place = list(parent).index(child)
        parent.remove(child)
        for offset, inner in enumerate(list(child)):
            parent.insert(place + offset, inner)


def runs(formula: Element) -> list[Element]:
    """One after another; each piece knows whether something above raises or lowers it."""
    made: list[Element] = []
    waiting: list[tuple[Element | str, str]] = [(formula, "")]
    while waiting:
        piece, place = waiting.pop()
        if isinstance(piece, str):
            made.append(run(piece, place))
        elif piece.tag == f"{M}t":
            made.append(run(piece.text or "", place))
        else:
            name = piece.tag.removeprefix(M)
            place = _PARTS.get(name, place)
            inner: list[tuple[Element | str, str]] = [(each, place) for each in piece]
            waiting += reversed(around(name, piece, inner, place))
    return made


def around(
    name: str, piece: Element, inner: list[tuple[Element | str, str]], place: str
) -> list[tuple[Element | str, str]]:
    words = "".join(text.text or "" for text in piece.iter(f"{M}t"))
    is_long = len(words) > 1 and not words.isalnum()
    match name:
        case "den":
            return [("/(" if is_long else "/", place), *inner, (")" if is_long else "", place)]
        case "num" if is_long:
            return [("(", place), *inner, (")", place)]
        case "rad":
            return [("√(", place), *inner, (")", place)]
        case "d":
            return [("(", place), *inner, (")", place)]
        case "nary":
            sign = piece.find(f"{M}naryPr/{M}chr")
            return [(sign.get(f"{M}val", "∫") if sign is not None else "∫", place), *inner]
    return inner


def run(words: str, place: str) -> Element:
    made = Element(f"{W}r")
    if place:
        SubElement(SubElement(made, f"{W}rPr"), f"{W}vertAlign", {f"{W}val": place})
    text = SubElement(made, f"{W}t", {_SPACED: "preserve"})
    text.text = words
    return made
