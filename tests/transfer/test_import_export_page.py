"""The owner's page that imports, exports and starts backups: what it shows, does and refuses."""

import io
import re
import stat
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from blog.models import Essay
from comments.models import Comment
from server.jobs.worker import MAX_DEATHS, recover_lost_jobs, run_ready_jobs
from tests import make
from tests.transfer import exports
from transfer import jobs
from transfer.backup import places
from transfer.backup.making import Made
from transfer.pages import views

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGE = "/admin/import-export/"
OLD_BLOG = (exports.FIXTURES / "old-blog.xml").read_bytes()


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(make.owner())
    return client


def files(data_dir: Path) -> list[str]:
    return sorted(path.suffix for path in (data_dir / "transfers").iterdir())


def upload(owner: Client, content: bytes = OLD_BLOG, **fields: str) -> Any:
    return owner.post(PAGE, {"action": "check", "file": SimpleUploadedFile("old.xml", content), **fields})


def text(owner: Client, path: str) -> str:
    response = owner.get(path)
    assert response.status_code == 200
    main = response.content.decode().split('id="content-main"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def test_an_owner_checks_a_file_then_imports_it_once(owner: Client, data_dir: Path) -> None:
    check = upload(owner)["Location"]
    assert "old.xml Waiting to start." in text(owner, check)
    assert "old.xml : Waiting to start. Show progress" in text(owner, PAGE)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (data_dir / "transfers").iterdir()] == [0o600]
    second = upload(owner)
    assert second.status_code == 409
    assert "Another import is still running." in second.content.decode()

    run_ready_jobs()
    said = text(owner, check)
    assert "File checked. Nothing was changed. Would be imported" in said
    assert "Not imported" in said
    assert not Essay.objects.exists()

    running = owner.post(check, {"action": "import"})["Location"]
    run_ready_jobs()
    assert "Import completed. Imported" in text(owner, running)
    before = (Essay.objects.count(), Comment.objects.count())
    assert all(before)
    assert files(data_dir) == []
    assert "The uploaded file has been deleted." in text(owner, check)

    check = upload(owner)["Location"]
    run_ready_jobs()
    assert "This file has nothing new." in text(owner, check)
    assert files(data_dir) == []
    assert (Essay.objects.count(), Comment.objects.count()) == before


@pytest.mark.parametrize(
    ("content", "kind", "error"),
    [
        (b"<rss><channel", "", "This file cannot be imported: line 1: the file is incomplete (unclosed token)."),
        (OLD_BLOG, "markdown", "This file cannot be imported: this is neither a folder nor a ZIP file."),
        (b"PK\3\4 of an interrupted download", "", "imported: the ZIP file is damaged or incomplete."),
        (b"zip of xml", "", "If it is a WordPress export, unpack it and import the .xml file in it."),
    ],
)
def test_a_file_that_cannot_be_imported_is_explained_and_deleted(
    owner: Client, data_dir: Path, content: bytes, kind: str, error: str
) -> None:
    if content == b"zip of xml":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("old.xml", OLD_BLOG)
        content = packed.getvalue()
    check = upload(owner, content, kind=kind)["Location"]
    run_ready_jobs()
    assert error in text(owner, check)
    assert files(data_dir) == []


