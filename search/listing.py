"""A page of results as its template shows it: rows with headings and snippets, and links for the filters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self, TypedDict

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from search import sources
from search.backends import get_key
from search.indexing import seconds_of
from search.models import Entry, Kind
from search.queries import Query
from search.results import NEWEST, RELEVANT, Choice, Filter, Results, Search, find_names, tags_of_newest
from search.snippets import Highlighter
from search.suggestions import Suggestion, suggest

PER_PAGE = 20
KINDS = {"essays": Kind.ESSAY, "notes": Kind.NOTE, "comments": Kind.COMMENT}
NAMES_OF_KINDS = {kind: name for name, kind in KINDS.items()}
FIRST_YEAR, LAST_YEAR = 1900, 2171  # that a key can hold


class Row(TypedDict):
    """One result; a dictionary, in which templates look up values fastest."""

    kind: str
    heading: SafeString
    heading_language: str  # of an essay's or note's
    address: str
    names: str  # of an essay's or note's authors
    date: str
    time: str  # for machines
    snippet: SafeString
    language: str
    quotation: str  # the words of its essay that a comment is about


@dataclass(frozen=True)
class Option:
    """One value of a filter, as a link that chooses it."""

    label: str
    url: str
    count: int | None
    is_chosen: bool


@dataclass(frozen=True)
class State:
    """What the address of a results page asks for. Invalid values count as missing."""

    query: Query
    chosen: Filter
    order: str = RELEVANT
    page: int = 1

    @classmethod
    def from_address(cls, address: QueryDict) -> Self:
        year, author, page = (address.get(name, "") for name in ("year", "author", "page"))
        is_key = author[:1] in {"u", "c"} and len(author) < 20 and author[1:].isascii() and author[1:].isdigit()
        chosen = Filter(
            kind=KINDS.get(address.get("kind", "")),
            year=parse_number(year) if FIRST_YEAR < parse_number(year) <= LAST_YEAR else 0,
            author=author if is_key else "",
            tag=address.get("tag", "")[:100],
        )
        order = NEWEST if address.get("order") == NEWEST else RELEVANT
        return cls(Query.parse(address.get("q", "")), chosen, order, max(1, parse_number(page)))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The query parameters of the first page, in their order."""
        return {"q": self.query.text, **vars(self.chosen), "order": self.order}

    def url(self, **changes: Any) -> str:
        """Return the address of these results with another filter or order, from their first page on."""
        values = self.parameters | changes
        values["kind"] = NAMES_OF_KINDS.get(values["kind"], "")
        return f"{self.path}?{urlencode({name: value for name, value in values.items() if value})}"

    @cached_property
    def path(self) -> str:
        return reverse("search")


def parse_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


