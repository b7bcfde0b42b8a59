"""Backups: what they hold and what they do not, which are refused, and where and how long the site keeps them."""

import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from botocore.exceptions import ClientError, EndpointConnectionError
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import connection
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from server.jobs.worker import run_ready_jobs
from tests.server import chores
from tests.services.bucket import bucket
from tests.services.processes import Process, wait_until
from tests.services.site import ROOT
from transfer import jobs, scratch
from transfer.backup import environment, making, places
from transfer.backup.archive import Writer
from transfer.backup.doctor import check_backups
from transfer.backup.making import Made

if TYPE_CHECKING:
    from tests.services.site import Installation, Serve, Server

pytestmark = pytest.mark.once
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
OLD_SITE = {
    "DEBUG": None,
    "SITE_URL": "https://old.example",
    "SECRET_KEY": "the old site's key, long enough to be no weak one: 0123456789",
    "EMAIL_URL": "smtp://ada:sesame-mail@127.0.0.1:9",
    "AKISMET_KEY": "sesame-akismet",
    "GITHUB_CLIENT_ID": "plain-client",
    "GITHUB_CLIENT_SECRET": "sesame-github",
}


@pytest.fixture
def demo(_with_demo: "Installation", tmp_path: Path) -> "Iterator[Installation]":
    """A site with content that is not served."""
    with _with_demo.copy(tmp_path / "demo") as installation:
        yield installation


