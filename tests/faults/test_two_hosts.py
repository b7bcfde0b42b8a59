"""Two hosts behind a load balancer, each reloaded, restarted and upgraded in turn while fifty requests a second arrive.

The newer version has migrations: one takes a minute, another locks the table of comments for some seconds.
"""

import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.faults.conftest import Forum
from tests.faults.crowd import Commenter, Liker, crowd, summary
from tests.faults.http_client import HTTPClient, Response
from tests.services.balancer import balancer
from tests.services.bucket import bucket
from tests.services.databases import is_sqlite
from tests.services.process_tree import descendants, process_name
from tests.services.processes import Process, free_port, wait_until
from tests.services.redis import redis
from tests.services.sessions import session_of
from tests.services.site import ROOT, Installation, Server

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(is_sqlite(os.environ["DATABASE_URL"]), reason="SQLite is for one host"),
]

MINUTE, LOCKED = 60, 3  # seconds
READERS, PAUSE = 8, 0.15
MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("comments", "{previous}")]
    operations = [{operations}]
"""
OPERATIONS = {
    "slow": f'migrations.RunSQL("CREATE TABLE newer (id bigint)"), migrations.RunSQL("SELECT pg_sleep({MINUTE})")',
    "locking": (
        'migrations.RunSQL("ALTER TABLE comments_comment ADD COLUMN newer integer NOT NULL DEFAULT 0"), '
        f'migrations.RunSQL("SELECT pg_sleep({LOCKED})")'
    ),
}
NEW_POLICY = "no-referrer"


class Host:
    """A host with its own copy of the code, which can be upgraded."""

    def __init__(self, folder: Path, installation: Installation, **environment: Any) -> None:
        self.code = folder / "code"
        copy_code(self.code)
        self.server = Server(installation, code=self.code, **environment)

    def generations(self) -> list[int]:
        return [pid for pid in descendants(self.server.process.pid) if process_name(pid) == "generation"]

    def reload(self) -> None:
        """Send SIGHUP, and wait until the new processes serve and the previous ones have ended."""
        before = self.generations()
        os.kill(self.server.process.pid, signal.SIGHUP)
        wait_until(lambda: len(now := self.generations()) == 1 and now != before, "the next generation", 120)

    def install_newer(self) -> None:
        """Install a version with more migrations; its responses have another header."""
        migrations = self.code / "comments/migrations"
        for name, operations in OPERATIONS.items():
            previous = max(file.stem for file in migrations.glob("0*.py"))
            text = MIGRATION.format(previous=previous, operations=operations)
            (migrations / f"{int(previous[:4]) + 1:04}_{name}.py").write_text(text)
        with (self.code / "config/settings.py").open("a") as settings:
            settings.write(f"\nSECURE_REFERRER_POLICY = {NEW_POLICY!r}\n")

    def migrate(self) -> Process:
        """Start `manage.py migrate` with this host's code."""
        log = self.server.installation.data_dir / "migrate.log"
        return Process(
            [sys.executable, "manage.py", "migrate"], log=log, environment=self.server.environment, folder=self.code
        )


def copy_code(target: Path) -> None:
    """Copy the code with its bytecode, which a host has too."""
    others = (".*", "tests", "docs", "var", "requirements")
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*others))


class Hosts(Forum):
    """A site of two hosts; clients reach it through the balancer."""

    hosts: list[Host]
    address: str


@pytest.fixture
def site(installation: Installation, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Hosts]:
    from tests import make

    with ExitStack() as stack:
        store, server, port = stack.enter_context(bucket()), stack.enter_context(redis()), free_port()
        environment = {
            "DEBUG": None, "SITE_URL": f"http://127.0.0.1:{port}", "WEB_CONCURRENCY": "2", "CACHE_URL": server.url,
            "TRUSTED_PROXIES": "127.0.0.1", "S3_BUCKET": "pictures", "S3_ENDPOINT": store.url, "S3_KEY": "a",
            "S3_SECRET": "b", "S3_REGION": "eu", "S3_ADDRESSING": "path",
        }  # fmt: skip
        hosts = []
        for name in ("one", "two"):
            data = tmp_path / name / "data"
            shutil.copytree(installation.data_dir, data)
            host = Host(tmp_path / name, Installation(data, installation.database_url), **environment)
            stack.callback(host.server.stop)
            hosts.append(host)
        address = stack.enter_context(balancer(port, [host.server.port for host in hosts], tmp_path / "nginx"))
        with django_db_blocker.unblock(), installation.connected():
            make.site()
            make.rules(hold_first_comment=False)
            site = Hosts(hosts[0].server, make.essay("The Harbor").get_absolute_url(), django_db_blocker)
        site.hosts, site.address = hosts, address
        yield site


def test_no_request_is_refused_fails_or_is_lost_while_each_host_is_restarted_and_upgraded(site: Hosts) -> None:
    from tests import make

    with site.blocker.unblock(), site.server.connected():
        session = session_of(make.user("miriam"))
    people = [site.client(number, url=site.address) for number in range(READERS + 3)]
    member = site.client(50, url=site.address, session=session)
    commenters = [Commenter(people[number], site.essay, name) for number, name in enumerate(("Ida", "Ola"))]
    liker = Liker(member, site.essay)

    def read_as(person: HTTPClient) -> Callable[[int], Response]:
        return lambda _: person.read(site.essay)

    activities = {f"page {number}": read_as(people[number + 3]) for number in range(READERS)}
    activities |= {commenter.name: commenter.post for commenter in commenters}
    activities |= {"like": liker.like, "rendered page": lambda _: member.read(site.essay)}
    with crowd(activities, pause=PAUSE) as load:
        load.wait_until_served(0.0, 60)
        first, second = site.hosts
        for host in site.hosts:
            load.phase = "reload"
            host.reload()
        for host in site.hosts:
            load.phase = "restart"
            host.server.restart()
        load.phase = "migration"
        first.install_newer()
        migration = first.migrate()
        second.reload()  # the old code, beside a database that is being migrated
        migration.popen.wait()
        assert migration.popen.returncode == 0, migration.output()
        load.phase = "upgrade"
        second.server.restart()  # the old code, on a database that is newer
        first.reload()
        second.install_newer()
        second.reload()
        seen = {site.client(url=host.server.url).read("/robots.txt").headers["referrer-policy"] for host in site.hosts}
        assert seen == {NEW_POLICY}
    assert not load.errors
    assert not load.failed(), summary(load.failed())
    for commenter in commenters:
        assert len(commenter.client.accepted) == commenter.count
    stored = Counter(site.stored_texts())
    assert stored == Counter(text for commenter in commenters for text in commenter.client.accepted)
    assert site.has_sound_threads()
    for host in site.hosts:
        assert "Unhandled" not in host.server.process.output()


def test_while_a_host_is_read_only_it_shows_pages_and_says_that_nothing_was_saved(site: Hosts) -> None:
    one, other = site.hosts
    (one.server.installation.data_dir / "read-only").touch()
    reader = site.client(url=one.server.url)
    assert reader.read(site.essay).status == 200
    refused = reader.post(site.essay, "During the upgrade.")
    assert (refused.status, refused.headers["retry-after"]) == (503, "60")
    assert "Nothing was saved" in refused.body
    assert site.client(url=other.server.url).post(site.essay, "During the upgrade.").is_accepted
    (one.server.installation.data_dir / "read-only").unlink()
    assert reader.post(site.essay, "After it.").is_accepted
    assert site.stored_texts() == ["During the upgrade.", "After it."]
