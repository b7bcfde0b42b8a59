"""Conversion of Word's clipboard formulas (OMML in a conditional comment, with a picture as fallback) to text."""

import re

from blog.editor.formulas import finish_formula, group, parenthesize
from blog.editor.tree import Findings, Node, replace_nodes

_CONDITION = re.compile(r"<!(?:--)?\[(?:if (?P<condition>[^\]<>]{1,60})|endif)\](?:--)?>")
_EQUATION = "msEquation"


def without_fallback_pictures(source: str) -> str:
    """Return HTML from Word with its formulas, but without the pictures that Word adds as a fallback for them."""
    if _EQUATION not in source:
        return source
    parts: list[str] = []
    position = inside = 0
    is_open = False
    for mark in _CONDITION.finditer(source):
        if inside:
            inside += 1 if mark["condition"] else -1
            position = position if inside else mark.end()
        elif _EQUATION in (mark["condition"] or "") or (is_open and not mark["condition"]):
            parts.append(source[position : mark.start()])
            position = mark.end()
            is_open = bool(mark["condition"])
            inside = int(is_open and "!" in mark["condition"])
            is_open = is_open and not inside
    return "".join([*parts, source[position:]])


def to_text(root: Node, changed: Findings, lost: Findings) -> None:
    """Replace each formula by text; one with rows and columns (a matrix) is dropped and reported."""

    def replacement(node: Node) -> list[Node | str] | None:
        if not node.name.startswith("m:"):
            return None
        parts = node.children
        match node.name:
            case "m:omath":
                return finish_formula(node, changed, lost)
            case "m:m":  # it has rows and columns
                return None
            case "m:sup" | "m:sub":
                return [Node(node.name.removeprefix("m:"), {}, *parts)] if node.has_text() else []
            case "m:deg":
                return [Node("sup", {"class": "degree"}, *parts)] if node.has_text() else []
            case "m:num":
                return group(*parenthesize(Node("span", {}, *parts)))
            case "m:den":
                return group("/", *parenthesize(Node("span", {}, *parts)))
            case "m:rad":
                degrees = [each for each in node.walk() if each.classes == ["degree"]]
                for degree in degrees:
                    degree.remove()
                return group(*degrees, "√", *parenthesize(Node("span", {}, *node.children)))
            case "m:d":
                return group("(", *parts, ")")
            case "m:nary":
                sign = next((each.attributes.get("val", "") for each in node.walk() if each.name == "sign"), "∫")
                return group(sign, *parts)
            case "m:chr":
                return [Node("sign", {"val": node.attributes.get("m:val", "")})]
        return parts

    replace_nodes(root, replacement)
