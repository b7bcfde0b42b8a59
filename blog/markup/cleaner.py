"""The final cleaning: bleach applies the allowlist to normalized HTML, and nothing changes its output."""

import threading
from collections.abc import Iterable

import bleach

from accounts.profiles.names import PLACEHOLDERS
from blog.markup.rules import Allowlist

_ENTITIES = dict(zip(map(ord, PLACEHOLDERS), ("&amp;", "&lt;", "&gt;", "&quot;"), strict=True))


class _Cleaners(threading.local):
    """One bleach Cleaner per thread: it keeps its text in the parser, and a shared one mixed up texts."""

    def __init__(self) -> None:
        self.by_rules: dict[int, bleach.Cleaner] = {}

    def __getitem__(self, rules: Allowlist) -> bleach.Cleaner:
        if id(rules) not in self.by_rules:
            self.by_rules[id(rules)] = bleach.Cleaner(
                tags=rules.tags,
                attributes=lambda tag, name, value: _is_allowed(rules, tag, name, value),
                protocols={"http", "https", "mailto"},
                strip=True,
            )
        return self.by_rules[id(rules)]


_cleaners = _Cleaners()


def clean(parts: Iterable[str], rules: Allowlist) -> str:
    """Clean the parts that `normalize` returns, each made of whole blocks."""
    return "".join(map(_cleaners[rules].clean, parts)).translate(_ENTITIES)


def _is_allowed(rules: Allowlist, tag: str, name: str, value: str) -> bool:
    if tag == "a" and name == "rel":
        return value == rules.rel
    return name in rules.attributes.get(tag, ()) or name in rules.attributes.get("*", ())
