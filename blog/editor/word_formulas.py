"""Formulas that Word puts on the clipboard (OMML in a conditional comment, a picture beside it) → words."""

import re

from blog.editor.formulas import bracketed, one, whole
from blog.editor.tree import Node, rework

_CONDITION = re.compile(r"<!(?:--)?\[(?:if (?P<of>[^\]<>]{1,60})|endif)\](?:--)?>")
_KIND = "msEquation"


def shown(source: str) -> str:
    """The formulas themselves, without the pictures of them for programs that know none."""
    if _KIND not in source:
        return source
    kept: list[str] = []
    position = inside = 0
    is_open = False
    for mark in _CONDITION.finditer(source):
        if inside:
            inside += 1 if mark["of"] else -1
            position = position if inside else mark.end()
        elif _KIND in (mark["of"] or "") or (is_open and not mark["of"]):
            kept.append(source[position : mark.start()])
            position = mark.end()
            is_open = bool(mark["of"])
            inside = int(is_open and "!" in mark["of"])
            is_open = is_open and not inside
    return "".join([*kept, source[position:]])


def to_words(root: Node, changed: list[tuple[str, str]], lost: list[tuple[str, str]]) -> None:
    def said(node: Node) -> list[Node | str] | None:
        if not node.name.startswith("m:"):
            return None
        parts = node.children
        match node.name:
            case "m:omath":
                return whole(node, changed, lost)
            case "m:m":  # it has rows and columns
                return None
            case "m:sup" | "m:sub":
                return [Node(node.name.removeprefix("m:"), {}, *parts)] if node.has_words() else []
            case "m:deg":
                return [Node("sup", {"class": "degree"}, *parts)] if node.has_words() else []
            case "m:num":
                return one(*bracketed(Node("span", {}, *parts)))
            case "m:den":
                return one("/", *bracketed(Node("span", {}, *parts)))
            case "m:rad":
                degrees = [each for each in node.walk() if each.classes == ["degree"]]
                for degree in degrees:
                    degree.drop()
                return one(*degrees, "√", *bracketed(Node("span", {}, *node.children)))
            case "m:d":
                return one("(", *parts, ")")
            case "m:nary":
                sign = next((each.attributes.get("val", "") for each in node.walk() if each.name == "sign"), "∫")
                return one(sign, *parts)
            case "m:chr":
                return [Node("sign", {"val": node.attributes.get("m:val", "")})]
        return parts

    rework(root, said)
