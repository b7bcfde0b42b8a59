"""Downloaded avatars: when they are downloaded, and what is refused."""

import io
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from PIL import Image
from pytest_django import Settings

from accounts.models import Commenter
from accounts.profiles import avatars
from blog.models import Essay
from config import providers
from demo.identity_provider.pictures import METADATA_URL, photo_with_metadata, portrait, portrait_png
from server.http import fetch
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.accounts.avatar_files import (
    HOST,
    WORTHLESS,
    create_person,
    files,
    files_after_cleanup,
    files_of,
    image_bytes,
    log_in_again,
    open_avatar,
    read,
)
from tests.comments.browser_client import Browser, Page
from tests.services import provider as demo
from tests.services.web import Handler, Server, serving

pytestmark = [
    pytest.mark.once,
    pytest.mark.usefixtures("media"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


@pytest.fixture
def service(settings: Settings) -> Iterator[demo.Demo]:
    """The demo provider in a thread, and the settings for it."""
    with demo.provider() as running:
        settings.PROVIDERS = providers.configured_providers({}, running.base)
        settings.SOCIALACCOUNT_PROVIDERS = providers.allauth_settings(settings.PROVIDERS)
        settings.FETCH_ALLOWED_ORIGINS = frozenset({running.base})
        settings.DEMO_PROVIDER_URL = running.base
        yield running


def log_in(essay: Essay, name: str, service: str = "x") -> Browser:
    browser = Browser(headers=HOST)
    there = browser.post(f"{essay.get_absolute_url()}connect/{service}/", {"text": "My words."})
    back = demo.complete_authorization(there.headers["Location"], name)
    browser.get(back.removeprefix("http://127.0.0.1"))
    assert "_auth_user_id" in browser.session
    return browser


def looks_like(one: Image.Image, other: Image.Image) -> bool:
    """Compare a grid of points, with the tolerance of WebP."""
    places = [(x, y) for x in range(8, 128, 16) for y in range(8, 128, 16)]
    pairs = [(one.getpixel(place), other.getpixel(place)) for place in places]
    far = [pair for pair in pairs if max(abs(a - b) for a, b in zip(*pair, strict=True)) > 24]  # type: ignore[arg-type]
    return len(far) <= 3


# From the account


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x", "facebook", "wordpress", "demo"])
def test_the_accounts_picture_is_shown_with_comments(service: demo.Demo, settings: Settings, key: str) -> None:
    make.rules(hold_first_comment=False)
    essay = make.essay()
    browser = log_in(essay, "Mara Lindqvist", key)
    assert Page(browser.get(essay.get_absolute_url())).find("img") is None
    run_ready_jobs()
    comment = browser.post_comment(essay, **{"as": str(Commenter.objects.get(name="Mara Lindqvist").pk)})
    page = browser.read(essay)
    begin = f"/media/avatars/{comment.commenter.picture}"
    in_thread, in_row = page.all("img")
    for image in (in_thread, in_row):
        assert image.attrib == {
            "class": f"face hue-{avatars.template_context(comment.commenter)['hue']}",
            "src": f"{begin}-64.webp",
            "srcset": f"{begin}-32.webp 32w, {begin}-64.webp 64w, {begin}-128.webp 128w",
            "sizes": "auto, 44px",
            "width": "44",
            "height": "44",
            "alt": "",
            "loading": "lazy",
            "decoding": "async",
        }
    assert page.find("svg[@viewBox='0 0 40 40']") is None
    assert looks_like(open_avatar(comment.commenter), portrait("maralindqvist", 128))
    for size in (32, 64, 128):
        answer = browser.get(f"{begin}-{size}.webp")
        assert Image.open(io.BytesIO(answer.getvalue())).size == (size, size)
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "Content-Disposition" not in answer.headers or "attachment" not in answer.headers["Content-Disposition"]


@pytest.mark.django_db
def test_a_photo_is_shown_upright_and_without_metadata(service: demo.Demo) -> None:
    assert b"at home" in photo_with_metadata(96)
    log_in(make.essay(), "Łucja Wiśniewska")
    run_ready_jobs()
    lucja = Commenter.objects.get(name="Łucja Wiśniewska")
    assert looks_like(open_avatar(lucja), portrait("lucja_w", 128))
    for name in files_of(lucja):
        data = read(name)
        image = Image.open(io.BytesIO(data))
        assert not image.getexif()
        assert image.info.keys() <= {"loop", "background", "timestamp", "duration"}
        assert all(word not in data for word in (b"EXIF", b"Exif", b"GPS", b"at home", b"ICCP", b"XMP "))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Bruno Castellanos", "too many pixels"),
        ("Noor de Wit", "169.254.169.254 has no public IP address"),
        ("Sipho Dlamini", "can’t be opened as a picture"),
        ("Hana Novotná", "can’t be opened as a picture"),
    ],
)
def test_a_hostile_picture_is_refused_and_logged_once(
    service: demo.Demo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.setattr(avatars.logger, "propagate", True)
    decoded: list[Any] = []
    monkeypatch.setattr(avatars, "crop_to_square", decoded.append)
    browser = log_in(essay := make.essay(), name)
    assert run_ready_jobs() == 1
    commenter = Commenter.objects.get(name=name)
    assert (commenter.picture, files(), decoded) == ("", set(), [])
    (line,) = [record.getMessage() for record in caplog.records if "picture" in record.getMessage()]
    assert why in line
    assert "\n" not in line
    assert DBTaskResult.objects.get(task_path=avatars.download.module_path).status == TaskResultStatus.SUCCESSFUL
    assert browser.read(essay).find("img") is None


@pytest.mark.django_db
def test_a_person_without_a_picture_keeps_the_initials(service: demo.Demo) -> None:
    browser = log_in(essay := make.essay(), "Yuki Tanabe", "facebook")
    assert not DBTaskResult.objects.exists()
    assert "YT" in browser.read(essay).text


@pytest.mark.django_db
@pytest.mark.parametrize("made", WORTHLESS.values(), ids=WORTHLESS)
def test_an_invalid_picture_does_not_replace_the_old_one(picture_server: Server, made: Callable[[], bytes]) -> None:
    mara = create_person(
        f"{picture_server.origin}/mara.png", picture="a" * 32, picture_source=f"{picture_server.origin}/old.png"
    )
    data = made()
    picture_server.responder = lambda handler: handler.respond(body=data, Content_Type="image/png")
    avatars.download.call(mara.pk)
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("a" * 32, set())
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db
def test_a_too_large_download_is_stopped(picture_server: Server) -> None:
    mara = create_person(f"{picture_server.origin}/mara.png")
    picture_server.responder = lambda handler: handler.respond(body=b"x", Content_Length=str(avatars.MAX_BYTES + 1))
    avatars.download.call(mara.pk)
    assert files() == set()


@pytest.mark.django_db
def test_a_slow_download_is_stopped(picture_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatars, "TIMEOUT", 0.2)
    mara = create_person(f"{picture_server.origin}/mara.png")

    def silence(handler: Handler) -> None:
        handler.server.is_stopped.wait(10)

    picture_server.responder = silence
    start = time.monotonic()
    with pytest.raises(fetch.FetchError, match="timed out"):
        avatars.download.call(mara.pk)
    assert time.monotonic() - start < 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", [METADATA_URL, "http://127.0.0.1:{port}/", "http://localhost:{port}/", "file:///etc/passwd"]
)
def test_a_redirect_to_a_private_address_is_refused(
    picture_server: Server, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    with serving() as inside:
        inside.responder = picture_server.responder
        monkeypatch.setattr(fetch, "ALLOWED_PORTS", {inside.server_port})
        picture_server.responder = lambda handler: handler.respond(302, Location=target.format(port=inside.server_port))
        avatars.download.call(create_person(f"{picture_server.origin}/mara.png").pk)
        assert (inside.requests, files()) == ([], set())
    assert len(picture_server.requests) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/avatars/mara.png", "/admin/delete?everything=1"])
def test_a_picture_at_a_login_server_on_the_private_network_is_refused(settings: Settings, path: str) -> None:
    with serving() as private:
        settings.FETCH_ALLOWED_ORIGINS = frozenset({private.origin})
        avatars.download.call(create_person(f"{private.origin}{path}").pk)
    assert (private.requests, files()) == ([], set())


@pytest.mark.django_db
def test_a_host_name_that_changes_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """First a public address for the check, then a private one for the connection."""
    answers: list[str] = ["93.184.215.14", "127.0.0.1", "127.0.0.1"]
    tried: list[str] = []

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            tried.append(address[0])
            raise ConnectionRefusedError("closed")

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "socket", Socket)
    mara = create_person("http://pictures.example/mara.png")
    with pytest.raises(fetch.FetchError, match="closed"):
        avatars.download.call(mara.pk)
    assert tried == ["93.184.215.14"]
    avatars.download.call(mara.pk)  # it has changed before the retry
    assert (tried, files()) == (["93.184.215.14"], set())


