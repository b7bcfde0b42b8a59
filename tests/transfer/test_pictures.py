"""Pictures of an imported essay, from a folder or fetched by the job, and shown from this site only."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django_tasks_db.models import DBTaskResult
from PIL import Image as Pillow
from pytest_django import Settings

from blog import actions as writing
from blog.models import Essay, Image
from server.jobs.worker import run_ready_jobs
from tests.services.web import Server, allow_requests_to, serving
from tests.transfer.exports import export, import_text, imported_rows, item
from transfer import pictures
from transfer.models import WantedPicture
from transfer.pictures import UploadsFolder

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def jpeg(shade: int = 128) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (30, 20), (shade, 0, 0)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """The old site's uploads folder."""
    folder = tmp_path / "old"
    month = folder / "wp-content/uploads/2019/03"
    month.mkdir(parents=True)
    (month / "hill.jpg").write_bytes(jpeg())
    return folder


@pytest.fixture
def old_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The old site's server, still online."""
    with serving() as server:
        allow_requests_to(monkeypatch, server.origin)
        server.responder = lambda handler: handler.respond(body=jpeg(), Content_Type="image/jpeg")
        yield server


def fetching() -> Any:
    """The jobs that fetch pictures; every stored picture has another job, which makes its renditions."""
    return DBTaskResult.objects.filter(task_path=pictures.fetch_wanted.module_path)


def attachment(number: int, url: str, alt: str = "") -> str:
    meta = [("_wp_attachment_image_alt", alt)] if alt else []
    return item(number, post_type="attachment", status="inherit", attachment_url=url, meta=meta)


HILL = "https://old.example/wp-content/uploads/2019/03/hill.jpg"
SMALL = "https://old.example/wp-content/uploads/2019/03/hill-300x200.jpg"


# From a folder


def test_a_picture_in_the_folder_is_shown_from_here(tmp_path: Path, uploads: Path, client: Client) -> None:
    body = f'<a href="{HILL}"><img src="{HILL}" alt="A hill"></a> <a href="https://old.example/?p=2">stays</a>'
    report = import_text(
        tmp_path, export(item(1, body=body), attachment(5, HILL, "A green hill")), "--media", str(uploads)
    )
    kept = Image.objects.get()
    assert (kept.source, kept.alt, kept.width) == (HILL, "A green hill", 30)
    essay = Essay.objects.get()
    assert f'<a href="{kept.file.url}" rel="noopener"><img src="{kept.file.url}" alt="A hill"></a>' in essay.body
    assert 'href="https://old.example/?p=2"' in essay.body
    assert "old.example/wp-content" not in client.get(essay.get_absolute_url()).content.decode()
    assert client.get(kept.file.url).getvalue()
    assert "  1 picture imported" in report.splitlines()
    assert not WantedPicture.objects.exists()
    assert not fetching().exists()


def test_a_featured_picture_becomes_the_cover(tmp_path: Path, uploads: Path) -> None:
    items = [item(1, meta=[("_thumbnail_id", "5")]), item(2, title="None", meta=[("_thumbnail_id", "6")])]
    text = export(*items, attachment(5, HILL, "A green hill"))
    report = import_text(tmp_path, text, "--media", str(uploads))
    covered, without = Essay.objects.order_by("pk")
    assert covered.cover
    assert (covered.cover.source, covered.cover.alt, without.cover) == (HILL, "A green hill", None)
    assert "1 featured image is now a cover picture" in report
    assert "1 featured image that is not in the file’s media library\n    None" in report
    Essay.objects.update(cover=None)  # by its author
    import_text(tmp_path, text, "--media", str(uploads))
    assert not Essay.objects.exclude(cover=None).exists()


def test_a_second_import_with_the_folder_adds_missing_pictures(tmp_path: Path, uploads: Path) -> None:
    text = export(item(1, body=f'<img src="{HILL}">'), attachment(5, HILL))
    import_text(tmp_path, text)
    assert WantedPicture.objects.count() == 2
    essay = Essay.objects.get()
    essay.body += "<p>Written since.</p>"
    writing.save(essay)
    report = import_text(tmp_path, text, "--media", str(uploads))
    assert "Imported from export.xml:\n  1 picture imported" in report
    assert Essay.objects.get().body.endswith('.jpg" alt=""></p><p>Written since.</p>')
    assert HILL not in Essay.objects.get().body
    before = imported_rows()
    assert import_text(tmp_path, text, "--media", str(uploads)).startswith("Nothing new in export.xml.")
    assert imported_rows() == before
    assert Image.objects.count() == 1


