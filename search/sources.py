"""What higher apps register: the texts that belong into the index, and the names of their authors."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from search.models import Kind


@dataclass(frozen=True)
class Source:
    """The essays or comments of the site."""

    kind: Kind
    rows: Callable[[], QuerySet[Any]]
    """Those that belong into the index."""
    time_field: str
    """The field with their time."""
    index: Callable[[Sequence[int]], None]
    """Puts those with these primary keys into the index again."""


@dataclass(frozen=True)
class People:
    """The authors of texts, by the keys that entries have."""

    names: Callable[[Iterable[str]], dict[str, str]]
    """Returns the names by key; a key without a name is missing."""
    other_keys: Callable[[Iterable[str]], dict[str, str]]
    """Returns further keys of these people, each with the key that was asked for."""


sources: list[Source] = []
people: list[People] = []
