"""One site in a process of its own, which fills it and measures what the parent asks for by lines of JSON."""

import contextlib
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.test import Client

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Discussion, Like
from server.database import limit_statements
from server.jobs import tasks
from server.models import Bucket
from tests import make
from tests.bench import corpus, cpu
from tests.bench.scale import filling
from tests.bench.search import Texts

numbers = count(int(time.time()))
SAME_SITE = {"sec-fetch-site": "same-origin"}
WORDS = "bench-words"  # text of no comment


class Site:
    """What the measurements need to know of the filled site."""

    def __init__(self) -> None:
        reopen()  # a connection made without a pool cannot be returned to it
        limit_statements()
        self.owner = User.objects.get(username="owner")
        self.reader = Client(headers={"host": "127.0.0.1"})
        self.moderator = Client(headers={"host": "127.0.0.1"})
        self.moderator.force_login(self.owner)
        oldest = list(Essay.objects.filter(kind="essay").order_by("published"))
        at = filling.ESSAYS - filling.ESSAYS // filling.YEARS
        found = oldest[at : at + len(filling.SIZES)]
        counts = dict(Discussion.objects.filter(essay__in=found).values_list("essay", "comment_count"))
        self.essays = {
            size: essay for size, essay in zip(filling.SIZES, found, strict=True) if counts[essay.pk] >= size * 0.8
        }
        self.newest_like = Like.objects.order_by("-pk").values_list("pk", flat=True)[0]
        self.total = Comment.objects.count()
        self.middle = self.total // 2
        busiest = Commenter.objects.exclude(user=self.owner).order_by("pk")[0:1]
        self.guest = busiest[0].pk
        self.works = dict(self.list_works())

    def get(self, client: Client, address: str, status: int = 200, **options: Any) -> Callable[[], Any]:
        def work() -> Any:
            response = client.get(address, **options)
            if response.status_code != status:
                raise RuntimeError(f"{response.status_code} for {address}")
            return response

        return work

    def list_works(self) -> Any:
        """Yield the name of each measurement with a function that prepares it and returns the work."""
        read, moderate = self.reader, self.moderator
        for size, essay in self.essays.items():
            yield f"essay of {size:,}", lambda essay=essay: self.get(read, essay.get_absolute_url())
            yield f"essay of {size:,} after a reply", lambda essay=essay: self.after_reply(essay)
            yield f"reply, essay of {size:,}", lambda essay=essay: self.reply(essay)
        thousand = self.essays[1_000]
        path = thousand.get_absolute_url()
        comment = Comment.objects.filter(essay=thousand, status="approved").order_by("pk")[300:301][0]
        for name, address in {
            "essay, most liked first": f"{path}?order=liked",
            "link to a comment": f"{path}?comment={comment.pk}",
            "home": "/", "home, page 50": "/?page=50", "archive": "/archive/", "year": f"/{thousand.day.year}/",
            "tag": "/tag/all/", "feed": "/feed/", "sitemap": "/sitemap.xml", "sitemap part": "/sitemap-essays.xml",
            "feed of comments": "/comments/feed/", "feed of an essay": f"{path}feed/",
            "feed of a thread": f"/comments/{comment.pk}/feed/", "moderation record": "/moderation/",
        }.items():  # fmt: skip
            yield name, lambda address=address: self.get(read, address)
        yield "like a comment", lambda: self.like(f"/comments/{comment.pk}/like/")
        yield "like an essay", lambda: self.like(f"{path}like/")
        words = Texts().words
        for name, query in {
            "search, rare word": f"q={words[9_000]}", "search, usual word": f"q={words[500]}",
            "search, in every text": "q=everywhere", "search, newest first": "q=everywhere&order=newest",
            "search, two words": f"q={words[40]}+{words[900]}", "search, one year": f"q=everywhere&year={thousand.day.year}",
            "search, a commenter": f"q=everywhere&author=c{self.owner.commenter.pk}",
        }.items():  # fmt: skip
            yield (
                name,
                lambda query=query: self.get(
                    read,
                    f"/search/?{query}",
                    REMOTE_ADDR=f"10.{next(numbers) % 250}.{next(numbers) // 250 % 250}.{next(numbers) % 250}",
                ),
            )
        for name, query in {
            "queue": "", "queue, deep": f"?after={self.deep('pending')}", "queue, page 3": "?page=3",
            "queue, likeliest spam": "?order=likeliest", "queue, a word": "?q=everywhere", "queue, no such word": f"?q={WORDS}",
            "queue, one essay": f"?essay={thousand.pk}", "queue, one person": f"?person={self.guest}",
            "queue, a reason": "?reason=first", "queue, last week": "?age=week",
            "approved": "?status=approved", "approved, deep": f"?status=approved&after={self.middle}",
            "approved, page 300": "?status=approved&page=300", "approved, one essay": f"?status=approved&essay={thousand.pk}",
            "approved, older": "?status=approved&age=older",
            "spam": "?status=spam", "trash": "?status=trash", "reported": "?status=reported", "appealed": "?status=appealed",
            "my essays": "?status=mine", "all": "?status=all", "all, last week": "?status=all&age=week",
            "all, no such word": f"?status=all&q={WORDS}", "all, most reported": "?status=all&order=reported",
        }.items():  # fmt: skip
            yield f"q: {name}", lambda query=query: self.get(moderate, f"/admin/comments/queue/{query}")
        yield "q: approve 20", self.approve
        yield "q: start a batch", self.start_batch
        yield "q: a comment", lambda: self.get(moderate, f"/admin/comments/queue/comments/{comment.pk}/")
        yield (
            "q: news",
            lambda: self.get(moderate, f"/admin/comments/queue/news/?seen={comment.pk}+approved+{comment.wording_id}"),
        )
        for name, address in {
            "person of 50 comments": f"queue/people/{self.owner.commenter.pk}/", "busy person": f"queue/people/{self.guest}/",
            "log": "queue/log/", "log, page 50": "queue/log/?page=50", "log, one verb": "queue/log/?verb=spam",
            "log, no such word": f"queue/log/?words={WORDS}",
            "statistics": "queue/numbers/", "spam filter": "queue/filter/", "blocks": "queue/blocks/",
        }.items():  # fmt: skip
            yield f"m: {name}", lambda address=address: self.get(moderate, f"/admin/comments/{address}")
        for name, address in {
            "start page": "", "essays": "blog/essay/", "commenters": "accounts/commenter/", "commenters, search": f"accounts/commenter/?q={WORDS}",
            "users": "accounts/user/", "likes": "comments/like/", "emails": "comments/notice/",
            "subscriptions": "comments/subscription/", "addresses": "comments/address/", "an essay": f"blog/essay/{thousand.pk}/change/",
            "doctor": "doctor/",
        }.items():  # fmt: skip
            yield f"a: {name}", lambda address=address: self.get(moderate, f"/admin/{address}")
        yield "replies to me", lambda: self.get(moderate, "/replies/")
        yield "my comments", lambda: self.get(moderate, "/replies/comments/")
        yield "my data", lambda: self.get(moderate, "/accounts/data/")
        yield "health", lambda: self.get(read, "/readyz")

    def deep(self, status: str) -> int:
        rows = Comment.objects.filter(status=status).order_by("pk").values_list("pk", flat=True)
        return int(rows[rows.count() // 2])

    def after_reply(self, essay: Essay) -> Callable[[], Any]:
        make.comment(essay, f"Words {next(numbers)}.")
        return self.get(self.reader, essay.get_absolute_url())

    def reply(self, essay: Essay) -> Callable[[], Any]:
        number = next(numbers)
        keys = Comment.objects.filter(essay=essay, status="approved").order_by("pk").values_list("pk", flat=True)
        parent = keys[min(number * 37 % 1_000, max(0, len(keys) - 1)) if len(self.essays) == 2 else number * 37 % 8]
        fields = make.guest_form(
            text=f"Words {number} of mine.",
            parent=str(parent),
            name=f"Writer {number}",
            email=f"writer{number}@example.org",
        )
        return self.post(Client(headers={"host": "127.0.0.1"}), f"{essay.get_absolute_url()}respond/", fields)

    def like(self, address: str) -> Callable[[], Any]:
        Like.objects.remove(Like.objects.filter(commenter=self.owner.commenter.pk, pk__gt=self.newest_like))
        return self.post(self.moderator, address, {"like": "1"})

    def approve(self) -> Callable[[], Any]:
        fields: dict[str, Any] = {"action": "approve", "comment": [], "seen": []}
        for comment in make.pending_comments(self.essays[1_000], 20):
            fields["comment"].append(str(comment.pk))
            fields["seen"].append(f"{comment.pk} pending {comment.wording_id}")
        return self.post(self.moderator, "/admin/comments/queue/", fields)

    def start_batch(self) -> Callable[[], Any]:
        return self.post(
            self.moderator, f"/admin/comments/queue/?status=approved&q={WORDS}", {"action": "trash", "whole": "1"}
        )

    def post(self, client: Client, address: str, fields: dict[str, Any]) -> Callable[[], Any]:
        def work() -> None:
            response = client.post(address, fields, headers=SAME_SITE)
            if response.status_code not in {200, 302, 303}:
                raise RuntimeError(f"{response.status_code} for {address}")

        return work

    def measure(self, name: str) -> dict[str, float]:
        """Run a measurement as a server runs a request, with a pooled connection, and return its milliseconds."""
        Bucket.objects.all().delete()  # rate limits
        work = self.works[name]()
        close_old_connections()
        started = time.perf_counter()

        def run() -> None:
            work()
            close_old_connections()

        used = clock().milliseconds(run)
        return {"cpu": used, "time": (time.perf_counter() - started) * 1000}


_clock: cpu.Clock | None = None


def clock() -> cpu.Clock:
    global _clock
    _clock = _clock or cpu.Clock()
    return _clock


def clear_statistics() -> None:
    corpus.clear_statistics()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1")
            cursor.execute("ANALYZE blog_site")  # creates the table
            cursor.execute("DELETE FROM sqlite_stat1")
        reopen()


def gather_statistics() -> None:
    """Gather statistics as the site does daily on SQLite, for every table; PostgreSQL does it by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize(0x10002)")
    else:
        url = urlsplit(os.environ["DATABASE_URL"])._replace(scheme="postgresql").geturl()
        with psycopg.connect(url, autocommit=True) as server:  # the site's own connections give up after 12 s
            server.execute("VACUUM ANALYZE")
    reopen()


def reopen() -> None:
    """Read the statistics, which a connection reads when it is opened."""
    connection.close()
    if pool := getattr(connection, "pool", None):
        getattr(pool, "clear", lambda: None)()


def run_jobs() -> dict[str, float]:
    """Return the CPU milliseconds of each periodic job."""
    from django.utils.module_loading import autodiscover_modules

    autodiscover_modules("jobs")
    found = {}
    for name, (job, _period) in sorted(tasks._schedule.items()):
        found[name.rpartition(".")[2]] = clock().milliseconds(job.func)
    return found


def memory() -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = Path("/proc/self/status").read_text().splitlines()
    now = int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
    return {"now": now, "peak": peak}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", buffering=1)
    connection.settings_dict["OPTIONS"].pop("tcp_user_timeout", None)  # filling may keep PostgreSQL busy for longer
    site: Site | None = None
    for line in sys.stdin:
        asked: Any = json.loads(line)
        answer: Any = None
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                match asked["do"]:
                    case "fill":
                        call_command("migrate", verbosity=0)
                        filling.hurry()
                        filling.fill(asked["comments"])
                    case "index":
                        filling.hurry()
                        filling.fill_search()
                    case "clear":
                        clear_statistics()
                    case "optimize":
                        gather_statistics()
                    case "names":
                        site = site or Site()
                        answer = list(site.works)
                    case "measure":
                        site = site or Site()
                        answer = site.measure(asked["name"])
                    case "jobs":
                        answer = run_jobs()
                    case "memory":
                        answer = memory()
                    case _:
                        return
            print(json.dumps({"answer": answer}), file=out)
        except Exception as error:
            print(json.dumps({"error": f"{asked}: {error!r}"}), file=out)
            if os.environ.get("BENCH_TRACE"):
                raise
