"""Searches whose criteria and page are in the address, and the pages of their results."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from server import counting

PAGE_SIZE = 50


@dataclass(frozen=True)
class PagedSearch:
    """A search; the other fields of subclasses are the criteria, empty for everything."""

    url_name: ClassVar[str]
    page: int = 1

    @property
    def criteria(self) -> dict[str, Any]:
        """The criteria that are set, by the names of their parameters in the address."""
        return {name: value for name, value in vars(self).items() if value and name != "page"}

    def url(self, page: int = 1, url_name: str = "") -> str:
        """Return the address of a page of the results, or of another view of them, such as the CSV file."""
        query = urlencode(self.criteria | ({"page": page} if page > 1 else {}))
        return reverse(url_name or self.url_name) + (f"?{query}" if query else "")


class ResultPage:
    """One page of the first counting.LIMIT results of a search, or the last one if there are fewer."""

    def __init__(self, search: PagedSearch, found: QuerySet[Any]) -> None:
        self.found, self.total = found, counting.count(found)
        self.pages = max(1, -(-self.total // PAGE_SIZE))
        self.search = replace(search, page=min(search.page, self.pages))

    def slice_of(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """Return the part of the results that this page shows."""
        start = (self.search.page - 1) * PAGE_SIZE
        return found[start : start + PAGE_SIZE]

    @property
    def previous_url(self) -> str:
        return self.search.url(self.search.page - 1) if self.search.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.search.url(self.search.page + 1) if self.search.page < self.pages else ""