# When it is downloaded


@pytest.mark.django_db
def test_an_unreachable_server_is_retried_later_and_at_the_next_login(picture_server: Server) -> None:
    brings_it = picture_server.responder
    picture_server.responder = lambda handler: handler.respond(503)
    mara = create_person()
    log_in_again(mara, f"{picture_server.origin}/mara.png")
    run_ready_jobs()
    job = DBTaskResult.objects.get()
    assert job.status == TaskResultStatus.READY
    assert job.run_after > timezone.now()
    assert run_ready_jobs() == 0
    picture_server.responder = brings_it
    log_in_again(mara, f"{picture_server.origin}/mara.png")
    assert DBTaskResult.objects.count() == 1
    run_ready_jobs()
    assert files() == files_of(mara)


@pytest.mark.django_db
def test_a_refused_picture_is_retried_at_the_next_login(picture_server: Server, commit: Any) -> None:
    mara = create_person(f"{picture_server.origin}/first.png")
    avatars.download.call(mara.pk)
    first = files_of(mara)
    brings_it = picture_server.responder
    picture_server.responder = lambda handler: handler.respond(404)
    log_in_again(mara, f"{picture_server.origin}/second.png")
    run_ready_jobs()
    assert files_of(mara) == first == files()
    picture_server.responder = lambda handler: handler.respond(body=portrait_png("other", 96))
    log_in_again(mara, f"{picture_server.origin}/second.png")
    with commit():
        assert run_ready_jobs() == 1
    assert first < files()
    assert files_of(mara) == files_after_cleanup() != first
    picture_server.responder = brings_it
    log_in_again(mara, f"{picture_server.origin}/second.png")
    assert run_ready_jobs() == 0


