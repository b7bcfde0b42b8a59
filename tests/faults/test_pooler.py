"""A site whose connections go through PgBouncer in transaction mode, each statement perhaps in another session."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pagecache.postgres import PostgresReader
from server import file_modes
from tests.faults.conftest import Forum
from tests.services.databases import is_sqlite
from tests.services.pgbouncer import pgbouncer
from tests.services.processes import wait_until
from tests.services.site import Installation

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(is_sqlite(os.environ["DATABASE_URL"]), reason="SQLite has no pooler"),
]


def finished_jobs(site: Forum) -> int:
    from django_tasks_db.models import DBTaskResult

    with site.blocker.unblock(), site.server.connected():
        return DBTaskResult.objects.successful().count()


def test_reading_posting_searching_and_commands_work_through_pgbouncer(
    installation: Installation, forum: Callable[..., Forum], tmp_path: Path
) -> None:
    with pgbouncer(installation.database_url, tmp_path) as url:
        environment = {"DATABASE_URL": url, "DATABASE_POOLER": "transaction"}
        site = forum(on=installation, WEB_CONCURRENCY="2", **environment)
        people = [site.client(number) for number in range(1, 25)]
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda person: person.read(site.essay).status, people * 4))
            posted = list(pool.map(lambda person: person.post(site.essay, f"From {person.address}."), people))
        assert set(pages) == {200}
        assert all(response.is_accepted for response in posted)
        assert len(site.stored_texts()) == len(people)
        assert site.has_sound_threads()
        for person in people[:4]:  # from either process, by the generations that its reader asks for
            assert site.client().read(site.essay).body.count("From 203.0.113.") >= len(people)
            assert person.read("/search/?q=from").status == 200
        reader = PostgresReader({"conninfo": url}, has_pooler=True)
        assert reader.numbers(["site"])[0] == reader.current()[0] > 0
        reader.close()
        wait_until(lambda: finished_jobs(site) > len(people), "the jobs to run")
        assert "No problems found" in installation.manage("check_threads", **environment)
        file_modes.restrict(installation.data_dir)
        assert "statement_timeout" not in installation.manage("doctor", **environment)
        assert "statement_timeout" in installation.manage("doctor", DATABASE_POOLER="transaction")  # not limited there
        wait_until(lambda: site.client().read("/readyz").body == "ok\n", "the site to be ready")
        assert "Unhandled" not in site.server.process.output()
