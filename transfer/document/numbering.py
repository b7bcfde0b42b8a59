"""How the lists of a .docx count: by which signs, from where, and what each item's number is."""

from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
KINDS = {
    "decimal": "1",
    "decimalZero": "1",
    "lowerLetter": "a",
    "upperLetter": "A",
    "lowerRoman": "i",
    "upperRoman": "I",
}
MOST = 999_999


def number(element: Element | None, otherwise: int) -> int:
    value = element.get(f"{W}val", "") if element is not None else ""
    return min(int(value), MOST) if value.isascii() and value.isdigit() else otherwise


class Numbering:
    def __init__(self, root: Element | None) -> None:
        self.levels: dict[str, dict[int, tuple[str, int]]] = {}
        self.lists: dict[str, str] = {}
        self.restarts: dict[str, dict[int, int]] = {}
        self.counts: dict[str, dict[int, int]] = {}
        if root is not None:
            self.read(root)

    def read(self, root: Element) -> None:
        for abstract in root.iter(f"{W}abstractNum"):
            self.levels[abstract.get(f"{W}abstractNumId", "")] = {
                at(level): (kind_of(level), number(level.find(f"{W}start"), 1)) for level in abstract.iter(f"{W}lvl")
            }
        for list_ in root.iter(f"{W}num"):
            key, of = list_.get(f"{W}numId", ""), list_.find(f"{W}abstractNumId")
            self.lists[key] = of.get(f"{W}val", "") if of is not None else ""
            self.restarts[key] = {
                at(over): number(over.find(f"{W}startOverride"), 1)
                for over in list_.iter(f"{W}lvlOverride")
                if over.find(f"{W}startOverride") is not None
            }

    def count(self, item: Element | None) -> tuple[int, str] | None:
        """The number of the next item and how it is written; nothing for bullets."""
        said = item.find(f"{W}numId") if item is not None else None
        if item is None or said is None:
            return None
        key, level = said.get(f"{W}val", ""), number(item.find(f"{W}ilvl"), 0)
        abstract = self.lists.get(key, "")
        kind, start = self.levels.get(abstract, {}).get(level, ("", 1))
        counts = self.counts.setdefault(abstract, {})
        if (again := self.restarts.get(key, {}).pop(level, None)) is not None:
            counts[level] = again - 1
        counts[level] = min(counts.get(level, start - 1) + 1, MOST)
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        return (counts[level], kind) if kind and counts[level] >= 1 else None


def at(level: Element) -> int:
    value = level.get(f"{W}ilvl", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 3 else 0


def kind_of(level: Element) -> str:
    said = level.find(f"{W}numFmt")
    value = said.get(f"{W}val", "") if said is not None else ""
    return "" if value in {"bullet", "none", ""} else KINDS.get(value, "1")
