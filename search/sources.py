"""What higher apps register: the texts that belong in the index, and the names of their authors."""

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
    """Those that belong in the index."""
    time_field: str
    """The field with their time."""
    index: Callable[[Sequence[int]], None]
    """Indexes those with these primary keys again."""


@dataclass(frozen=True)
class People:
    """The authors of texts, by the keys that entries have."""

    names: Callable[[Iterable[str]], dict[str, str]]
    """Returns the names by key; a key without a name is missing."""
    other_keys: Callable[[Iterable[str]], dict[str, str]]
    """Maps the other keys of these people to the keys asked for."""


sources: list[Source] = []
people: list[People] = []
quotations: list[Callable[[Iterable[int]], dict[int, str]]] = []
"""Each returns the words of their essay that some comments quote, by comment."""