def test_a_dry_run_lists_the_folders_pictures_and_writes_no_file(tmp_path: Path, uploads: Path) -> None:
    other = HILL.replace("hill", "sea")
    report = import_text(
        tmp_path, export(item(1, body=f'<img src="{HILL}"><img src="{other}">')), "--dry-run", "--media", str(uploads)
    )
    assert "  1 picture would be imported" in report.splitlines()
    assert "  1 picture will be downloaded in the background" in report.splitlines()
    assert not Path(django_settings.MEDIA_ROOT).exists()
    assert not Image.objects.exists()
    assert not fetching().exists()


def test_an_invalid_picture_in_the_folder_is_listed(tmp_path: Path, uploads: Path) -> None:
    (uploads / "wp-content/uploads/2019/03/hill.jpg").write_bytes(b"<html>")
    report = import_text(tmp_path, export(item(1, body=f'<img src="{HILL}">')), "--media", str(uploads))
    assert "  1 picture could not be imported" in report.splitlines()
    assert f"    {HILL}: it is not a valid J" in report
    assert HILL in Essay.objects.get().body


@pytest.mark.parametrize(
    "address",
    [
        HILL,
        SMALL,
        HILL.replace(".jpg", "-scaled.jpg"),
        HILL.replace("https", "http"),
        "https://cdn.example/wp-content/uploads/2019/03/hill.jpg?ver=1",
        "https://old.files.wordpress.com/2019/03/hill.jpg",
        "https://i0.wp.com/old.example/wp-content/uploads/2019/03/hill.jpg?w=300",
        "https://old.example/files/2019/03/hill.jpg",
        "https://old.example/2019/03/hill.jpg",
    ],
)
@pytest.mark.parametrize("root", ["", "wp-content", "wp-content/uploads"])
def test_the_folder_is_searched_by_the_path_after_uploads(uploads: Path, address: str, root: str) -> None:
    found = UploadsFolder(uploads / root).find(address)
    assert found == (uploads / "wp-content/uploads/2019/03/hill.jpg").resolve()


@pytest.mark.parametrize(
    "tail",
    ["../secret.jpg", "..%2fsecret.jpg", "2019/../../../../secret.jpg", "%2e%2e/secret.jpg", "/etc/passwd", "//etc/passwd",
     "link.jpg", "folder/secret.jpg", "2019/03", "", ".", "a%00b.jpg", "x" * 5000 + ".jpg"],
)  # fmt: skip
def test_no_file_outside_the_folder_is_found(tmp_path: Path, uploads: Path, tail: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    (uploads.parent / "outside").mkdir()
    (uploads.parent / "outside/secret.jpg").write_bytes(jpeg())
    inside = uploads / "wp-content/uploads"
    (inside / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (inside / "folder").symlink_to(uploads.parent / "outside")
    assert UploadsFolder(inside).find(f"https://old.example/wp-content/uploads/{tail}") is None


# By the job


def test_the_job_fetches_what_the_folder_lacks(tmp_path: Path, old_site: Server, client: Client) -> None:
    url = f"{old_site.origin}/wp-content/uploads/2019/03/hill.jpg"
    body = f'<p>A <a href="{url}"><img src="/wp-content/uploads/2019/03/hill.jpg" alt="A hill"></a>.</p>'
    report = import_text(tmp_path, export(item(1, body=body), site=old_site.origin))
    assert "  1 picture will be downloaded in the background" in report.splitlines()
    assert old_site.requests == []
    essay = Essay.objects.get()
    assert "hill.jpg" in client.get(essay.get_absolute_url()).content.decode()
    run_ready_jobs()
    assert [path for path, _ in old_site.requests] == ["/wp-content/uploads/2019/03/hill.jpg"]
    kept = Image.objects.get()
    page = client.get(essay.get_absolute_url()).content.decode()
    assert page.count(kept.file.url) == 2
    assert "hill.jpg" not in page
    assert not WantedPicture.objects.exists()
    assert import_text(tmp_path, export(item(1, body=body), site=old_site.origin)).startswith("Nothing")


def test_media_library_pictures_are_imported_with_their_descriptions(tmp_path: Path, old_site: Server) -> None:
    files = ["a.jpg", "b.mp3", "c.pdf", "d"]
    text = export(*(attachment(n, f"{old_site.origin}/{name}", f"Alt {name}") for n, name in enumerate(files, 1)))
    report = import_text(tmp_path, text)
    assert "  2 media library files that are not pictures" in report.splitlines()
    run_ready_jobs()
    assert sorted(Image.objects.values_list("alt", flat=True)) == ["Alt a.jpg", "Alt d"]
    assert "  2 pictures in the media library" in import_text(tmp_path, text).splitlines()


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (404, b"", "the server answered 404"),
        (200, b"<html>", "not a valid JPEG"),
        (200, b"\xff\xd8" + bytes(11_000_000), "larger than 10 MB"),
    ],
)
def test_failed_pictures_are_listed_in_the_next_report(
    tmp_path: Path, old_site: Server, status: int, body: bytes, why: str
) -> None:
    old_site.responder = lambda handler: handler.respond(status, body)
    text = export(item(1, body=f'<img src="{old_site.origin}/a.jpg">'))
    import_text(tmp_path, text)
    run_ready_jobs()
    wanted = WantedPicture.objects.get()
    assert wanted.due is None
    assert why in wanted.error
    assert why in Essay.objects.get().import_losses
    report = import_text(tmp_path, text)
    assert f"    {old_site.origin}/a.jpg: {wanted.error}"[:70] in report
    assert not fetching().ready().exists()