@pytest.mark.django_db
def test_the_same_picture_at_another_url_changes_nothing(picture_server: Server, commit: Any) -> None:
    """Facebook's URLs are different at every login."""
    mara = create_person(f"{picture_server.origin}/mara.png?signed=1")
    avatars.download.call(mara.pk)
    mara.refresh_from_db()
    changed, key = mara.changed, mara.picture
    Commenter.objects.filter(pk=mara.pk).update(picture_url=f"{picture_server.origin}/mara.png?signed=2")
    with commit() as callbacks:
        avatars.download.call(mara.pk)
    mara.refresh_from_db()
    assert (mara.changed, mara.picture, mara.picture_source) == (changed, key, mara.picture_url)
    assert callbacks == []  # no cached page was invalidated


@pytest.mark.django_db
def test_a_picture_removed_from_the_account_is_removed_here(picture_server: Server, commit: Any) -> None:
    mara = create_person(f"{picture_server.origin}/mara.png")
    avatars.download.call(mara.pk)
    mara.refresh_from_db()
    with commit():
        log_in_again(mara, "")
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("", set())


@pytest.mark.django_db
def test_a_download_that_finishes_after_an_upload_is_discarded(picture_server: Server, commit: Any) -> None:
    """Another one was uploaded during the download."""
    mara = create_person(f"{picture_server.origin}/mara.png")

    rewritten = avatars.reencode

    def meanwhile(data: bytes) -> avatars.Files:
        avatars.store(mara.pk, rewritten(image_bytes()))
        return rewritten(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(avatars, "reencode", meanwhile)
        avatars.download.call(mara.pk)
    assert files() == files_of(mara)
    assert mara.has_chosen_picture
