"""Searching: candidates from the database, then ranking, filters and counts, the same for both databases."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from django.utils import timezone

from search import sources
from search.backends import Backend, Match, Row, get_backend
from search.indexing import NUMBER_BITS, TIME_BITS, key_range, seconds_of
from search.models import Entry, Kind
from search.queries import Query

LIMIT = 5_000  # texts of one kind among which a query is ranked
MAX_CHECKED = 100  # results whose texts are read to compare phrases of three words or more
MAX_CHOICES = 10  # of one filter
SUGGESTED, SUGGESTED_FROM = 3, 50  # tags, and the essays that they are from
RELEVANT, NEWEST = "", "newest"


@dataclass(frozen=True)
class Filter:
    """What a reader chose beside the results; empty values mean everything."""

    kind: Kind | None = None
    year: int = 0
    author: str = ""
    tag: str = ""

    def has_more(self) -> bool:
        """Return whether anything but the kind is chosen."""
        return bool(self.year or self.author or self.tag)


@dataclass(frozen=True)
class Choice:
    """One value of a filter, with the number of results that have it."""

    value: str
    label: str
    count: int


@dataclass
class Results:
    """Everything that a query found, in order."""

    rows: list[Row]
    counts: dict[Kind, int]
    is_limited: bool
    """Whether older texts were left out because too many match."""
    years: list[Choice] = field(default_factory=list)
    authors: list[Choice] = field(default_factory=list)
    tags: list[Choice] = field(default_factory=list)

    @cached_property
    def count(self) -> int:
        """How many there are of all kinds."""
        return sum(self.counts.values())


class Search:
    """One search. Reads the database at most a few times, however much is found."""

    def __init__(self, query: Query, chosen: Filter, order: str = RELEVANT) -> None:
        self.query, self.chosen, self.order = query, chosen, order
        self.backend: Backend = get_backend()
        self.languages = languages_in_use()
        self.now = timezone.now()
        self.aliases: dict[str, str] = {}

    def run(self) -> Results:
        """Find, filter, count and sort."""
        match = self.query.match(self.languages)
        found = {kind: self.newest(kind, match) for kind in Kind}
        is_limited = any(len(rows) > LIMIT for rows in found.values())
        rows = self.check_phrases([row for some in found.values() for row in some[:LIMIT]])
        essays = self.essays_of(rows)
        rows = [row for row in rows if row.essay in essays]
        rows = self.filter(rows, essays)
        counts = Counter(kind_of(row) for row in rows)
        if self.chosen.kind:
            rows = [row for row in rows if kind_of(row) == self.chosen.kind]
        results = Results(self.sort(rows, match), {kind: counts[kind] for kind in Kind}, is_limited)
        if results.rows:
            results.years = self.year_choices(rows)
            results.authors = self.author_choices(rows)
            results.tags = self.tag_choices(rows, essays)
        return results

    def newest(self, kind: Kind, match: Match, limit: int = LIMIT + 1) -> list[Row]:
        """Return the newest texts of a kind that match, one more than LIMIT if there are more."""
        first, last = key_range(kind, until=self.now)
        if self.chosen.year:
            since, until = year_bounds(self.chosen.year)
            first, last = max(first, key_range(kind, since)[0]), min(last, key_range(kind, since, until)[1])
        return self.backend.newest(match, first, last, limit)

    def check_phrases(self, rows: list[Row]) -> list[Row]:
        """Drop texts in which the pairs of a long phrase occur apart, unless there are too many to read."""
        if not 0 < len(rows) <= MAX_CHECKED or all(len(phrase) < 3 for phrase in self.query.phrases):
            return rows
        texts = Entry.objects.in_bulk([row.id for row in rows])
        return [row for row in rows if row.id in texts and self.has_phrases(texts[row.id])]

    def has_phrases(self, entry: Entry) -> bool:
        return self.query.is_phrase_in("\n".join((entry.title, entry.tags, entry.text)))

    def essays_of(self, rows: Iterable[Row]) -> dict[int, str]:
        """Return the tags of the essays that these texts belong to, if readers see them now."""
        first, last = key_range(Kind.ESSAY, until=self.now)
        visible = Entry.objects.filter(id__range=(first, last), essay__in={row.essay for row in rows})
        return dict(visible.values_list("essay", "tags"))

    def filter(self, rows: list[Row], essays: dict[int, str]) -> list[Row]:
        """Keep the texts that have the chosen author and tag."""
        if self.chosen.author:
            known = {self.chosen.author, *self.other_keys([self.chosen.author])}
            rows = [row for row in rows if known.intersection(row.authors.split())]
        if self.chosen.tag:
            tagged = {essay for essay, tags in essays.items() if self.chosen.tag in slugs(tags)}
            rows = [row for row in rows if row.essay in tagged]
        return rows

    def sort(self, rows: list[Row], match: Match) -> list[Row]:
        """Sort by relevance, or all kinds together by time."""
        if self.order == NEWEST:
            return sorted(rows, key=lambda row: row.id & (1 << TIME_BITS + NUMBER_BITS) - 1, reverse=True)
        ranks: dict[int, int] = {}
        if any(kind_of(row) == Kind.ESSAY for row in rows):
            for rank, better in enumerate(reversed(self.query.title_or_tags(self.languages)), 1):
                ranks |= dict.fromkeys((row.id for row in self.newest(Kind.ESSAY, better)), rank)
        return sorted(rows, key=lambda row: (kind_of(row), ranks.get(row.id, 0), row.id), reverse=True)

    def year_choices(self, rows: Sequence[Row]) -> list[Choice]:
        """Count the results of each year, in the site's time zone, the newest first."""
        times = [seconds_of(row.id) for row in rows]
        first, last = (local_year(moment) for moment in (min(times), max(times)))
        starts = [year_bounds(year)[0].timestamp() for year in range(first, last + 1)]
        counted = Counter(bisect_right(starts, moment) + first - 1 for moment in times)
        return [Choice(str(year), str(year), counted[year]) for year in sorted(counted, reverse=True)][:MAX_CHOICES]

    def author_choices(self, rows: Sequence[Row]) -> list[Choice]:
        """Count the results of each person, the most frequent first."""
        counted = Counter(key for row in rows for key in row.authors.split())
        for other, known in self.other_keys([key for key in counted if key.startswith("u")]).items():
            counted[known] += counted.pop(other, 0)
        names = find_names([key for key, _count in counted.most_common(3 * MAX_CHOICES)])
        found = [Choice(key, names[key], count) for key, count in counted.items() if key in names]
        return sorted(found, key=lambda choice: (-choice.count, choice.label, choice.value))[:MAX_CHOICES]

    def tag_choices(self, rows: Sequence[Row], essays: dict[int, str]) -> list[Choice]:
        """Count the results of each tag, the most frequent first; notes and comments have those of their essay."""
        counted: Counter[tuple[str, str]] = Counter()
        for essay, count in Counter(row.essay for row in rows).items():
            for slug, name in split_tags(essays[essay]):
                counted[slug, name] += count
        found = [Choice(slug, name, count) for (slug, name), count in counted.items()]
        return sorted(found, key=lambda choice: (-choice.count, choice.label))[:MAX_CHOICES]

    def other_keys(self, keys: Iterable[str]) -> dict[str, str]:
        """Return further keys of these people, each with the one asked for."""
        return {other: known for people in sources.people for other, known in people.other_keys(keys).items()}