@pytest.fixture(scope="module")
def backup(_with_demo: "Installation", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a site with secrets in its environment."""
    file = tmp_path_factory.mktemp("backup") / "demo.backup"
    _with_demo.manage("backup", str(file), **OLD_SITE)
    return file


def test_a_backup_is_private_and_holds_no_secret_but_says_which_there_were(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with zipfile.ZipFile(backup) as archive:
        everything = b"".join(map(archive.read, archive.namelist()))
        manifest = json.loads(archive.read("manifest.json"))
    assert not [value for value in OLD_SITE.values() if value and value.encode() in everything and "plain" not in value
                and "old.example" not in value]  # fmt: skip
    assert manifest["settings"] == {"GITHUB_CLIENT_ID": "plain-client", "SITE_URL": "https://old.example"}
    names = {"AKISMET_KEY", "DATABASE_URL", "EMAIL_URL", "GITHUB_CLIENT_SECRET", "SECRET_KEY"}
    assert set(manifest["secrets"]) == names
    assert not {"sessions.session", "socialaccount.socialtoken"} & manifest["tables"].keys()


def test_every_variable_of_the_environment_is_known_as_plain_or_secret() -> None:
    source = Path("config/settings.py").read_text()
    names = set(re.findall(r'environment\.\w+\(\s*"([A-Z0-9_]+)"', source))
    assert {"SITE_URL", "SECRET_KEY", "DATA_DIR"} < names
    assert names - environment.PLAIN - environment.SECRET - environment.LOCAL == set()
    assert not environment.PLAIN & environment.SECRET


def flip(share: float) -> Callable[[bytes], bytes]:
    def flipped(data: bytes) -> bytes:
        position = int(share * (len(data) - 1))
        return data[:position] + bytes([data[position] ^ 16]) + data[position + 1 :]

    return flipped


@pytest.mark.parametrize(
    "damage",
    [
        *map(flip, (0, 0.001, 0.3, 0.7, 0.99, 0.9995, 1)),
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: data + b"\n",
        lambda _data: b"",
        lambda _data: b"PK\x03\x04",
        lambda _data: b"<rss></rss>",
    ],
)
def test_a_damaged_file_is_refused_in_one_line(backup: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "damaged.backup"
    file.write_bytes(damage(backup.read_bytes()))
    with pytest.raises(CommandError, match=r"^[^\n]*damaged.backup: [^\n]+\. Nothing was changed\.$"):
        call_command("restore", str(file), "--replace")


def test_a_backup_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def write() -> None:
        with Writer(tmp_path / "new.backup") as writer, writer.member("rows/blog.essay.jsonl") as target:
            target.write(b"half of it")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write()
    assert not list(tmp_path.iterdir())


def test_what_a_killed_backup_left_is_removed_by_the_next_but_not_what_one_in_progress_writes(tmp_path: Path) -> None:
    left = [f".{named(NOON)}.{os.getpid()}.part", ".new.backup.4711.part"]
    for name in [*left, ".another.zip.4711.part", ".new.backup.part"]:
        (tmp_path / name).touch()
    (tmp_path / ".restored-abc123_x").mkdir()
    (tmp_path / ".restored-abc123_x" / "copy.sqlite3").touch()
    with (
        Writer(tmp_path / named(NOON + timedelta(seconds=1)), places._NAME.pattern) as in_progress,
        scratch.folder(tmp_path, ".restored-") as in_use,
        Writer(tmp_path / "new.backup", places._NAME.pattern) as new,
        scratch.folder(tmp_path, ".restored-") as other,
    ):
        there = {in_progress.part.name, in_use.name, new.part.name, other.name}
        assert {path.name for path in tmp_path.iterdir()} == {*there, ".another.zip.4711.part", ".new.backup.part"}


@pytest.mark.django_db
def test_a_bucket_that_refuses_is_reported_in_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Botocore's errors are no OSErrors."""

    class Refusing(FileSystemStorage):
        def listdir(self, path: str) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjects")

        def open(self, name: str, mode: str = "rb") -> Any:
            raise EndpointConnectionError(endpoint_url="http://bucket.example")

    settings.BACKUP_BUCKET, settings.DATA_DIR = "safe", tmp_path
    monkeypatch.setattr(places, "configured", lambda: Refusing(tmp_path))
    refused = r"the bucket’s server refused ListObjects \(AccessDenied\)"
    assert [bool(re.search(refused, finding.problem)) for finding in check_backups()] == [True]
    with pytest.raises(CommandError, match=r'^none: Could not connect to the endpoint URL: "http://bucket.example"\.$'):
        call_command("restore", "none")
    monkeypatch.setattr(places, "add", lambda _place: ("new.backup", Made(1, 1, 1, [])))
    with pytest.raises(CommandError, match=f"^The backup was made, but old ones could not be deleted: {refused}\\.$"):
        call_command("backup", "--keep", "1d")
    monkeypatch.setattr(making, "media_files", lambda: Refusing(tmp_path).listdir(""))
    with pytest.raises(CommandError, match=f"{refused}\\. Nothing was written\\.$"):
        call_command("backup", str(tmp_path / "new.backup"))


def test_a_backup_runs_beside_other_jobs_and_ends_cleanly_with_the_site(
    connected_installation: "Installation", tmp_path: Path
) -> None:
    backups, notes = tmp_path / "backups", tmp_path / "notes"
    backups.mkdir()
    media = connected_installation.data_dir / "media"
    media.mkdir(exist_ok=True)
    os.mkfifo(media / "slow.jpg")  # reading it takes until someone writes to it
    worker = Process(
        [sys.executable, "manage.py", "worker"],
        log=tmp_path / "worker.log",
        environment=connected_installation.environment(BACKUP_FOLDER=str(backups)),
        folder=ROOT,
    )
    worker.wait_until(lambda: bool(list(backups.glob(".*.part"))), "a backup to begin")
    chores.note.enqueue(str(notes), "sent")
    worker.wait_until(notes.exists, "another job to run")
    assert worker.stop() == 0
    assert list(backups.iterdir()) == []
    result = DBTaskResult.objects.get(task_path="transfer.jobs.make_backup")
    assert (result.status, result.worker_ids) == (TaskResultStatus.READY, [])


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("restore", str(tmp_path / "none"), "--replace")


def test_a_running_site_and_one_with_content_are_not_overwritten_by_mistake(site: "Server", backup: Path) -> None:
    with pytest.raises(
        AssertionError, match=r"The site is running on this machine\. Stop it first\. Nothing was changed\."
    ):
        site.installation.manage("restore", "--replace", str(backup))


def test_a_restored_site_says_what_it_lacks_and_sends_no_old_emails(
    demo: "Installation", backup: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    from comments.models import Notice
    from comments.notifications import outbox

    with django_db_blocker.unblock(), demo.connected():
        Notice.objects.create(kind=Notice.Kind.DAILY, email="rosa@example.org")
        outbox.notify.enqueue(1)
    waiting = tmp_path / "waiting.backup"
    demo.manage("backup", str(waiting), **OLD_SITE)
    with pytest.raises(AssertionError, match=r"This site has 3 users, .* To replace everything, add --replace\."):
        demo.manage("restore", str(backup))
    said = demo.manage("restore", "--replace", str(waiting), EMAIL_URL="smtp://127.0.0.1:9")
    with django_db_blocker.unblock(), demo.connected():
        assert Notice.objects.get(email="rosa@example.org").state == Notice.State.DROPPED
        assert not DBTaskResult.objects.filter(task_path=outbox.notify.module_path)
        with connection.cursor() as cursor:  # how to read the restored rows is chosen by statistics
            cursor.execute(
                "SELECT stat FROM sqlite_stat1 WHERE idx = 'comment_status'"
                if connection.vendor == "sqlite"
                else "SELECT 1 FROM pg_class WHERE relname = 'comments_comment' AND reltuples > 0"
            )
            assert cursor.fetchone()
    assert "Canceled 1 waiting email." in said
    assert "SECRET_KEY is not the old site’s." in said
    assert "Secrets to set again: AKISMET_KEY, GITHUB_CLIENT_SECRET" in said
    assert "SITE_URL=https://old.example" in said
    assert "can be restored" in demo.manage("backup", "--check", str(backup))


def test_the_site_makes_backups_by_itself_and_the_doctor_says_when_they_stop(
    serve: "Serve", tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "backups").mkdir()
    settings.BACKUP_FOLDER = str(tmp_path / "backups")
    assert ["There is no backup in" in finding.problem for finding in check_backups()] == [True]
    serve(BACKUP_FOLDER=settings.BACKUP_FOLDER)
    place = places.configured()
    assert place
    wait_until(lambda: bool(places.times(place)), "a backup")
    assert list(check_backups()) == []
    (newest,) = places.times(place).values()
    with time_machine.travel(newest + timedelta(hours=51), tick=False):
        assert [finding.problem.endswith("is 51 hours old.") for finding in check_backups()] == [True]


def test_backups_are_kept_in_a_bucket_and_restored_from_it(installation: "Installation", tmp_path: Path) -> None:
    with bucket() as server:
        variables = {
            "BACKUP_BUCKET": "backups", "S3_ENDPOINT": server.url, "S3_KEY": "a", "S3_SECRET": "b", "S3_REGION": "eu",
            "S3_ADDRESSING": "path",
        }  # fmt: skip
        for day in ("2026-01-01", "2026-01-02"):
            server.files[f"/backups/rejoinder-{day}-030000.backup"] = b"old"
        said = installation.manage("backup", "--keep", "1d", **variables)
        assert said.count("Deleted rejoinder-2026-01-0") == 2
        (path,) = server.files
        name = path.removeprefix("/backups/")
        assert f"s3://backups/{name}" in said
        assert "Restored the backup of" in installation.manage("restore", "--replace", name, **variables)


def named(time: datetime) -> str:
    return time.strftime(places.NAME)


@pytest.mark.parametrize(
    ("keep", "days"),
    [("1d", {0}), ("3d", {0, 1, 2}), ("2w", {0, 2}), ("2m", {0, 1}), ("2d2w2m", {0, 1, 2}), ("7d", set(range(7)))],
)
def test_the_newest_backup_of_each_day_week_and_month_is_kept(
    tmp_path: Path, settings: Settings, keep: str, days: set[int]
) -> None:
    """Noon on December 1, 2026 is a Tuesday."""
    settings.BACKUP_FOLDER = str(tmp_path)
    place = places.configured()
    assert place
    times = [NOON - timedelta(days=day, hours=hours) for day in range(70) for hours in (0, 5)]
    for time in times:
        (tmp_path / named(time)).touch()
    (tmp_path / "another.txt").touch()
    places.thin(place, keep)
    assert {file.name for file in tmp_path.iterdir()} == {
        "another.txt", *(named(NOON - timedelta(days=day)) for day in days),
    }  # fmt: skip


@pytest.mark.parametrize("keep", ["", "7", "d", "7x", "7d 4w", "4w7d"])
def test_what_to_keep_is_written_as_days_weeks_and_months(tmp_path: Path, settings: Settings, keep: str) -> None:
    settings.BACKUP_FOLDER = str(tmp_path)
    with pytest.raises(CommandError, match="Write --keep as days, weeks and months, such as 7d4w6m"):
        call_command("backup", "--keep", keep)
    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
def test_a_place_that_cannot_be_written_is_refused(backup: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.backup"
    shutil.copy(backup, file)
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("backup", str(file / "below"))
    assert file.read_bytes() == backup.read_bytes()


def test_a_backup_replaces_only_an_empty_file_or_another_backup(
    demo: "Installation", backup: Path, tmp_path: Path
) -> None:
    file = tmp_path / "kept.backup"
    file.touch()
    demo.manage("backup", str(file))
    file.write_bytes(file.read_bytes().replace(b"manifest.json", b"MANIFEST.JSON"))  # a damaged one may be replaced too
    assert "Backed up to" in demo.manage("backup", str(file))
    (tmp_path / "notes").write_text("mine")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as photos:
        photos.writestr("manifest.json", "{}")
    (tmp_path / "part.backup").write_bytes(backup.read_bytes()[:-1])
    for path in (tmp_path / "notes", tmp_path / "photos.zip", tmp_path / "part.backup", Path("/dev/null")):
        before = path.read_bytes()
        with pytest.raises(
            CommandError, match=r"is not a backup: name another file, or delete this one first\. Nothing"
        ):
            call_command("backup", str(path), verbosity=0)
        assert path.read_bytes() == before
    with pytest.raises(CommandError, match="this is a folder: name a file in it"):
        call_command("backup", str(tmp_path), verbosity=0)


@pytest.mark.django_db
def test_a_missing_backup_folder_is_not_created_as_its_disk_may_not_be_mounted(
    tmp_path: Path, settings: Settings
) -> None:
    folder = tmp_path / "disk" / "backups"
    settings.BACKUP_FOLDER = str(folder)
    (finding,) = check_backups()
    assert finding.problem == f"The folder {folder} does not exist."
    command = finding.remedy.removeprefix("If it is on a disk that is not mounted, mount it. Otherwise run as root: ")
    with pytest.raises(
        CommandError, match=f"^The folder {folder} does not exist. Nothing was written. {finding.remedy}$"
    ):
        call_command("backup")
    jobs.make_backup.enqueue(token="a")
    run_ready_jobs()
    result = DBTaskResult.objects.get(task_path=jobs.make_backup.module_path)
    assert f"The folder {folder} does not exist. If it is on a disk that is not mounted" in result.traceback
    assert not folder.parent.exists()
    subprocess.run(command, shell=True, check=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert ["There is no backup in" in finding.problem for finding in check_backups()] == [True]
