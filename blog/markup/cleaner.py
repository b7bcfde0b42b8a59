"""The last guard: whatever was shaped before passes bleach's allowlist, and nothing touches it afterwards."""

import threading
from collections.abc import Iterable

import bleach

from accounts.profiles.text import STAND_INS
from blog.markup.rules import Rules

_ENTITIES = dict(zip(map(ord, STAND_INS), ("&amp;", "&lt;", "&gt;", "&quot;"), strict=True))


class _Cleaners(threading.local):
    """bleach keeps the text in hand inside its parser: a Cleaner shared by two threads hands one the other's."""

    def __init__(self) -> None:
        self.by_rules: dict[int, bleach.Cleaner] = {}

    def __getitem__(self, rules: Rules) -> bleach.Cleaner:
        if id(rules) not in self.by_rules:
            self.by_rules[id(rules)] = bleach.Cleaner(
                tags=rules.tags,
                attributes=lambda tag, name, value: _is_allowed(rules, tag, name, value),
                protocols={"http", "https", "mailto"},
                strip=True,
            )
        return self.by_rules[id(rules)]


_cleaners = _Cleaners()


def clean(parts: Iterable[str], rules: Rules) -> str:
    """`parts` come from `shape`, whole blocks each."""
    return "".join(map(_cleaners[rules].clean, parts)).translate(_ENTITIES)


def _is_allowed(rules: Rules, tag: str, name: str, value: str) -> bool:
    if tag == "a" and name == "rel":
        return value == rules.rel
    return name in rules.attributes.get(tag, ()) or name in rules.attributes.get("*", ())