def test_an_unavailable_site_is_retried_with_growing_pauses_and_then_given_up(tmp_path: Path, old_site: Server) -> None:
    old_site.responder = lambda handler: handler.respond(503)
    import_text(tmp_path, export(item(1, body=f'<img src="{old_site.origin}/a.jpg">')))
    now = datetime.now(UTC)
    for _ in range(30):
        run_ready_jobs()
        due = WantedPicture.objects.get().due
        if due is None:
            break
        assert due > now
        now = due
        with time_machine.travel(now + timedelta(seconds=1), tick=False):
            run_ready_jobs()
    assert len(old_site.requests) == 6
    assert WantedPicture.objects.get().error == "the server answered 503"


def test_a_private_address_is_never_requested(tmp_path: Path, settings: Settings) -> None:
    with serving() as private:
        settings.FETCH_ALLOWED_ORIGINS = frozenset({private.origin})
        urls = [f"{private.origin}/a.jpg", "http://169.254.169.254/latest/a.jpg", "http://localhost/a.jpg"]
        import_text(tmp_path, export(item(1, body="".join(f'<img src="{url}">' for url in urls))))
        run_ready_jobs()
    assert private.requests == []
    assert WantedPicture.objects.failed().count() == 3
    assert not Image.objects.exists()


def test_the_job_lets_other_jobs_run_in_between(
    tmp_path: Path, old_site: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_SECONDS", 0)
    import_text(tmp_path, export(item(1, body="".join(f'<img src="{old_site.origin}/{n}.jpg">' for n in range(5)))))
    run_ready_jobs()
    assert fetching().count() == 5
    assert Image.objects.count() == 5


def test_two_workers_do_not_fetch_the_same_picture(tmp_path: Path, old_site: Server) -> None:
    import_text(tmp_path, export(item(1, body=f'<img src="{old_site.origin}/a.jpg">')))
    mine, theirs = WantedPicture.objects.get(), WantedPicture.objects.get()
    assert pictures.claim(mine)
    assert not pictures.claim(theirs)
    pictures.fetch_wanted.call()
    assert old_site.requests == []


def test_deleting_an_essay_deletes_its_wanted_pictures(tmp_path: Path, old_site: Server) -> None:
    import_text(tmp_path, export(item(1, body=f'<img src="{old_site.origin}/a.jpg">')))
    writing.delete(Essay.objects.get())
    run_ready_jobs()
    assert old_site.requests == []


@pytest.mark.parametrize("source", ["data:image/png;base64,AAAA", "file:///etc/passwd", "ftp://x.org/a.jpg", "x.jpg"])
def test_a_picture_without_a_web_address_is_never_requested(tmp_path: Path, source: str) -> None:
    report = import_text(tmp_path, export(item(1, body=f'A<img src="{source}">'), site="old blog"))
    assert not WantedPicture.objects.exists()
    assert Essay.objects.get().body == "<p>A</p>"
    assert "picture" in report
