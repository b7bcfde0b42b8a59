"""List numbering of a .docx file: the kind of numbers, their start, and the number of each item."""

from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
KINDS = {
    "decimal": "1", "decimalZero": "1", "lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I",
}  # fmt: skip
MAX_NUMBER = 999_999


def int_value(element: Element | None, otherwise: int) -> int:
    """Return the number in an element, or `otherwise` if there is none."""
    value = element.get(f"{W}val", "") if element is not None else ""
    return min(int(value), MAX_NUMBER) if value.isascii() and value.isdigit() else otherwise


class Numbering:
    def __init__(self, root: Element | None) -> None:
        self.levels: dict[str, dict[int, tuple[str, int]]] = {}
        self.lists: dict[str, str] = {}
        self.restarts: dict[str, dict[int, int]] = {}
        self.counts: dict[str, dict[int, int]] = {}
        if root is not None:
            self.read(root)

    def read(self, root: Element) -> None:
        """Read each list's kinds of numbers and where its levels start."""
        for abstract in root.iter(f"{W}abstractNum"):
            self.levels[abstract.get(f"{W}abstractNumId", "")] = {
                level_index(level): (number_kind(level), int_value(level.find(f"{W}start"), 1))
                for level in abstract.iter(f"{W}lvl")
            }
        for list_ in root.iter(f"{W}num"):
            key, abstract_id = list_.get(f"{W}numId", ""), list_.find(f"{W}abstractNumId")
            self.lists[key] = abstract_id.get(f"{W}val", "") if abstract_id is not None else ""
            self.restarts[key] = {
                level_index(over): int_value(over.find(f"{W}startOverride"), 1)
                for over in list_.iter(f"{W}lvlOverride")
                if over.find(f"{W}startOverride") is not None
            }

    def next_number(self, item: Element | None) -> tuple[int, str] | None:
        """Return the number of the next list item and its kind as in HTML's type attribute, or None for bullets."""
        number_id = item.find(f"{W}numId") if item is not None else None
        if item is None or number_id is None:
            return None
        key, level = number_id.get(f"{W}val", ""), int_value(item.find(f"{W}ilvl"), 0)
        abstract = self.lists.get(key, "")
        kind, start = self.levels.get(abstract, {}).get(level, ("", 1))
        counts = self.counts.setdefault(abstract, {})
        if (restart := self.restarts.get(key, {}).pop(level, None)) is not None:
            counts[level] = restart - 1
        counts[level] = min(counts.get(level, start - 1) + 1, MAX_NUMBER)
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        return (counts[level], kind) if kind and counts[level] >= 1 else None


def level_index(level: Element) -> int:
    """Return the depth of a list level, 0 for the outermost."""
    value = level.get(f"{W}ilvl", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 3 else 0


def number_kind(level: Element) -> str:
    """Return the HTML type of a level's numbers, or nothing for bullets."""
    number_format = level.find(f"{W}numFmt")
    value = number_format.get(f"{W}val", "") if number_format is not None else ""
    return "" if value in {"bullet", "none", ""} else KINDS.get(value, "1")
