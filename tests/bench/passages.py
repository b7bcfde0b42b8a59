"""Comments on passages: moving 500 of them, a reply with one, a page of 50 comments of which 20 have one, scripts."""

import gzip
import json
from statistics import median

import rjsmin
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Essay, Revision, Text
from blog.writing import revisions
from comments.models import Comment, Discussion, Passage
from comments.passages import matching, placing
from comments.passages.jobs import move_passages
from tests import caches, make
from tests.bench import corpus, database
from tests.bench.cpu import Clock
from tests.blog.essay_forms import long_essay

PASSAGES, COMMENTS, ANCHORED = 500, 50, 20
ROUNDS, REPLIES = 7, 300
SCRIPTS = {
    "with the page": ("passages",),
    "to open threads": ("passage-threads", "passage-words"),
    "to select words": ("passage-selection", "passage-words"),
}


def main() -> None:
    with database.fresh():
        clock = Clock()
        publishing, moving = measure_publishing(clock)
        replies = measure_replies(clock)
        size, queries = measure_page()
    print(f"comments on passages, {connection.vendor}; CPU ms, medians")
    print(f"publish 13,600 words: {publishing[0]:.1f} without passages, {publishing[PASSAGES]:.1f} with {PASSAGES}")
    print(f"move {PASSAGES} passages to a text with a new paragraph and 20 reworded ones: {moving:.0f}")
    print(
        f"post a comment: {replies[False]:.2f}, on a passage {replies[True]:.2f}, + {replies[True] - replies[False]:.2f}"
    )
    print(f"page of {COMMENTS} comments, {ANCHORED} on passages: + {size:.2f} KB gzip, + {queries} queries")
    print("scripts, KB gzip:", ", ".join(f"{script_size(names):.2f} {when}" for when, names in SCRIPTS.items()))


def measure_publishing(clock: Clock) -> tuple[dict[int, float], float]:
    """Return CPU of publishing with no and with 500 passages, and of the job that moves these."""
    essays = {count: make.essay(f"Moving {count}", body="<p>First.</p>") for count in (0, PASSAGES)}
    for essay in essays.values():
        publish(essay, long_essay())
    anchor(essays[PASSAGES], make.create_thread(essays[PASSAGES], *[None] * PASSAGES))
    changes = [long_essay().replace(f"n{number}.", f"n{number} as it were.") for number in range(1, ROUNDS + 1)]
    texts = [body.replace("keep is not the one", "keep was never the one", 20) for body in changes]
    times: dict[int, list[float]] = {0: [], PASSAGES: []}
    moving: list[float] = []
    for number, body in enumerate(texts):
        text = f"<p>Change {number}.</p>{body}"
        for count, essay in essays.items():
            times[count].append(clock.milliseconds(lambda text=text, essay=essay: publish(essay, text)))  # type: ignore[misc]
        placing.texts.clear()
        moving.append(clock.milliseconds(lambda: move_passages.call(essays[PASSAGES].pk)))
    return {count: median(values) for count, values in times.items()}, median(moving)


def publish(essay: Essay, body: str) -> Essay:
    revisions.publish(Essay.objects.get(pk=essay.pk), Text(title=essay.title, body=body, slug=essay.slug), by=None)
    return Essay.objects.get(pk=essay.pk)


def anchor(essay: Essay, comments: list[Comment]) -> None:
    """Put comments on parts of the essay's text, spread over its paragraphs."""
    shown = Revision.objects.public(essay)[0]
    text = placing.read_text(shown)
    paragraphs = [each for each in text.paragraphs if len(each.words) > 100]
    passages = []
    for number, comment in enumerate(comments):
        paragraph = paragraphs[number % len(paragraphs)]
        start = 20 * (number // len(paragraphs))
        place = matching.Place(paragraph.number, start, paragraph.number, len(paragraph.words), paragraph.words[start:])
        passage = placing.build(essay, shown, matching.quote(text, place))
        passage.comment = comment
        passages.append(passage)
    Passage.objects.bulk_create(passages)
    Discussion.objects.save_settings(essay, has_passages=True)


def measure_replies(clock: Clock) -> dict[bool, float]:
    """Return CPU of the whole request that posts a comment, with and without a passage."""
    essay = publish(make.essay("Replies", body="<p>First.</p>"), long_essay())
    shown = Revision.objects.public(essay)[0]
    words = placing.read_text(shown).paragraphs[6]
    client = Client(headers={"host": "127.0.0.1"})
    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(REPLIES):
        for is_anchored in (False, True) if number % 2 else (True, False):
            on = json.dumps([shown.pk, words.number, words.words[-100:], "", ""]) if is_anchored else ""
            name = f"Reader {number} {is_anchored}"
            fields = make.guest_form(text=f"Words {number} {is_anchored}.", name=name, on=on)
            times[is_anchored].append(clock.milliseconds(lambda fields=fields: post(client, essay, fields)))  # type: ignore[misc]
    if Passage.objects.filter(essay=essay).count() != REPLIES:
        raise RuntimeError("a passage was not found")
    return {is_anchored: median(values) for is_anchored, values in times.items()}


def post(client: Client, essay: Essay, fields: dict[str, str]) -> None:
    address = f"{essay.get_absolute_url()}respond/"
    if client.post(address, fields, headers={"sec-fetch-site": "same-origin"}).status_code != 302:
        raise RuntimeError("the comment was not posted")


def measure_page() -> tuple[float, int]:
    """Return how many KB and queries passages add to a page."""
    essay = publish(make.essay("Page", body="<p>First.</p>"), long_essay())
    comments = make.create_thread(essay, *[None] * COMMENTS)
    corpus.gather_statistics()
    before = read(essay)
    anchor(essay, comments[:ANCHORED])
    after = read(essay)
    return after[0] - before[0], after[1] - before[1]


def read(essay: Essay) -> tuple[float, int]:
    """Return the size of an essay's page in KB, compressed, and its queries."""
    caches.clear()
    client = Client(headers={"host": "127.0.0.1"})
    client.get("/robots.txt")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(essay.get_absolute_url()).content
    return len(gzip.compress(page)) / 1000, len(queries)


def script_size(names: tuple[str, ...]) -> float:
    folder = settings.BASE_DIR / "static/js/reading"
    return sum(len(gzip.compress(rjsmin.jsmin((folder / f"{name}.js").read_bytes()), 9)) for name in names) / 1000