class Listing:
    """A page of results."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.search = Search(state.query, state.chosen, state.order, top=state.page * PER_PAGE)
        self.results: Results = self.search.run()
        self.pages = max(1, -(-len(self.results.rows) // PER_PAGE))
        self.page = min(state.page, self.pages)

    @cached_property
    def rows(self) -> list[Row]:
        """The results on this page, in order."""
        shown = [int(get_key(row)) for row in self.results.rows[(self.page - 1) * PER_PAGE : self.page * PER_PAGE]]
        entries = Entry.objects.defer("tokens").in_bulk(shown)
        essays = Entry.objects.filter(id__gte=Kind.ESSAY << 61, essay__in={entry.essay for entry in entries.values()})
        titles = {entry.essay: entry for entry in essays.only("essay", "title", "language")}
        names = find_names({key for entry in entries.values() for key in entry.authors.split()})
        comments = [entry.number for entry in entries.values() if entry.kind == Kind.COMMENT]
        quoted = {pk: words for find in sources.quotations for pk, words in find(comments).items()} if comments else {}
        highlighter = Highlighter(self.state.query, self.search.languages)
        return [
            build_row(entries[id_], titles[entries[id_].essay], names, highlighter, quoted)
            for id_ in shown
            if id_ in entries and entries[id_].essay in titles
        ]

    @property
    def order_url(self) -> str:
        """The same results in the other order."""
        return self.state.url(order=RELEVANT if self.is_newest_first else NEWEST)

    @property
    def is_newest_first(self) -> bool:
        return self.state.order == NEWEST

    @property
    def next_url(self) -> str:
        return self.state.url(page=self.page + 1) if self.page < self.pages else ""

    @property
    def previous_url(self) -> str:
        return self.state.url(page=self.page - 1) if self.page > 1 else ""

    @property
    def all_url(self) -> str:
        """The same query without filters."""
        return self.state.url(kind=None, year=0, author="", tag="")

    @property
    def kinds(self) -> list[Option]:
        """All kinds with their numbers."""
        labels = {Kind.ESSAY: _("Essays"), Kind.NOTE: _("Notes"), Kind.COMMENT: _("Comments")}
        counts, chosen = self.results.counts, self.state.chosen.kind
        return [
            Option(_("All"), self.state.url(kind=None), self.results.count, chosen is None),
            *(
                Option(label, self.state.url(kind=kind), counts[kind], chosen == kind)
                for kind, label in labels.items()
                if counts[kind] or chosen == kind
            ),
        ]

    @cached_property
    def filters(self) -> list[tuple[str, str, list[Option]]]:
        """Year, author and tag: the name, heading and options of each, without those that leave nothing to choose."""
        groups = [
            ("year", _("Year"), self.options("year", self.results.years, _("Any year"))),
            ("author", _("Author"), self.options("author", self.results.authors, _("Any author"))),
            ("tag", _("Tag"), self.options("tag", self.results.tags, _("Any tag"))),
        ]
        return [group for group in groups if len(group[2]) > 1]

    def options(self, name: str, choices: Iterable[Choice], everything: str) -> list[Option]:
        """Return a filter's options; once one is chosen, only that one and a link that removes it."""
        chosen = str(getattr(self.state.chosen, name) or "")
        if chosen:
            label = next((choice.label for choice in choices if choice.value == chosen), chosen)
            label = find_names([chosen]).get(chosen, label) if name == "author" else label
            cleared = Option(everything, self.state.url(**{name: 0 if name == "year" else ""}), None, is_chosen=False)
            return [cleared, Option(label, self.state.url(), len(self.results.rows), is_chosen=True)]
        return [
            Option(
                choice.label,
                self.state.url(**{name: int(choice.value) if name == "year" else choice.value}),
                None if self.results.is_limited else choice.count,
                is_chosen=False,
            )
            for choice in choices
        ]

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the query limits the results."""
        return self.state.chosen != Filter()

    @cached_property
    def suggestion(self) -> Suggestion | None:
        """A similar query that finds something, if this one does not."""
        return None if self.results.count or self.is_filtered else suggest(self.search)

    @cached_property
    def suggested_tags(self) -> list[tuple[str, str]]:
        """Slug and name of some tags, for a query that finds nothing."""
        return tags_of_newest()


def build_row(
    entry: Entry, essay: Entry, names: dict[str, str], highlighter: Highlighter, quoted: dict[int, str]
) -> Row:
    """Return a result with its matches marked."""
    title = essay.title or _("(no title)")
    by = [names[key] for key in entry.authors.split() if key in names]
    written = datetime.fromtimestamp(seconds_of(entry.id), UTC)
    kind, is_comment = entry.kind, entry.kind == Kind.COMMENT
    heading = highlighter.mark(title)
    if kind == Kind.NOTE:
        heading = format_html(_("{title}, note {number}"), title=title, number=entry.number)
    elif is_comment:
        name = by[0] if by else _("Anonymous")
        heading = format_html(_("<bdi>{name}</bdi> on “<bdi>{title}</bdi>”"), name=name, title=title)
    return Row(
        kind=_("Page") if entry.is_page else str(kind.label),
        heading=heading,
        heading_language="" if is_comment else essay.language,
        address=entry.address,
        names="" if is_comment else ", ".join(by),
        date=date_format(timezone.localtime(written), "DATETIME_FORMAT" if is_comment else "DATE_FORMAT"),
        time=f"{written:%Y-%m-%dT%H:%M:%SZ}",
        snippet=highlighter.snippet(entry.text),
        language=essay.language,
        quotation=quoted.get(entry.number, "") if is_comment else "",
    )
