"""The page of replies to a person with 10,000 entries, and the number in the masthead: CPU and queries."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from statistics import median

from django.db import connection
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.middleware import set_commenter_cookie
from accounts.models import Commenter, User
from comments.models import Comment, Decision, Like
from comments.replies import entries
from tests import make, plans
from tests.bench import corpus, database
from tests.bench.cpu import Clock

ENTRIES, ROUNDS = 10_000, 15
OWN = ENTRIES // 4 + 100  # a few replies are the person’s own


def give_entries(person: Commenter, judge: User) -> None:
    """Make the person the author of comments with some 5,000 replies, 2,500 decisions and 2,500 days of likes."""
    replied = Counter(
        Comment.objects.filter(parent__commenter__name__startswith="Reader").order_by().values_list("parent", flat=True)
    )
    own = [pk for pk, count in replied.items() if count > 1][:OWN]
    Comment.objects.filter(pk__in=own).update(commenter=person)
    now = timezone.now()
    Decision.objects.bulk_create(
        [
            Decision(comment_id=pk, comment_number=pk, verb="approve", before="pending", after="approved", moderator=judge,
                     created=now - timedelta(minutes=pk))
            for pk in own
        ],
        batch_size=500,
    )  # fmt: skip
    others = list(Commenter.objects.filter(user=None).exclude(pk=person.pk)[:4])
    for liker in others:  # four likes of each comment, on one day
        Like.objects.bulk_create([Like(commenter=liker, comment_id=pk, created=now) for pk in own], batch_size=500)
    Comment.objects.filter(pk__in=own).update(likes=F("likes") + len(others))


def client_of(person: Commenter) -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    if person.user:
        client.force_login(person.user)
    else:
        client.cookies.update(set_commenter_cookie(person, HttpResponse()).cookies)
    return client


def measure(person: Commenter, clock: Clock) -> list[float]:
    """Return the numbers of entries and queries, and the medians of a page, its query, a late page and the masthead."""
    client = client_of(person)
    client.get("/replies/")
    with plans.queries() as captured:
        assert client.get("/replies/").status_code == 200
    queries = len(captured)  # before the next request clears their log
    tally, _rows = entries.fetch(person, since=None, count=25)
    works: list[Callable[[], object]] = [
        lambda: client.get("/replies/"),
        lambda: entries.fetch(person, since=None, count=25),
        lambda: client.get("/replies/?page=300"),
        lambda: entries.count_new(person),
        lambda: client.get("/robots.txt"),
    ]
    times = [median(clock.milliseconds(work) for _ in range(ROUNDS)) for work in works]
    return [sum(tally.by_kind.values()), queries, *times]


def main() -> None:
    with database.fresh():
        corpus.essay(60_000, seed=3, people=300)
        judge = make.moderator()
        account, guest = Commenter.objects.for_user(make.user("rosa")), Commenter.objects.create(name="Anna Karg")
        for person in (account, guest):
            give_entries(person, judge)
        corpus.gather_statistics()
        clock = Clock()
        rows = {name: measure(person, clock) for name, person in (("account", account), ("guest", guest))}
    print(f"the page of replies, {connection.vendor}; CPU ms with the database's, median of {ROUNDS}")
    heads = ("entries", "queries", "page", "its query", "page 300", "masthead", "robots.txt")
    print(f"{'person':>10}" + "".join(f"{head:>12}" for head in heads))
    for name, values in rows.items():
        print(f"{name:>10}" + "".join(f"{value:>12.0f}" for value in values[:2]), end="")
        print("".join(f"{value:>12.1f}" for value in values[2:]))
