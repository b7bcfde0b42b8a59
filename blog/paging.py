"""Pagination without counting: one more row is fetched than a page shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.http import Http404, HttpRequest

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of rows, and whether there is another."""

    rows: list[T]
    number: int
    has_next: bool

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)


def get_page(request: HttpRequest, size: int, find: Callable[[int, int], list[T]]) -> Page[T]:
    """Return the page that `?page=` names, or raise Http404. `find(start, stop)` returns a slice of the rows."""
    wish = request.GET.get("page", "1")
    if not (wish.isascii() and wish.isdigit() and len(wish) < 9 and int(wish) > 0):
        raise Http404
    number = int(wish)
    start = (number - 1) * size
    rows = find(start, start + size + 1)
    if not rows and number > 1:
        raise Http404
    return Page(rows[:size], number, has_next=len(rows) > size)