def test_an_upload_without_a_file_or_too_large_is_refused_beside_the_field(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.BODY_LIMITS[PAGE] > views.MAX_BYTES + 64 * 1024
    empty = owner.post(PAGE, {"action": "check"})
    assert (empty.status_code, "Choose a file." in empty.content.decode()) == (422, True)
    monkeypatch.setattr(views, "MAX_BYTES", 100)
    large = upload(owner)
    assert (large.status_code, "This file is too large." in large.content.decode()) == (422, True)
    assert not DBTaskResult.objects.exists()


def test_an_upload_that_is_not_imported_is_deleted_by_button_or_after_a_day(owner: Client, data_dir: Path) -> None:
    check = upload(owner)["Location"]
    jobs.delete_old_files.call()
    assert files(data_dir) == [".upload"]
    run_ready_jobs()
    assert owner.post(check, {"action": "discard"}).status_code == 302
    assert files(data_dir) == []
    upload(owner)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        jobs.delete_old_files.call()
        assert files(data_dir) == [".upload"]  # it is still to be checked
        run_ready_jobs()
        jobs.delete_old_files.call()
        assert files(data_dir) == []


def test_an_import_that_was_killed_says_so_and_can_be_started_again(owner: Client) -> None:
    check = upload(owner)["Location"]
    result = DBTaskResult.objects.get()
    for death in range(MAX_DEATHS):
        result.claim("another-machine.7.7")
        DBTaskResult.objects.update(started_at=timezone.now() - timedelta(hours=1))
        assert "The process was stopped. It starts again automatically." in text(owner, check)
        assert recover_lost_jobs("") == 1
        result.refresh_from_db()
        assert (result.status == TaskResultStatus.READY) == (death < MAX_DEATHS - 1)
    assert "The process was killed several times" in text(owner, check)
    again = owner.post(check, {"action": "again"})["Location"]
    run_ready_jobs()
    assert "Would be imported" in text(owner, again)


def test_an_import_stopped_between_its_end_and_its_record_is_finished(owner: Client, data_dir: Path) -> None:
    check = upload(owner)["Location"]
    run_ready_jobs()
    running = owner.post(check, {"action": "import"})["Location"]
    result = DBTaskResult.objects.get(status=TaskResultStatus.READY)
    result.claim("another-machine.7.7")
    jobs.import_upload.call(**result.args_kwargs["kwargs"])
    assert files(data_dir) == []
    DBTaskResult.objects.filter(pk=result.pk).update(started_at=timezone.now() - timedelta(hours=1))
    assert recover_lost_jobs("") == 1
    run_ready_jobs()
    assert "Import completed. Imported 2 essays" in text(owner, running)
    again = owner.post(check, {"action": "import"})["Location"]
    run_ready_jobs()
    assert "The uploaded file is no longer there. Upload it again." in text(owner, again)


@pytest.mark.parametrize(("kind", "first"), [("markdown", b"PK"), ("wordpress", b"<?xml")])
def test_an_export_can_be_downloaded_for_a_day(owner: Client, data_dir: Path, kind: str, first: bytes) -> None:
    make.essay("Of Parcels")
    export = owner.post(PAGE, {"action": "export", "kind": kind})["Location"]
    run_ready_jobs()
    assert "Export completed. Exported 1 essay" in text(owner, export)
    (file,) = (data_dir / "transfers").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    response = owner.get(f"{export}file/")
    assert b"".join(response).startswith(first)
    assert "attachment" in response["Content-Disposition"]
    assert "Download the" in text(owner, PAGE)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        jobs.delete_old_files.call()
        owner.force_login(make.owner())
        assert owner.get(f"{export}file/").status_code == 404
        assert "The file has been deleted." in text(owner, export)
        assert "Download the" not in text(owner, PAGE)


def write_backup(path: Path, **_options: Any) -> Made:
    """Write a file, as the real function needs another connection to the database."""
    path.write_bytes(b"0" * 2048)
    return Made(1200, 3, 2048, ["images/lost.png"])


def test_the_page_says_how_to_turn_backups_on_makes_one_and_lists_it(
    owner: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "make", write_backup)
    assert "set BACKUP_FOLDER to a folder on another disk" in text(owner, PAGE)
    settings.BACKUP_FOLDER = str(tmp_path / "backups")
    assert f"The site cannot read {tmp_path}/backups: the folder does not exist." in text(owner, PAGE)
    (tmp_path / "backups").mkdir()
    assert "There is no backup yet." in text(owner, PAGE)
    backup = owner.post(PAGE, {"action": "back-up"})["Location"]
    assert owner.post(PAGE, {"action": "back-up"}).status_code == 409
    assert jobs.back_up_if_old.call() == ""  # one is under way
    run_ready_jobs()
    said = text(owner, backup)
    assert "Backup completed. 1200 rows 3 files 2.0" in said
    assert "images/lost.png" in said
    (file,) = (tmp_path / "backups").iterdir()
    assert f"1 backup Date Size File {timezone.localdate():%-d %B %Y}" in text(owner, PAGE)
    assert file.name in text(owner, PAGE)


def test_a_failed_backup_says_why(
    owner: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, **_options: Any) -> Made:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No way"}}, "PutObject")

    settings.BACKUP_FOLDER = str(tmp_path)
    monkeypatch.setattr(places, "make", refuse)
    backup = owner.post(PAGE, {"action": "back-up"})["Location"]
    run_ready_jobs()
    said = "The bucket’s server refused PutObject (AccessDenied, No way)."
    assert said in text(owner, backup)
    assert f"Latest backup: {timezone.localdate():%-d %B %Y}" in text(owner, PAGE)
    assert said in text(owner, PAGE)


def test_only_owners_may_open_the_pages() -> None:
    owner, editor = Client(), Client()
    owner.force_login(make.owner())
    editor.force_login(make.editor())
    export = owner.post(PAGE, {"action": "export", "kind": "markdown"})["Location"]
    run_ready_jobs()
    for path in (PAGE, export, f"{export}file/"):
        assert editor.get(path).status_code == 403
        assert Client().get(path).status_code == 302
        assert owner.get(path).status_code == 200
    for path in (PAGE, export):
        assert editor.post(path, {"action": "export", "kind": "markdown"}).status_code == 403
        assert owner.post(path, {"action": "nothing"}).status_code == 400
    assert DBTaskResult.objects.filter(task_path=jobs.export_site.module_path).count() == 1
