"""Conversion of MathML formulas to text: superscripts are kept, fractions are written with a slash."""

from blog.editor.tree import Findings, Node, replace_nodes

_PARTS = frozenset({
    "math", "msup", "msub", "mover", "munder", "mfrac", "mroot", "msubsup", "msqrt", "mrow", "semantics", "mstyle",
    "mtext", "mi", "mn", "mo",
})  # fmt: skip
_HIDDEN = frozenset({"annotation", "annotation-xml", "mphantom"})
_RELATIONS = "=<>≤≥≠≈≡∈→⇒×+"
_TABLES = frozenset({"mtable", "mmultiscripts", "m:m"})


def to_text(root: Node, changed: Findings, lost: Findings) -> None:
    """Replace each formula by text; one with rows and columns (a matrix) is dropped and reported."""

    def replacement(node: Node) -> list[Node | str] | None:
        if node.name in _HIDDEN:
            return []
        if node.name not in _PARTS:
            return None
        parts = [child for child in node.children if isinstance(child, Node) or child.strip()]
        match node.name:
            case "math":
                return finish_formula(node, changed, lost)
            case "msup" | "msub" | "mover" | "munder" if len(parts) == 2:
                return group(parts[0], Node("sup" if node.name in {"msup", "mover"} else "sub", {}, parts[1]))
            case "msubsup" if len(parts) == 3:
                return group(parts[0], Node("sub", {}, parts[1]), Node("sup", {}, parts[2]))
            case "mfrac" if len(parts) == 2:
                return group(*parenthesize(parts[0]), "/", *parenthesize(parts[1]))
            case "msqrt":
                return group("√", *parenthesize(Node("span", {}, *parts)))
            case "mrow" | "semantics" | "mstyle":
                return group(*parts)
        text = " ".join(node.text.split())
        return group(f" {text} " if text and text in _RELATIONS else text)

    replace_nodes(root, replacement)


def group(*parts: Node | str) -> list[Node | str]:
    """Wrap parts of a formula in a span, so that the enclosing element still counts them as one part."""
    return [Node("span", {}, *parts)]


def parenthesize(part: Node | str) -> list[Node | str]:
    """Put parentheses around a part of a formula, unless it is a single character, a word or a number."""
    text = part if isinstance(part, str) else part.text
    return [part] if len(text.strip()) < 2 or text.strip().isalnum() else ["(", part, ")"]


def finish_formula(node: Node, changed: Findings, lost: Findings) -> list[Node | str]:
    """Return what replaces a formula whose parts are converted, and record it as changed or lost."""
    text = " ".join(node.text.split())
    if not text or node.contains(_TABLES):
        lost.append(("formula(s)", text[:60]))
        return []
    changed.append(("formula(s) (was|were) converted to text", text[:60]))
    return [*node.children]
