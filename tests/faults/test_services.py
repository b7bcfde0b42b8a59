"""PostgreSQL, Redis, the mail server or the bucket is gone or hangs, and comes back, while people use the site."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.faults.conftest import Forum
from tests.faults.crowd import Commenter, Crowd, Liker, crowd, summary
from tests.faults.http_client import HTTPClient, Response
from tests.services.bucket import bucket
from tests.services.databases import is_sqlite
from tests.services.processes import wait_running
from tests.services.proxy import Proxy, proxy
from tests.services.redis import redis
from tests.services.site import Installation, Server
from tests.services.smtp import Mailbox, mailbox

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(is_sqlite(os.environ["DATABASE_URL"]), reason="SQLite is not a service"),
]

ROUNDS = int(os.environ.get("ROUNDS", 20))
BACK_WITHIN = 10.0  # seconds
OUTAGE, LONG_OUTAGE = 1.5, 40.0  # seconds; the second is longer than pauses that double
LONG_ROUNDS = {2, 3}
PASSWORD = "a long password of the tests"
PICTURE = "images/tide.png"
SERVICES = {
    "PostgreSQL": "database",
    "Redis": "Redis is not responding",
    "the mail server": "Email",
    "the bucket": "Bucket",
}


class Site(Forum):
    """A site of two processes, whose services are each behind a proxy."""

    quiet_essay: str  # no one comments on it or likes it, so that its page stays cached
    proxies: dict[str, Proxy]
    mailbox: Mailbox

    def doctor(self) -> str:
        """Return what `manage.py doctor --live` writes with the site's own settings."""
        environment = {name: self.server.environment.get(name) for name in ("DATABASE_URL", "CACHE_URL", "EMAIL_URL")}
        try:
            return self.server.installation.manage("doctor", "--live", **self.settings, **environment)
        except AssertionError as failed:
            return str(failed)

    settings: dict[str, str]


