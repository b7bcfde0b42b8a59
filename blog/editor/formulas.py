"""Formulas of web pages (MathML) → words: what is raised stays raised, what is under a line follows a stroke."""

from blog.editor.tree import Node, rework

_TWO = frozenset({"msup", "msub", "mover", "munder", "mfrac", "mroot"})
_SPOKEN = frozenset({"annotation", "annotation-xml", "mphantom"})
_RELATIONS = "=<>≤≥≠≈≡∈→⇒×+"
_TABLES = frozenset({"mtable", "mmultiscripts", "m:m"})


def to_words(root: Node, changed: list[tuple[str, str]], lost: list[tuple[str, str]]) -> None:
    """What has rows and columns cannot be said in a line and stays behind."""

    def said(node: Node) -> list[Node | str] | None:
        if node.name in _SPOKEN:
            return []
        if node.name not in {
            "math",
            *_TWO,
            "msubsup",
            "msqrt",
            "mrow",
            "semantics",
            "mstyle",
            "mtext",
            "mi",
            "mn",
            "mo",
        }:
            return None
        parts = [child for child in node.children if isinstance(child, Node) or child.strip()]
        match node.name:
            case "math":
                return whole(node, changed, lost)
            case "msup" | "msub" | "mover" | "munder" if len(parts) == 2:
                return one(parts[0], Node("sup" if node.name in {"msup", "mover"} else "sub", {}, parts[1]))
            case "msubsup" if len(parts) == 3:
                return one(parts[0], Node("sub", {}, parts[1]), Node("sup", {}, parts[2]))
            case "mfrac" if len(parts) == 2:
                return one(*bracketed(parts[0]), "/", *bracketed(parts[1]))
            case "msqrt":
                return one("√", *bracketed(Node("span", {}, *parts)))
            case "mrow" | "semantics" | "mstyle":
                return one(*parts)
        words = " ".join(node.words.split())
        return one(f" {words} " if words and words in _RELATIONS else words)

    rework(root, said)


def one(*parts: Node | str) -> list[Node | str]:
    """What holds them together until the parts of what is round it have been counted."""
    return [Node("span", {}, *parts)]


def bracketed(part: Node | str) -> list[Node | str]:
    words = part if isinstance(part, str) else part.words
    return [part] if len(words.strip()) < 2 or words.strip().isalnum() else ["(", part, ")"]


def whole(node: Node, changed: list[tuple[str, str]], lost: list[tuple[str, str]]) -> list[Node | str]:
    words = " ".join(node.words.split())
    if not words or any(each.name in _TABLES for each in node.walk()):
        lost.append(("formula(s)", words[:60]))
        return []
    changed.append(("formula(s) (was|were) converted to text", words[:60]))
    return [*node.children]
