"""Conversion of a .docx file's formulas (OMML) to text: superscripts are kept, fractions are written with a slash."""

from xml.etree.ElementTree import Element, SubElement

from blog.editor import Findings
from transfer.document.numbering import W

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_PARTS = {"sup": "superscript", "sub": "subscript"}
_SPACED = "{http://www.w3.org/XML/1998/namespace}space"


def replace_formulas(paragraph: Element, lost: Findings, changed: Findings) -> None:
    """Replace formulas by runs of text; a matrix can't be written in a line, so it is dropped and reported."""
    if paragraph.find(f".//{M}oMath") is None:
        return
    for parent in list(paragraph.iter()):
        unwrap_displayed_formulas(parent)
        for child in list(parent):
            if child.tag != f"{M}oMath":
                continue
            formula_text = "".join(text.text or "" for text in child.iter(f"{M}t"))
            index = list(parent).index(child)
            parent.remove(child)
            if not formula_text.strip() or child.find(f".//{M}m") is not None:
                lost.append(("formula(s)", formula_text[:60]))
                continue
            changed.append(("formula(s) (was|were) converted to text", formula_text[:60]))
            for offset, run in enumerate(text_runs(child)):
                parent.insert(index + offset, run)


def unwrap_displayed_formulas(parent: Element) -> None:
    """Replace the paragraphs of displayed formulas by the formulas."""
    for child in [each for each in parent if each.tag == f"{M}oMathPara"]:
        index = list(parent).index(child)
        parent.remove(child)
        for offset, inner in enumerate(list(child)):
            parent.insert(index + offset, inner)


def text_runs(formula: Element) -> list[Element]:
    """Return a formula's text as runs, each raised or lowered like the element that contains it."""
    result: list[Element] = []
    pending: list[tuple[Element | str, str]] = [(formula, "")]
    while pending:
        piece, position = pending.pop()
        if isinstance(piece, str):
            result.append(text_run(piece, position))
        elif piece.tag == f"{M}t":
            result.append(text_run(piece.text or "", position))
        else:
            name = piece.tag.removeprefix(M)
            position = _PARTS.get(name, position)
            inner: list[tuple[Element | str, str]] = [(each, position) for each in piece]
            pending += reversed(add_operators(name, piece, inner, position))
    return result


def add_operators(
    name: str, piece: Element, inner: list[tuple[Element | str, str]], position: str
) -> list[tuple[Element | str, str]]:
    """Add the signs and parentheses that a part of a formula needs in a line to the pieces inside it."""
    formula_text = "".join(text.text or "" for text in piece.iter(f"{M}t"))
    is_long = len(formula_text) > 1 and not formula_text.isalnum()
    match name:
        case "den":
            return [("/(" if is_long else "/", position), *inner, (")" if is_long else "", position)]
        case "num" if is_long:
            return [("(", position), *inner, (")", position)]
        case "rad":
            return [("√(", position), *inner, (")", position)]
        case "d":
            return [("(", position), *inner, (")", position)]
        case "nary":
            sign = piece.find(f"{M}naryPr/{M}chr")
            return [(sign.get(f"{M}val", "∫") if sign is not None else "∫", position), *inner]
    return inner


def text_run(content: str, position: str) -> Element:
    """Return a run with this text, raised or lowered if `position` is superscript or subscript."""
    element = Element(f"{W}r")
    if position:
        SubElement(SubElement(element, f"{W}rPr"), f"{W}vertAlign", {f"{W}val": position})
    text = SubElement(element, f"{W}t", {_SPACED: "preserve"})
    text.text = content
    return element