def kind_of(row: Row) -> int:
    return row.id >> TIME_BITS + NUMBER_BITS


def languages_in_use() -> list[str]:
    """Return the languages of the essays, so that words are stemmed as in each of them."""
    essays = Entry.objects.filter(id__gte=key_range(Kind.ESSAY)[0])
    return sorted(essays.values_list("language", flat=True).distinct()) or ["en"]


def find_names(keys: Iterable[str]) -> dict[str, str]:
    """Return the names of people by their keys."""
    keys = list(keys)
    return {key: name for people in sources.people for key, name in people.names(keys).items()}


def tags_of_newest() -> list[tuple[str, str]]:
    """Return slug and name of the most frequent tags of the newest essays."""
    first, last = key_range(Kind.ESSAY, until=timezone.now())
    essays = Entry.objects.filter(id__range=(first, last)).exclude(tags="").order_by("-id")[:SUGGESTED_FROM]
    counted = Counter(tag for tags in essays.values_list("tags", flat=True) for tag in split_tags(tags))
    return sorted(counted, key=lambda tag: (-counted[tag], tag))[:SUGGESTED]


def split_tags(tags: str) -> list[tuple[str, str]]:
    """Return slug and name of each tag of an essay."""
    return [(slug, name) for slug, _tab, name in (line.partition("\t") for line in tags.splitlines())]


def slugs(tags: str) -> set[str]:
    return {slug for slug, _name in split_tags(tags)}


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """Return the first and the last second of a year in the site's time zone."""
    zone = timezone.get_current_timezone()
    return datetime(year, 1, 1, tzinfo=zone), datetime(year, 12, 31, 23, 59, 59, tzinfo=zone)


def local_year(seconds: float) -> int:
    return datetime.fromtimestamp(seconds, UTC).astimezone(timezone.get_current_timezone()).year
