"""Uploads of pictures, their renditions, and the pages that show them."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from PIL import Image as Pillow
from pytest_django import Settings

from accounts.models import User
from blog import actions
from blog.images import renditions
from blog.jobs import render_missing
from blog.models import Essay, Image, Profile, Series, Tag
from blog.models.image import rendition_name
from tests import make
from tests.blog.essay_forms import EssayForm
from tests.comments.browser_client import Page
from tests.services.bucket import bucket
from tests.services.web import allow_requests_to, serving

pytestmark = [pytest.mark.django_db, pytest.mark.once]
UPLOAD = "/admin/blog/image/upload/"


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def author() -> User:
    return make.author("miriam")


@pytest.fixture
def desk(author: User) -> Client:
    return client_of(author)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def photo(width: int = 60, height: int = 40, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Pillow.radial_gradient("L").resize((width, height)).convert("RGB").save(out, kind, quality=95)
    return out.getvalue()


def send(desk: Client, data: bytes, name: str = "hill.jpg", **fields: str) -> Any:
    return desk.post(UPLOAD, {"file": SimpleUploadedFile(name, data), **fields})


def test_a_picture_of_another_site_is_fetched_and_stored(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as elsewhere:
        allow_requests_to(monkeypatch, elsewhere.origin)
        elsewhere.responder = lambda handler: handler.respond(body=photo())
        told = desk.post(UPLOAD, {"address": f"{elsewhere.origin}/hill?w=60", "alt": "A hill"}).json()
        assert (told["width"], told["alt"], told["src"].startswith("/media/")) == (60, "A hill", True)
        elsewhere.responder = lambda handler: handler.respond(404)
        gone = desk.post(UPLOAD, {"address": f"{elsewhere.origin}/gone.jpg"})
    assert (gone.status_code, Image.objects.count()) == (422, 1)
    assert "/gone.jpg” couldn’t be downloaded: the server answered 404" in gone.json()["error"]


def test_a_picture_on_the_private_network_is_not_fetched(desk: Client, settings: Settings) -> None:
    with serving() as private:
        settings.FETCH_ALLOWED_ORIGINS = frozenset({private.origin})
        for address in ("http://127.0.0.1/", f"{private.origin}/hill.jpg"):
            refused = desk.post(UPLOAD, {"address": address})
            assert (refused.status_code, "couldn’t be downloaded" in refused.json()["error"]) == (422, True)
    assert private.requests == []


def sent(desk: Client, width: int = 60, height: int = 40) -> Image:
    """Upload a picture as an author does, and run its job."""
    image = Image.objects.get(pk=send(desk, photo(width, height)).json()["id"])
    renditions.render.func(image.pk)
    image.refresh_from_db()
    return image


def test_an_author_uploads_a_picture(desk: Client, author: User) -> None:
    answer = send(desk, photo(), alt="A hill")
    assert answer.status_code == 201
    told = answer.json()
    image = Image.objects.get()
    assert (told["src"], told["alt"], told["width"], told["height"]) == (image.file.url, "A hill", 60, 40)
    assert image.uploaded_by == author
    shown = Client().get(told["src"])
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("hill.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "save the picture as JPEG"),
        ("hill.svg", b'<?xml version="1.0"?>\n<!-- x --><svg onload="alert(1)"/>', "SVG"),
        ("hill.jpg", b"<!doctype html><script>alert(1)</script>", "not a valid JPEG"),
        ("hill.jpg", b"\xff\xd8" + b"0" * (10 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_an_invalid_picture_is_rejected_with_a_message(desk: Client, name: str, data: bytes, why: str) -> None:
    answer = send(desk, data, name)
    assert answer.status_code == 422
    assert why in answer.json()["error"]
    assert name in answer.json()["error"]
    assert not Image.objects.exists()


def test_html_hidden_in_a_picture_is_removed(desk: Client) -> None:
    hidden = photo(kind="PNG") + b"<script>alert(1)</script>"
    address = send(desk, hidden, "page.html").json()["src"]
    shown = Client().get(address)
    assert address.endswith(".png")
    assert shown.headers["Content-Type"] == "image/png"
    assert b"<script>" not in shown.getvalue()


def test_only_authors_can_upload_pictures() -> None:
    assert send(Client(), photo()).status_code == 302
    assert send(client_of(make.moderator()), photo()).status_code == 403
    assert not Image.objects.exists()


def test_renditions_are_made_in_every_width_up_to_the_pictures(desk: Client) -> None:
    image = sent(desk, 1000, 500)
    assert image.renditions == {"avif": [480, 960, 1000], "webp": [480, 960, 1000]}
    for name in renditions.file_names(image)[1:]:
        with Pillow.open(io.BytesIO(Client().get(f"/media/{name}").getvalue())) as form:
            assert f"-{form.width}." in name
            assert form.width == 2 * form.height
    assert renditions.rendition_widths(2560) == [480, 960, 1440, 1920]
    before = renditions.file_names(image)
    renditions.render.func(image.pk)  # a job may run twice
    image.refresh_from_db()
    assert renditions.file_names(image) == before


def test_a_page_offers_the_renditions_once_they_exist(desk: Client, client: Client) -> None:
    image = Image.objects.get(pk=send(desk, photo(1000, 500)).json()["id"])
    body = f'<figure class="wide"><img src="{image.file.url}" alt="A hill"><figcaption>So</figcaption></figure>'
    essay = make.essay(body=body)
    page = Page(client.get(essay.get_absolute_url()))
    shown = page.all("figure/img")[0]
    assert (shown.get("width"), shown.get("height"), shown.get("srcset")) == ("1000", "500", None)
    renditions.render.func(image.pk)
    page = Page(client.get(essay.get_absolute_url()))
    avif, webp = page.all("picture/source")
    assert (avif.get("type"), webp.get("type")) == ("image/avif", "image/webp")
    stem = image.file.url.rpartition(".")[0]
    assert str(webp.get("srcset")).split(", ")[0] == f"{stem}-480.webp 480w"
    assert "55rem" in str(webp.get("sizes"))
    shown = page.all("picture/img")[0]
    assert (shown.get("src"), shown.get("alt"), shown.get("loading")) == (image.file.url, "A hill", "lazy")
    assert "<picture" not in Essay.objects.get(pk=essay.pk).body
    assert f"{stem}-480.avif" in client.get("/feed/").content.decode()


def test_all_pictures_of_a_page_or_a_feed_take_one_query(
    desk: Client, client: Client, django_assert_max_num_queries: Any
) -> None:
    shown = "".join(f'<p><img src="{sent(desk).file.url}" alt=""></p>' for _ in range(3))
    essay = make.essay(body=shown, by=make.author())
    make.essay(body=shown)
    client.get(essay.get_absolute_url())
    with django_assert_max_num_queries(12):
        client.get(essay.get_absolute_url())
    with django_assert_max_num_queries(6):
        client.get("/feed/")


def test_animations_and_small_pictures_get_no_renditions(desk: Client) -> None:
    out = io.BytesIO()
    frames = [Pillow.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    image = Image.objects.get(pk=send(desk, out.getvalue(), "x.gif").json()["id"])
    renditions.render.func(image.pk)
    image.refresh_from_db()
    assert image.renditions == renditions.NO_RENDITIONS


def test_earlier_pictures_are_found_by_alternative_text(desk: Client) -> None:
    for alt in ("A hill in Hesse", "A door"):
        send(desk, photo(), alt=alt)
    found = desk.get("/admin/blog/image/find/?q=hesse hill").json()["images"]
    assert [picture["alt"] for picture in found] == ["A hill in Hesse"]
    assert len(desk.get("/admin/blog/image/find/").json()["images"]) == 2


def test_the_uploader_and_editors_can_change_the_alternative_text(desk: Client) -> None:
    image = sent(desk)
    address = f"/admin/blog/image/{image.pk}/alt/"
    assert client_of(make.author()).post(address, {"alt": "Mine now"}).status_code == 403
    assert client_of(make.author()).post(f"/admin/blog/image/{image.pk}/change/", {"alt": "x"}).status_code == 403
    assert desk.post(address, {"alt": "A hill"}).json()["alt"] == "A hill"
    editor = client_of(make.editor())
    assert editor.post(address, {"alt": "A low hill"}).status_code == 200
    image.refresh_from_db()
    assert image.alt == "A low hill"


def test_a_picture_can_be_uploaded_without_javascript(desk: Client, author: User) -> None:
    add = "/admin/blog/image/add/"
    refused = desk.post(add, {"file": SimpleUploadedFile("x.svg", b"<svg/>"), "alt": ""})
    assert "SVG files are not allowed" in refused.content.decode()
    assert desk.post(add, {"file": SimpleUploadedFile("x.jpg", photo()), "alt": "A hill"}).status_code == 302
    image = Image.objects.get()
    assert (image.uploaded_by, image.alt, image.width) == (author, "A hill", 60)


def use_image(image: Image, where: str, author: User) -> None:
    """Use the image in this place only."""
    shown = f'<p><img src="{image.file.url}" alt=""></p>'
    essay_form = EssayForm(author, make.essay("It", by=author))
    match where:
        case "text":
            actions.save(Essay(title="It", body=shown))
        case "unsaved":
            essay_form.open()
            essay_form.autosave(tab="a", number="1", body=shown)
        case "waiting" | "earlier":
            essay_form.open()
            essay_form.save(body=shown)
            if where == "earlier":
                essay_form.open()
                essay_form.save(body="<p>Other words.</p>")
        case "series":
            Series.objects.create(title="It", slug="it", description=f"See {image.file.url}")
        case "tag":
            Tag.objects.create(name="It", slug="it", description=f"See {image.file.url}")
        case "profile":
            Profile.objects.create(user=author, about=f"See {image.file.url}")
        case "smaller":
            small = rendition_name(image.file.url, 480, "webp")
            actions.save(Essay(title="It", body=f'<p><img src="{small}" alt=""></p>'))


SAID = {
    "text": "in “It”",
    "smaller": "in “It”",
    "unsaved": "in unsaved changes by miriam to “It”",
    "waiting": "in the latest revision of “It”",
    "earlier": "in an earlier revision of “It”",
    "series": "in the series “It”",
    "tag": "in the tag “It”",
    "profile": "in the author page “miriam”",
    "nowhere": "not used",
}


@pytest.mark.parametrize("where", SAID)
def test_a_used_picture_lists_its_uses_and_cannot_be_deleted(where: str, desk: Client, author: User) -> None:
    image = Image.objects.get(pk=send(desk, photo()).json()["id"])
    use_image(image, where, author)
    page = f"/admin/blog/image/{image.pk}/"
    assert SAID[where] in Page(desk.get(f"{page}change/")).text
    desk.post(f"{page}delete/", {"post": "yes"})
    assert Image.objects.exists() == (where != "nowhere")
    client_of(make.editor()).post(f"{page}delete/", {"post": "yes"})
    assert Image.objects.exists() == (where not in {"nowhere", "earlier"})


def test_missing_renditions_are_made_by_the_periodic_job(desk: Client) -> None:
    """Covers pictures older than renditions, with a lost job, without a file, and animated; each is tried once."""
    old, lost, gone = (Image.objects.get(pk=send(desk, photo(1000, 500)).json()["id"]) for _ in range(3))
    DBTaskResult.objects.all().delete()
    gone.file.storage.delete(str(gone.file))
    render_missing.func()
    assert not DBTaskResult.objects.exists()  # what has just come has its own
    Image.objects.update(created=timezone.now() - timedelta(hours=2))
    render_missing.func()
    render_missing.func()  # while those wait, none is asked for twice
    asked = [task.args_kwargs["args"][0] for task in DBTaskResult.objects.all()]
    assert sorted(asked) == [old.pk, lost.pk, gone.pk]
    for pk in asked:
        renditions.render.func(pk)
    assert Image.objects.exclude(renditions=renditions.NO_RENDITIONS).count() == 2
    DBTaskResult.objects.all().delete()
    render_missing.func()
    assert not DBTaskResult.objects.exists()


def test_files_are_deleted_after_the_commit(desk: Client, django_capture_on_commit_callbacks: Any) -> None:
    image = sent(desk, 1000, 500)
    files = renditions.file_names(image)
    with django_capture_on_commit_callbacks(execute=True):
        renditions.delete(image)
    assert {Client().get(f"/media/{name}").status_code for name in files} == {404}
    assert len(files) == 7


@pytest.fixture
def files_of_bucket(settings: Settings) -> Iterator[dict[str, bytes]]:
    with bucket() as server:
        options = {
            "bucket_name": "essays", "endpoint_url": server.url, "access_key": "a", "secret_key": "b",
            "region_name": "eu", "addressing_style": "path",
        }  # fmt: skip
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": "config.bucket.S3MediaStorage", "OPTIONS": options},
        }
        yield server.files


def test_pictures_in_a_bucket_are_served_at_our_own_address(desk: Client, files_of_bucket: dict[str, bytes]) -> None:
    image = sent(desk, 600, 400)
    assert len(files_of_bucket) == len(renditions.file_names(image)) == 5
    assert image.file.url.startswith("/media/images/")
    shown = Client().get(image.file.url)
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert Pillow.open(io.BytesIO(shown.getvalue())).size == (600, 400)
    assert Client().get("/media/images/none.jpg").status_code == 404
    renditions.delete_files(renditions.file_names(image))
    assert not files_of_bucket


def test_new_renditions_invalidate_a_cached_page(desk: Client) -> None:
    """The job raises the generation that every page is built from."""
    from pagecache.models import Generation

    image = Image.objects.get(pk=send(desk, photo(1000, 500)).json()["id"])
    renditions.render.func(image.pk)
    before = Generation.objects.filter(key="site").values_list("number", flat=True).first()
    actions.save(Essay(title="With it", body=f'<p><img src="{image.file.url}" alt=""></p>'))
    saved = Generation.objects.get(key="site").number
    assert saved != before
    renditions.render.func(image.pk)
    assert Generation.objects.get(key="site").number > saved


def test_a_file_of_an_unknown_type_is_served_as_a_download() -> None:
    from django.core.files.storage import default_storage

    name = default_storage.save("images/x.html", ContentFile(b"<script>alert(1)</script>"))
    answer = Client().get(f"/media/{name}")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.getvalue()
