"""Searching 10,000 essays with 10,000 notes and 200,000 comments: the whole request, and hostile queries."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import accumulate, count
from operator import attrgetter
from random import Random
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter
from search.indexing import build, key, tokens_of
from search.models import Entry, Kind
from tests import make
from tests.bench import database
from tests.bench.cpu import Clock
from tests.search.hostile import HOSTILE

ESSAYS, COMMENTS_EACH, NOTES_EACH = 10_000, 20, 1
VOCABULARY = 30_000
DIFFERENT_COMMENTS = 10_000  # making each its own would take another minute
EVERYWHERE = "everywhere"
addresses = (f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in count(1))  # one search each


def vocabulary(random: Random) -> list[str]:
    """Return words that do not share stems, the most frequent first."""
    syllables = [f"{first}{second}" for first in "bdfgklmnprtvz" for second in "aiou"]
    words = (f"{random.choice(syllables)}{random.choice(syllables)}{random.choice(syllables)}" for _ in count())
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        found[next(words)] = None
    return list(found)


class Texts:
    """Texts in which words are as frequent as in real ones: by Zipf's law."""

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.words = vocabulary(self.random)
        self.weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))

    def text(self, length: int) -> str:
        return " ".join([EVERYWHERE, *self.random.choices(self.words, cum_weights=self.weights, k=length)])

    def entries(self, people: list[Commenter]) -> Iterator[Entry]:
        now, texts = timezone.now(), [self.text(40) for _ in range(DIFFERENT_COMMENTS)]
        comments = [(text, tokens_of(text, "en")) for text in texts]
        for number in range(1, ESSAYS + 1):
            when = now - timedelta(hours=9 * number)
            common: dict[str, Any] = {"essay": number, "language": "en", "time": when}
            by, tags = [f"u{number % 7}"], [(f"tag-{number % 40}", f"Tag {number % 40}")]
            title = self.text(5)
            yield build(
                Kind.ESSAY, address=f"/e/{number}/", authors=by, text=self.text(600), title=title, tags=tags, **common
            )
            for note in range(1, NOTES_EACH + 1):
                yield build(
                    Kind.NOTE, address=f"/e/{number}/#{note}", authors=by, text=self.text(30), number=note, **common
                )
            for each in range(COMMENTS_EACH):
                pk = number * COMMENTS_EACH + each
                written = when + timedelta(seconds=self.random.randrange(3600 * 9 * number))
                text, tokens = self.random.choice(comments)
                yield Entry(
                    id=key(Kind.COMMENT, written, number=pk), essay=number, number=pk, language="en", text=text,
                    address=f"/comments/{pk}/", authors=f"c{self.random.choice(people).pk}",
                    tokens=tokens,
                )  # fmt: skip


def fill(texts: Texts) -> None:
    """Insert all entries."""
    people = Commenter.objects.bulk_create([Commenter(name=f"Reader {number}") for number in range(500)])
    names = [column.attname for column in Entry._meta.concrete_fields]
    rows = map(attrgetter(*names), texts.entries(people))
    columns, values = ", ".join(names), ", ".join(["%s"] * len(names))
    with transaction.atomic(), index_built_afterwards(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY search_entry ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            for row in rows:
                cursor.execute(f"INSERT INTO search_entry ({columns}) VALUES ({values})", row)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE search_entry" if connection.vendor == "postgresql" else "ANALYZE")


@contextmanager
def index_built_afterwards() -> Iterator[None]:
    """Drop PostgreSQL's index of tokens and create it at the end, which takes a tenth of the time."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('search_entry_tokens'::regclass)")
        (create,) = cursor.fetchone()
        cursor.execute("DROP INDEX search_entry_tokens")
        yield
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        cursor.execute(create.replace("ON ONLY", "ON"))


def queries(texts: Texts) -> dict[str, list[dict[str, str]]]:
    """Return queries by kind: words of every frequency, several words, phrases, filters."""
    words, random = texts.words, Random(2)

    def pick(low: int, high: int) -> str:
        return random.choice(words[low:high])

    phrase = texts.text(600).split()
    return {
        "in every text": [{"q": EVERYWHERE}] * 5,
        "in every text, newest": [{"q": EVERYWHERE, "order": "newest"}] * 5,
        "the ten commonest": [{"q": word} for word in words[:10]],
        "common (rank 10 to 100)": [{"q": pick(10, 100)} for _ in range(20)],
        "usual (100 to 3,000)": [{"q": pick(100, 3_000)} for _ in range(40)],
        "rare": [{"q": pick(3_000, VOCABULARY)} for _ in range(40)],
        "two words": [{"q": f"{pick(10, 300)} {pick(10, 3_000)}"} for _ in range(40)],
        "common words, all": [{"q": " ".join([EVERYWHERE, *words[:4]])}] * 5,
        "a phrase": [{"q": f'"{" ".join(phrase[at : at + 3])}"'} for at in range(0, 400, 20)],
        "a commonest phrase": [{"q": f'"{words[0]} {words[1]}"'}] * 5,
        "filtered by year": [{"q": pick(0, 100), "year": "2024"} for _ in range(10)],
        "filtered by tag": [{"q": pick(0, 100), "tag": "tag-3"} for _ in range(10)],
        "second page": [{"q": pick(0, 100), "page": "2"} for _ in range(10)],
        "nothing found": [{"q": f"{pick(0, 3_000)}qx"} for _ in range(20)],
    }


def ask(client: Client, clock: Clock, query: dict[str, str]) -> float:
    """Milliseconds of CPU of a search."""
    address, found = f"/search/?{urlencode(query, errors='replace')}", []
    milliseconds = clock.milliseconds(lambda: found.append(client.get(address, REMOTE_ADDR=next(addresses))))
    if found[0].status_code != 200:
        raise RuntimeError(f"{found[0].status_code} for {query}")
    return milliseconds


def measure(texts: Texts) -> None:
    """Print the costs of all queries."""
    client, clock = Client(headers={"host": "127.0.0.1"}), Clock()
    gc.freeze()  # the texts, which no server has in its memory
    for _ in range(3):
        ask(client, clock, {"q": EVERYWHERE})  # what is loaded once
    floor = median(ask(client, clock, {}) for _ in range(20))
    print(f"{'floor: the page without a query':>34}{floor:>10.1f}")
    print(f"{'':>34}{'median':>10}{'worst':>10}")
    everything = []
    for name, asked in queries(texts).items():
        times = [ask(client, clock, query) for query in asked]
        everything += times
        print(f"{name:>34}{median(times):>10.1f}{max(times):>10.1f}", flush=True)
    print(f"{'all':>34}{median(everything):>10.1f}{max(everything):>10.1f}")
    hostile = {query: ask(client, clock, {"q": query}) for query in HOSTILE}
    worst = max(hostile, key=lambda query: hostile[query])
    name = f"{len(hostile)} hostile queries"
    print(f"{name:>34}{median(hostile.values()):>10.1f}{hostile[worst]:>10.1f} {worst[:40]!r}")


def main() -> None:
    with database.fresh():
        start, texts = time.perf_counter(), Texts()
        fill(texts)
        seconds = time.perf_counter() - start
        print(f"search, {Entry.objects.count():,} texts, filled in {seconds:.0f} s, {connection.vendor}; ms of CPU")
        measure(texts)
        new = make.comment(make.essay("Of novelty", language="en"), "Zugzwang.")
        page = Client(headers={"host": "127.0.0.1"}).get("/search/?q=zugzwang").content.decode()
        print(f"a new comment is {'' if f'/comments/{new.pk}/' in page else 'NOT '}found by the next request")
