"""A backup restored while the site runs is what readers see and what new comments are added to."""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import Forum
from tests.services.databases import connected, is_sqlite
from tests.services.processes import wait_until

pytestmark = pytest.mark.skipif(not is_sqlite(os.environ["DATABASE_URL"]), reason="PostgreSQL's files are not ours")


def create_backup(site: Forum, text: str, file: Path) -> Path:
    """Return a copy of the site's database with another comment."""
    from blog.models import Essay
    from tests import make

    source = Path(urlsplit(site.server.installation.database_url).path)
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(file)) as new:
        old.backup(new)
    with site.blocker.unblock(), connected(f"sqlite:///{file}"):
        make.comment(Essay.objects.get(slug=site.slug), text)
    return file


def restore(backup: Path, database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as running:
        running.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    backup.replace(database)


def unfinished_jobs(site: Forum) -> int:
    from django_tasks_db.models import DBTaskResult

    from comments.notifications import outbox
    from server.jobs.tasks import UNFINISHED

    with site.blocker.unblock(), site.server.connected():
        return DBTaskResult.objects.filter(status__in=UNFINISHED, task_path=outbox.notify.module_path).count()


def test_a_restored_database_is_read_and_written_without_a_restart(forum: Callable[..., Forum], tmp_path: Path) -> None:
    site = forum(WEB_CONCURRENCY="1")
    client = site.client()
    assert client.post(site.essay, "Before the restore.").is_accepted
    assert "Before the restore." in client.read(site.essay).body
    database = Path(urlsplit(site.server.installation.database_url).path)
    backup = create_backup(site, "Only in the backup.", tmp_path / "backup.sqlite3")
    assert client.post(site.essay, "After the backup.").is_accepted
    assert "After the backup." in client.read(site.essay).body
    restore(backup, database)
    page = client.read(f"{site.essay}?order=newest").body  # this address was not cached
    assert "Only in the backup." in page
    assert "After the backup." not in page
    wait_until(lambda: "Only in the backup." in client.read(site.essay).body, "the kept page to be drawn again")
    assert client.post(site.essay, "After the restore.").is_accepted
    assert site.stored_texts()[-2:] == ["Only in the backup.", "After the restore."]
    wait_until(lambda: not unfinished_jobs(site), "the job worker to do the jobs of the restored database")
    with contextlib.closing(sqlite3.connect(database)) as restored:
        assert restored.execute("PRAGMA integrity_check").fetchone() == ("ok",)