@pytest.fixture
def site(installation: Installation, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    from tests import make

    with ExitStack() as stack:
        services = stack.enter_context(redis()), stack.enter_context(mailbox()), stack.enter_context(bucket())
        database = urlsplit(installation.database_url)
        bucket_port = urlsplit(services[2].url).port
        assert database.port
        assert bucket_port
        ports = (database.port, services[0].port, services[1].port, bucket_port)
        proxies = {name: stack.enter_context(proxy(port)) for name, port in zip(SERVICES, ports, strict=True)}
        services[2].files[f"/pictures/{PICTURE}"] = b"a picture" * 1000
        settings: dict[str, Any] = {
            "S3_BUCKET": "pictures", "S3_KEY": "a", "S3_SECRET": "b", "S3_REGION": "eu", "S3_ADDRESSING": "path",
            "S3_ENDPOINT": f"http://127.0.0.1:{proxies['the bucket'].port}",
        }  # fmt: skip
        server = Server(
            installation,
            WEB_CONCURRENCY="2",
            TRUSTED_PROXIES="127.0.0.1",
            DATABASE_URL=database._replace(
                netloc=f"{database.username}:{database.password}@127.0.0.1:{proxies['PostgreSQL'].port}"
            ).geturl(),
            CACHE_URL=f"redis://127.0.0.1:{proxies['Redis'].port}/0",
            EMAIL_URL=f"smtp://127.0.0.1:{proxies['the mail server'].port}",
            **settings,
        )
        stack.callback(server.stop)
        with django_db_blocker.unblock(), server.connected():
            make.site()
            make.rules(hold_first_comment=False, guests_may_like=False)
            essay = make.essay("The Tide", by=make.author("rosa")).get_absolute_url()
            quiet = make.essay("The Ebb").get_absolute_url()
            make.user("miriam", password=PASSWORD)
        found = Site(server, essay, django_db_blocker)
        found.quiet_essay, found.proxies, found.mailbox, found.settings = quiet, proxies, services[1], settings
        yield found


@pytest.mark.parametrize("service", SERVICES)
def test_people_are_served_without_a_service_and_it_is_used_again_when_it_is_back(site: Site, service: str) -> None:
    member = site.client(1, cookies={})
    assert member.log_in("miriam", PASSWORD)
    commenter, liker = Commenter(site.client(2), site.essay, "Ida"), Liker(member, site.essay)
    outages: list[tuple[float, float]] = []
    with crowd(
        {
            "cached page": lambda _: site.client(3).read(site.quiet_essay),
            "rendered page": lambda _: member.read(site.essay),
            "comment": commenter.post,
            "like": liker.like,
            "log in": lambda number: log_in(site.client(10 + number % 200, cookies={})),
            "picture": lambda _: site.client(4).read(f"/media/{PICTURE}"),
        }
    ) as people:
        people.wait_until_served(0.0, 60)
        outages += [take_away(site, people, service, round_) for round_ in range(ROUNDS)]
    check_answers(people, service, outages)
    check_content(site, commenter, liker, service)


def log_in(person: HTTPClient) -> Response:
    return person.send("/accounts/login/", login="miriam", password=PASSWORD)


def take_away(site: Site, people: Crowd, service: str, round_: int) -> tuple[float, float]:
    """Take the service away and bring it back; return when it was taken away, and when everything worked again."""
    proxy_, began = site.proxies[service], time.monotonic()
    people.phase = f"round {round_}"
    emails = len(site.mailbox.messages)
    (proxy_.hang if round_ % 2 else proxy_.vanish)()
    if round_ < 2:
        assert SERVICES[service] in site.doctor()
    people.over.wait(LONG_OUTAGE if round_ in LONG_ROUNDS else OUTAGE)
    proxy_.restore(resumes=round_ % 4 == 1)
    restored = time.monotonic()
    people.wait_until_served(restored, BACK_WITHIN)
    wait_running(lambda: site.client().read("/readyz").body == "ok\n", "the site to be ready", BACK_WITHIN)
    wait_running(lambda: len(site.mailbox.messages) > emails, "an email", BACK_WITHIN)
    served = time.monotonic()
    people.over.wait(0.5)
    return began, served


def check_answers(people: Crowd, service: str, outages: list[tuple[float, float]]) -> None:
    """Check that nothing failed that could have worked, and what failed was answered with 503."""
    assert not people.errors
    without = {
        "PostgreSQL": {"rendered page", "comment", "like", "log in", "picture"}, "the bucket": {"picture"},
    }.get(service, set())  # fmt: skip
    failed = people.failed()
    unexpected = [each for each in failed if each.what not in without or each.status != 503]
    assert not unexpected, summary(unexpected)
    at_other_times = [each for each in failed if not any(begin - 15 < each.began < end for begin, end in outages)]
    assert not at_other_times, summary(at_other_times)


def check_content(site: Site, commenter: Commenter, liker: Liker, service: str) -> None:
    """Check that each confirmed comment and like is stored once, and each comment was emailed once."""
    from comments.models import Like, Notice

    texts = Counter(site.stored_texts())
    assert set(commenter.client.accepted) <= set(texts)
    assert set(texts.values()) == {1}
    assert site.has_sound_threads()

    def is_emailed() -> bool:
        with site.blocker.unblock(), site.server.connected():
            known = Notice.objects.all()
            return known.count() == len(texts) and not known.exclude(state__in=["sent", "sending"]).exists()

    wait_running(is_emailed, "an email about each comment", 60)
    site.server.stop()
    with site.blocker.unblock(), site.server.connected():
        uncertain = Notice.objects.filter(state="sending").count()
        assert not liker.is_certain or Like.objects.exists() == liker.is_liked
    assert uncertain <= (ROUNDS if service in {"PostgreSQL", "the mail server"} else 0)
    emails = Counter(re.findall(r"Ida says \d+\.", text)[0] for text in map(plain_text, site.mailbox.messages))
    assert set(emails.values()) == {1}
    assert len(texts) - uncertain <= len(emails) <= len(texts)


def plain_text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())
