"""What the doctor finds, and who is told."""

import os
import sqlite3
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from server import doctor, file_modes
from server.doctor import Severity, findings
from server.doctor.environment import loses_commits
from server.jobs import maintenance, worker
from tests import make
from tests.server import chores
from tests.services.processes import free_port
from tests.services.site import Installation, Serve
from tests.services.web import serving
from transfer.backup import places

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def subjects(severity: Severity = Severity.NOTE) -> set[str]:
    return {finding.subject for finding in findings() if finding.severity >= severity}


@pytest.fixture
def well(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings of an installation in which everything is right."""
    settings.DEBUG = False
    settings.SITE_URL, settings.SITE_URL_IS_SET = "https://example.org", True
    settings.SECRET_KEY_IS_SET = settings.EMAIL_URL_IS_SET = True
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.WEB_CONCURRENCY = 1
    settings.STAFF_SECOND_FACTOR = True
    settings.DATA_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir(mode=0o700)
    (settings.STATIC_ROOT / "staticfiles.json").write_text("{}")
    settings.BACKUP_FOLDER = str(tmp_path / "backups")
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / timezone.now().strftime(places.NAME)).touch()
    file_modes.restrict(tmp_path)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
    monkeypatch.setattr(doctor, "proxy_findings", lambda: iter(()))  # nothing is served there
    make.owner("miriam")
    return settings


@pytest.mark.usefixtures("well")
def test_nothing_is_found_where_everything_is_right() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("changed", "subject", "severity"),
    [
        ({"SITE_URL_IS_SET": False}, "Site address", Severity.WARNING),
        ({"SITE_URL": "http://example.org"}, "Site address", Severity.WARNING),
        ({"SECRET_KEY_IS_SET": False}, "Secret key", Severity.NOTE),
        ({"EMAIL_URL_IS_SET": False}, "Email", Severity.WARNING),
        ({"TRUSTED_PROXIES": []}, "Proxies", Severity.WARNING),
        ({"TRUSTED_PROXIES": ["0.0.0.0/0"]}, "Proxies", Severity.ERROR),
        ({"STAFF_SECOND_FACTOR": False}, "Two-factor authentication", Severity.WARNING),
        ({"DEBUG": True}, "Debugging", Severity.WARNING),
        ({"DATA_DIR": Path("/nowhere/at/all")}, "Data", Severity.ERROR),
        ({"STATIC_ROOT": Path("/nowhere/at/all")}, "Static files", Severity.ERROR),
    ],
)
def test_each_thing_that_is_not_right_is_found(
    well: Any, changed: dict[str, Any], subject: str, severity: Severity
) -> None:
    for name, value in changed.items():
        setattr(well, name, value)
    assert subjects() == {subject}
    assert subjects(severity) == {subject}


def test_a_misspelled_variable_is_found_unless_the_right_one_is_set_too(
    well: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("S3_BUCKET", "TRUSTED_PROXIES", "GITHUB_CLIENT_ID", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("S3_BUKCET", "TRUSTED_PROXY", "GITHUB_CLIENTID", "s3_key", "POSTGRES_PORT", "AWS_S3_BUCKET_NAME"):
        monkeypatch.setenv(name, "a")
    assert [(finding.subject, finding.problem.split()[-1]) for finding in findings()] == [
        ("Environment", f"{name}.") for name in ("GITHUB_CLIENTID", "S3_BUKCET", "TRUSTED_PROXY", "s3_key")
    ]
    assert findings()[1].remedy.startswith("If you mean S3_BUCKET, correct")
    monkeypatch.setenv("S3_BUCKET", "b")
    assert "S3_BUKCET" not in " ".join(finding.problem for finding in findings())


def test_a_key_that_others_can_read_is_found(well: Any) -> None:
    well.SECRET_KEY_IS_SET = False
    file = well.DATA_DIR / "secret_key"
    file.touch(mode=0o600)
    assert subjects(Severity.ERROR) == set()
    file.chmod(0o644)
    assert subjects(Severity.ERROR) == {"Secret key", "Data"}


def test_modes_that_let_other_users_in_are_counted(well: Any) -> None:
    (well.DATA_DIR / "media").mkdir(mode=0o755)
    (well.DATA_DIR / "rejoinder.sqlite3").touch(mode=0o644)
    (well.DATA_DIR / "link").symlink_to("/etc/passwd")
    (found,) = findings()
    assert found.problem == f"Other users on this machine can access 2 files and folders in {well.DATA_DIR}."
    assert found.remedy == f"Restart the site, or run: chmod -R go= {well.DATA_DIR}"
    subprocess.run(["chmod", "-R", "go=", well.DATA_DIR], check=True)
    assert findings() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can give a file to another user.")
def test_files_of_another_user_are_counted(well: Any) -> None:
    file = well.DATA_DIR / "rejoinder.sqlite3"
    file.touch(mode=0o600)
    os.chown(file, 54321, -1)
    (found,) = findings()
    assert found.problem == f"1 file or folder in {well.DATA_DIR} belongs to another user."
    assert found.remedy == f"Run as root: chown -R 0 {well.DATA_DIR}"


@pytest.mark.both
@pytest.mark.usefixtures("well")
def test_what_the_database_holds_is_looked_at() -> None:
    demo = make.user("author", password="demo")
    assert subjects() == {"Demo"}
    demo.set_password("another one altogether")
    demo.save()
    chores.fail_once_and_for_all.enqueue()
    worker.run_ready_jobs()
    assert subjects() == {"Jobs"}
    DBTaskResult.objects.all().delete()
    chores.sweep.enqueue()
    assert subjects() == set()
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(hours=1))
    assert subjects(Severity.ERROR) == {"Jobs"}


@pytest.mark.usefixtures("well")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file only with SQLite")
def test_a_file_that_the_site_cannot_write_to_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file := tmp_path / "site.sqlite3").touch(mode=0o600)
    monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(file))
    assert "Database" in subjects(Severity.ERROR)


@pytest.mark.both
@pytest.mark.usefixtures("well")
def test_a_damaged_file_is_found() -> None:
    maintenance.check_database.enqueue()
    worker.run_ready_jobs()
    assert subjects() == set()
    DBTaskResult.objects.update(return_value="row 7 missing from index")
    assert subjects(Severity.ERROR) == ({"Database"} if connection.vendor == "sqlite" else set())


@pytest.mark.parametrize(
    ("version", "loses"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 46, 1), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_versions_that_can_lose_commits(version: tuple[int, int, int], loses: bool) -> None:
    assert loses_commits(version) is loses


def test_only_the_owner_sees_the_page() -> None:
    client = Client()
    assert client.get("/admin/doctor/").status_code == 302
    client.force_login(make.moderator())
    assert client.get("/admin/doctor/").status_code == 403
    client.force_login(make.owner())
    page = client.get("/admin/doctor/")
    assert page.status_code == 200
    assert "EMAIL_URL is not set" in page.content.decode()


@pytest.mark.both
def test_the_command_says_the_same(installation: Installation) -> None:
    file_modes.restrict(installation.data_dir)
    assert "EMAIL_URL is not set" in installation.manage("doctor")


def test_it_tells_who_refuses_a_forged_header(serve: Serve, settings: Any) -> None:
    def words(url: str) -> str:
        settings.SITE_URL, settings.SITE_URL_IS_SET, settings.TRUSTED_PROXIES = url, True, ["127.0.0.1"]
        return "\n".join(str(finding) for finding in findings() if finding.subject == "Proxies")

    site = serve(TRUSTED_PROXIES="127.0.0.1")
    said = site.installation.manage("doctor", SITE_URL=site.url, TRUSTED_PROXIES="127.0.0.1")
    assert "but the site rejects them" in said
    with serving() as proxy:
        assert "The proxy removes forged headers such as X_Forwarded_For" in words(proxy.origin)
        proxy.responder = lambda handler: handler.respond(400)
        assert "The proxy rejects requests" in words(proxy.origin)
    assert "cannot reach the site" in words(f"http://127.0.0.1:{free_port()}")
