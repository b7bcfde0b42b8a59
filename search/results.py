"""Searching: candidates from the database, then ranking, filters and counts, the same for both databases."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from django.db.models import Min
from django.utils import timezone

from search import sources
from search.backends import Backend, Match, Row, get_authors, get_backend, get_essay, get_key, get_tags
from search.indexing import key_range, seconds_of
from search.models import NUMBER_BITS, TIME_BITS, Entry, Kind
from search.queries import Query

LIMIT = 2_500  # essays that are ranked; as many notes are listed
COMMENTS = 1_000  # that are listed
FILTERED = 5_000  # comments among which those with the chosen author or tag are looked for
MAX_CHECKED = 100  # results whose texts are read to compare phrases of three words or more
MAX_CHOICES, MAX_YEARS = 10, 30  # of one filter
SUGGESTED, SUGGESTED_FROM = 3, 50  # tags, and the essays that they are from
RELEVANT, NEWEST = "", "newest"
IN_KIND = (1 << TIME_BITS + NUMBER_BITS) - 1  # the bits of a key after its kind

Found = Mapping[Kind, list[Row]]


@dataclass(frozen=True)
class Filter:
    """The filters that a reader chose; empty values mean all."""

    kind: Kind | None = None
    year: int = 0
    author: str = ""
    tag: str = ""

    def has_more(self) -> bool:
        """Return whether anything but the kind is chosen."""
        return bool(self.year or self.author or self.tag)


@dataclass(frozen=True)
class Choice:
    """One value of a filter, with the number of listed results that have it."""

    value: str
    label: str
    count: int


@dataclass
class Results:
    """Everything that a query found, in order."""

    rows: list[Row]
    counts: dict[Kind, int]
    is_limited: bool
    """Whether older texts of the listed kinds were left out because too many match."""
    years: list[Choice] = field(default_factory=list)
    authors: list[Choice] = field(default_factory=list)
    tags: list[Choice] = field(default_factory=list)

    @cached_property
    def count(self) -> int:
        """How many there are of all kinds."""
        return sum(self.counts.values())


class Search:
    """One search. Reads the database at most a few times, however much is found."""

    def __init__(self, query: Query, chosen: Filter, order: str = RELEVANT, *, top: int = LIMIT) -> None:
        """`top`: how many results must be in the right order; later ones are not shown."""
        self.query, self.chosen, self.order, self.top = query, chosen, order, top
        self.backend: Backend = get_backend()
        self.languages = languages_in_use()
        self.now = timezone.now()

    def run(self) -> Results:
        """Find, filter, count and sort."""
        match = self.query.match(self.languages)
        newest = {kind: self.newest(kind, match, self.limit(kind) + 1) for kind in Kind}
        found = self.check_phrases({kind: rows[: self.limit(kind)] for kind, rows in newest.items()})
        essays = self.essays_of(found)
        found = self.filter(found, essays)
        counts = {kind: len(rows) for kind, rows in found.items()}
        if self.chosen.kind:
            found = {self.chosen.kind: found[self.chosen.kind]}
        is_limited = any(len(newest[kind]) > self.limit(kind) for kind in found)
        rows = self.sort(found)
        results = Results(rows, counts, is_limited)
        if rows:
            results.years = self.year_choices(found, is_limited=is_limited)
            results.authors = self.author_choices(rows)
            results.tags = self.tag_choices(rows, essays)
        return results

    def limit(self, kind: Kind) -> int:
        """Return among how many texts of a kind the query looks for results."""
        if kind != Kind.COMMENT:
            return LIMIT
        return FILTERED if self.chosen.author or self.chosen.tag else COMMENTS

    def newest(self, kind: Kind, match: Match, limit: int, oldest: int = 0) -> list[Row]:
        """Return the newest texts of a kind that match, with keys from the oldest on."""
        first, last = key_range(kind, until=self.now)
        first = max(first, oldest)
        if self.chosen.year:
            since, until = year_bounds(self.chosen.year)
            first, last = max(first, key_range(kind, since)[0]), min(last, key_range(kind, since, until)[1])
        return self.backend.newest(match, first, last, limit)

    def check_phrases(self, found: Found) -> Found:
        """Drop texts in which the pairs of a long phrase occur apart, unless there are too many to read."""
        count = sum(map(len, found.values()))
        if not 0 < count <= MAX_CHECKED or all(len(phrase) < 3 for phrase in self.query.phrases):
            return found
        keys = [int(get_key(row)) for rows in found.values() for row in rows]
        entries = Entry.objects.defer("tokens").filter(id__in=keys)
        having = {
            str(entry.id) for entry in entries if self.query.is_phrase_in(f"{entry.title}\n{entry.tags}\n{entry.text}")
        }
        return {kind: [row for row in rows if get_key(row) in having] for kind, rows in found.items()}

    def essays_of(self, found: Found) -> dict[str, str]:
        """Return the tags of the essays that these texts belong to, if readers see them now."""
        known = {get_essay(row): get_tags(row) for row in found[Kind.ESSAY]}
        others = {*map(get_essay, found[Kind.NOTE]), *map(get_essay, found[Kind.COMMENT])} - known.keys()
        return known | dict(self.backend.tags(others, *key_range(Kind.ESSAY, until=self.now))) if others else known

    def filter(self, found: Found, essays: dict[str, str]) -> Found:
        """Keep the texts of visible essays that have the chosen author and tag."""
        if self.chosen.tag:
            essays = {essay: tags for essay, tags in essays.items() if f"\n{self.chosen.tag}\t" in f"\n{tags}"}
        if not all(essays.keys() >= {*map(get_essay, rows)} for rows in found.values()):
            found = {kind: [row for row in rows if get_essay(row) in essays] for kind, rows in found.items()}
        if self.chosen.author:
            known = {self.chosen.author, *self.other_keys([self.chosen.author])}
            found = {
                kind: [row for row in rows if known.intersection(get_authors(row).split())]
                for kind, rows in found.items()
            }
        return found

    def sort(self, found: Found) -> list[Row]:
        """Sort by relevance, or all kinds together by time. The rows of each kind are sorted by time already."""
        if self.order == NEWEST:
            heads = [row for rows in found.values() for row in rows[: self.top]]
            heads.sort(key=lambda row: (int(get_key(row)) & IN_KIND, int(get_key(row))), reverse=True)
            return [*heads, *(row for rows in found.values() for row in rows[self.top :])]
        essays = found.get(Kind.ESSAY, [])
        if essays:
            ranks: dict[str, int] = {}
            # The first results are the newest of the best, of which filters drop some, and a phrase a few at most.
            needed = max(self.top, MAX_CHECKED) if self.query.phrases else self.top
            limit = LIMIT if self.chosen.author or self.chosen.tag else min(needed, LIMIT)
            for rank, better in enumerate(self.query.better_matches(self.languages)):
                rows = self.newest(Kind.ESSAY, better, limit, oldest=int(get_key(essays[-1])))
                ranks = dict.fromkeys((get_key(row) for row in rows), rank) | ranks
                if len(ranks) >= limit:
                    break
            ranked = sorted((row for row in essays if get_key(row) in ranks), key=lambda row: ranks[get_key(row)])
            essays = [*ranked, *(row for row in essays if get_key(row) not in ranks)]
        return [*essays, *found.get(Kind.NOTE, []), *found.get(Kind.COMMENT, [])]

    def year_choices(self, found: Found, *, is_limited: bool) -> list[Choice]:
        """Count the results of each year, in the site's time zone, the newest first.

        If older results were left out, years without any are choices too, back to that of the oldest text.
        """
        ascending = {kind: list(map(get_key, reversed(rows))) for kind, rows in found.items() if rows}
        last = max(local_year(seconds_of(int(keys[-1]))) for keys in ascending.values())
        oldest = [int(keys[0]) for keys in ascending.values()]
        if is_limited and not self.chosen.year:
            texts = (Entry.objects.filter(id__range=key_range(kind)) for kind in ascending)
            oldest = [rows.aggregate(id=Min("id"))["id"] for rows in texts]
        first = min(map(local_year, map(seconds_of, oldest)))
        choices = []
        for year in range(last, first - 1, -1):
            bounds = {kind: key_range(kind, *year_bounds(year)) for kind in ascending}
            count = sum(
                bisect_right(keys, bounds[kind][1], key=int) - bisect_left(keys, bounds[kind][0], key=int)
                for kind, keys in ascending.items()
            )
            if count or is_limited:
                choices.append(Choice(str(year), str(year), count))
        return choices[:MAX_YEARS]

    def author_choices(self, rows: Sequence[Row]) -> list[Choice]:
        """Count the results of each person, the most frequent first."""
        counted = Counter(map(get_authors, rows))
        for authors in [each for each in counted if " " in each or not each]:
            count = counted.pop(authors)
            for key in authors.split():
                counted[key] += count
        for other, known in self.other_keys([key for key in counted if key.startswith("u")]).items():
            counted[known] += counted.pop(other, 0)
        names = find_names([key for key, _count in counted.most_common(3 * MAX_CHOICES)])
        found = [Choice(key, name, counted[key]) for key, name in names.items()]
        return sorted(found, key=lambda choice: (-choice.count, choice.label, choice.value))[:MAX_CHOICES]

    def tag_choices(self, rows: Sequence[Row], essays: dict[str, str]) -> list[Choice]:
        """Count the results of each tag, the most frequent first; notes and comments have the tags of their essay."""
        counted: Counter[tuple[str, str]] = Counter()
        for tags, count in Counter(map(essays.__getitem__, map(get_essay, rows))).items():
            for slug, name in split_tags(tags):
                counted[slug, name] += count
        found = [Choice(slug, name, count) for (slug, name), count in counted.items()]
        return sorted(found, key=lambda choice: (-choice.count, choice.label))[:MAX_CHOICES]

    def other_keys(self, keys: Iterable[str]) -> dict[str, str]:
        """Map the other keys of these people to the keys asked for."""
        return {other: known for people in sources.people for other, known in people.other_keys(keys).items()}


def languages_in_use() -> list[str]:
    """Return the languages of the essays, so that a query's words are stemmed in each of them."""
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


def year_bounds(year: int) -> tuple[datetime, datetime]:
    """Return the first and the last second of a year in the site's time zone."""
    zone = timezone.get_current_timezone()
    return datetime(year, 1, 1, tzinfo=zone), datetime(year, 12, 31, 23, 59, 59, tzinfo=zone)


def local_year(seconds: float) -> int:
    return datetime.fromtimestamp(seconds, UTC).astimezone(timezone.get_current_timezone()).year
