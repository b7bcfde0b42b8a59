"""Pictures of people: brought from the account they came by, uploaded, removed; shown from our own disk alone."""

import io
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from PIL import Image, ImageCms
from playwright.sync_api import Locator, expect
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from accounts import actions, fetch, identity, jobs, picture_views, pictures
from accounts.demo.pictures import HTML, INSIDE, SVG, drawn, huge, photograph, portrait
from accounts.models import Commenter
from blog.models import Essay
from config import providers
from pagecache.wsgi import PageCache
from server.worker import work_off
from tests import make
from tests.comments.door import Browser, Page
from tests.pagecache.browsing import ask
from tests.services import provider as demo
from tests.services.chromium import Visitor
from tests.services.web import Handler, Server, serving

if TYPE_CHECKING:
    from tests.services.site import Installation
    from tests.services.site import Server as Site

pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")]
OWN = "/accounts/picture/"
HOST = {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def service(settings: Settings) -> Iterator[demo.Demo]:
    """The demo provider in a thread, and settings that lead to it."""
    with demo.provider() as running:
        settings.PROVIDERS = providers.configured({}, running.base)
        settings.SOCIALACCOUNT_PROVIDERS = providers.for_allauth(settings.PROVIDERS)
        settings.FETCH_ALLOWED_ORIGINS = frozenset({running.base})
        yield running


@pytest.fixture
def elsewhere(settings: Settings) -> Iterator[Server]:
    """A machine that has pictures, and that the settings allow."""
    with serving() as server:
        settings.FETCH_ALLOWED_ORIGINS = frozenset({server.origin})
        server.answer = lambda handler: handler.say(body=drawn("someone", 96))
        yield server


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Callable[[], Any]:
    """`with commit():` what waits for the commit happens at its end."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def person(address: str = "", **fields: Any) -> Commenter:
    """Somebody whose account has a picture at this address."""
    commenter = Commenter.objects.of(make.user(name="Mara Lindqvist"))
    told = {"mark": "X: @maralindqvist", "picture_url": address} | fields
    Commenter.objects.filter(pk=commenter.pk).update(**told)
    commenter.refresh_from_db()
    return commenter


def log_in(essay: Essay, name: str, service: str = "x") -> Browser:
    browser = Browser(headers=HOST)
    there = browser.post(f"{essay.get_absolute_url()}connect/{service}/", {"text": "My words."})
    back = demo.walk(there.headers["Location"], name)
    browser.get(back.removeprefix("http://127.0.0.1"))
    assert "_auth_user_id" in browser.session
    return browser


def files() -> set[str]:
    folder = Path(django_settings.MEDIA_ROOT) / "avatars"
    return {file.name for file in folder.iterdir()} if folder.exists() else set()


def swept() -> set[str]:
    """The files once the clock has been round: what was replaced stays a day, for pages that were drawn just now."""
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        jobs.sweep_pictures.call()
    return files()


def files_of(commenter: Commenter) -> set[str]:
    commenter.refresh_from_db()
    assert re.fullmatch(r"[0-9a-f]{32}", commenter.picture)
    return {f"{commenter.picture}-{size}.webp" for size in (32, 64, 128)}


def read(name: str) -> bytes:
    with default_storage.open(f"avatars/{name}") as file:
        return bytes(file.read())


def opened(commenter: Commenter, size: int = 128) -> Image.Image:
    commenter.refresh_from_db()
    return Image.open(io.BytesIO(read(f"{commenter.picture}-{size}.webp")))


def encoded(
    kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", color: Any = "#808080", **more: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, kind, **more)
    return out.getvalue()


def looks_like(one: Image.Image, other: Image.Image) -> bool:
    """At a grid of points, as nearly as WebP keeps colours."""
    places = [(x, y) for x in range(8, 128, 16) for y in range(8, 128, 16)]
    pairs = [(one.getpixel(place), other.getpixel(place)) for place in places]
    far = [pair for pair in pairs if max(abs(a - b) for a, b in zip(*pair, strict=True)) > 24]  # type: ignore[arg-type]
    return len(far) <= 3


# From the account, by the job


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x", "facebook", "wordpress", "demo"])
def test_the_accounts_picture_stands_beside_what_one_says(service: demo.Demo, settings: Settings, key: str) -> None:
    make.rules(hold_first_comment=False)
    essay = make.essay()
    browser = log_in(essay, "Mara Lindqvist", key)
    assert Page(browser.get(essay.get_absolute_url())).find("img") is None
    work_off()
    comment = browser.say(essay, **{"as": str(Commenter.objects.get(name="Mara Lindqvist").pk)})
    page = browser.read(essay)
    begin = f"/media/avatars/{comment.commenter.picture}"
    in_thread, in_row = page.all("img")
    for image in (in_thread, in_row):
        assert image.attrib == {
            "class": f"face hue-{pictures.face(comment.commenter)['hue']}",
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
    assert looks_like(opened(comment.commenter), portrait("maralindqvist", 128))
    for size in (32, 64, 128):
        answer = browser.get(f"{begin}-{size}.webp")
        assert Image.open(io.BytesIO(answer.getvalue())).size == (size, size)
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert "Content-Disposition" not in answer.headers or "attachment" not in answer.headers["Content-Disposition"]


@pytest.mark.django_db
def test_a_photograph_stands_upright_and_tells_nothing(service: demo.Demo) -> None:
    assert b"at home" in photograph(96)
    log_in(make.essay(), "Łucja Wiśniewska")
    work_off()
    lucja = Commenter.objects.get(name="Łucja Wiśniewska")
    assert looks_like(opened(lucja), portrait("lucja_w", 128))
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
        ("Noor de Wit", "169.254.169.254 has no public address"),
        ("Sipho Dlamini", "could not be opened as a picture"),
        ("Hana Novotná", "could not be opened as a picture"),
    ],
)
def test_what_nobody_should_swallow_is_left_and_said_once(
    service: demo.Demo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    monkeypatch.setattr(pictures.logger, "propagate", True)
    decoded: list[Any] = []
    monkeypatch.setattr(pictures, "square", decoded.append)
    browser = log_in(essay := make.essay(), name)
    assert work_off() == 1
    commenter = Commenter.objects.get(name=name)
    assert (commenter.picture, files(), decoded) == ("", set(), [])
    (line,) = [record.getMessage() for record in caplog.records if "picture" in record.getMessage()]
    assert why in line
    assert "\n" not in line
    assert DBTaskResult.objects.get(task_path=pictures.bring.module_path).status == TaskResultStatus.SUCCESSFUL
    assert browser.read(essay).find("img") is None


@pytest.mark.django_db
def test_who_has_no_picture_keeps_the_initials(service: demo.Demo) -> None:
    browser = log_in(essay := make.essay(), "Yuki Tanabe", "facebook")
    assert not DBTaskResult.objects.exists()
    assert "YT" in browser.read(essay).words


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


# Made when their test asks: every part of the suite reads this file, one runs it.
WORTHLESS: dict[str, Callable[[], bytes]] = {
    "nothing": bytes,
    "words": lambda: b"no picture",
    "cut short": lambda: cut(photograph(400)),
    "a head alone": lambda: encoded()[:40],
    "bytes turned over": lambda: encoded("JPEG")[::-1],
    "tiff": lambda: encoded("TIFF"),
    "svg": lambda: SVG,
    "html": lambda: HTML,
    "svg behind a space": lambda: b"\n " + SVG,
    "8000 x 8000": huge,
    "one line of 30 million": lambda: encoded("PNG", (30_000_000, 1), "1", 0),
    "a webp that claims": lambda: b"RIFF\x3a\0\0\0WEBPVP8L\x2d\0\0\0\x2f\xff\xff\xff\x1f" + bytes(41),
}


@pytest.mark.django_db
@pytest.mark.parametrize("made", WORTHLESS.values(), ids=WORTHLESS)
def test_bytes_that_are_no_picture_leave_what_was_there(elsewhere: Server, made: Callable[[], bytes]) -> None:
    mara = person(f"{elsewhere.origin}/mara.png", picture="a" * 32, picture_from=f"{elsewhere.origin}/old.png")
    data = made()
    elsewhere.answer = lambda handler: handler.say(body=data, Content_Type="image/png")
    pictures.bring.call(mara.pk)
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("a" * 32, set())
    assert not DBTaskResult.objects.exists()


@pytest.mark.django_db
def test_no_more_bytes_are_taken_than_a_picture_needs(elsewhere: Server) -> None:
    mara = person(f"{elsewhere.origin}/mara.png")
    elsewhere.answer = lambda handler: handler.say(body=b"x", Content_Length=str(pictures.BYTES + 1))
    pictures.bring.call(mara.pk)
    assert files() == set()


@pytest.mark.django_db
def test_a_picture_is_not_waited_for_long(elsewhere: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SECONDS", 0.2)
    mara = person(f"{elsewhere.origin}/mara.png")

    def silence(handler: Handler) -> None:
        handler.server.is_over.wait(10)

    elsewhere.answer = silence
    start = time.monotonic()
    with pytest.raises(fetch.Failed, match="no whole answer in time"):
        pictures.bring.call(mara.pk)
    assert time.monotonic() - start < 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", [INSIDE, "http://127.0.0.1:{port}/", "http://localhost:{port}/", "file:///etc/passwd"]
)
def test_a_redirect_leads_to_no_machine_of_ours(
    elsewhere: Server, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    with serving() as inside:
        inside.answer = elsewhere.answer
        monkeypatch.setattr(fetch, "OTHER_PORTS", {inside.server_port})
        elsewhere.answer = lambda handler: handler.say(302, Location=target.format(port=inside.server_port))
        pictures.bring.call(person(f"{elsewhere.origin}/mara.png").pk)
        assert (inside.asked, files()) == ([], set())
    assert len(elsewhere.asked) == 1


@pytest.mark.django_db
def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """First a public address, for whoever looks; then one of ours, for whoever connects."""
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
    mara = person("http://pictures.example/mara.png")
    with pytest.raises(fetch.Failed, match="closed"):
        pictures.bring.call(mara.pk)
    assert tried == ["93.184.215.14"]
    pictures.bring.call(mara.pk)  # it has changed by the next try
    assert (tried, files()) == (["93.184.215.14"], set())


# When it is brought


def log_in_again(commenter: Commenter, address: str) -> None:
    identity.update(commenter, {"picture_url": address})


@pytest.mark.django_db
def test_a_server_that_is_away_is_asked_again_and_at_once_at_the_next_log_in(elsewhere: Server) -> None:
    brings_it = elsewhere.answer
    elsewhere.answer = lambda handler: handler.say(503)
    mara = person()
    log_in_again(mara, f"{elsewhere.origin}/mara.png")
    work_off()
    job = DBTaskResult.objects.get()
    assert job.status == TaskResultStatus.READY
    assert job.run_after > timezone.now()
    assert work_off() == 0
    elsewhere.answer = brings_it
    log_in_again(mara, f"{elsewhere.origin}/mara.png")
    assert DBTaskResult.objects.count() == 1
    work_off()
    assert files() == files_of(mara)


@pytest.mark.django_db
def test_a_refused_picture_is_tried_again_at_the_next_log_in(elsewhere: Server, commit: Any) -> None:
    mara = person(f"{elsewhere.origin}/first.png")
    pictures.bring.call(mara.pk)
    first = files_of(mara)
    brings_it = elsewhere.answer
    elsewhere.answer = lambda handler: handler.say(404)
    log_in_again(mara, f"{elsewhere.origin}/second.png")
    work_off()
    assert files_of(mara) == first == files()
    elsewhere.answer = lambda handler: handler.say(body=drawn("other", 96))
    log_in_again(mara, f"{elsewhere.origin}/second.png")
    with commit():
        assert work_off() == 1
    assert first < files()
    assert files_of(mara) == swept() != first
    elsewhere.answer = brings_it
    log_in_again(mara, f"{elsewhere.origin}/second.png")
    assert work_off() == 0


@pytest.mark.django_db
def test_the_same_picture_at_another_address_changes_nothing(elsewhere: Server, commit: Any) -> None:
    """Facebook's addresses are other ones at every log-in."""
    mara = person(f"{elsewhere.origin}/mara.png?signed=1")
    pictures.bring.call(mara.pk)
    mara.refresh_from_db()
    changed, key = mara.changed, mara.picture
    Commenter.objects.filter(pk=mara.pk).update(picture_url=f"{elsewhere.origin}/mara.png?signed=2")
    with commit() as callbacks:
        pictures.bring.call(mara.pk)
    mara.refresh_from_db()
    assert (mara.changed, mara.picture, mara.picture_from) == (changed, key, mara.picture_url)
    assert callbacks == []  # no page was told to be made anew


@pytest.mark.django_db
def test_an_account_that_has_a_picture_no_more_takes_it_away_here(elsewhere: Server, commit: Any) -> None:
    mara = person(f"{elsewhere.origin}/mara.png")
    pictures.bring.call(mara.pk)
    mara.refresh_from_db()
    with commit():
        log_in_again(mara, "")
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("", set())


@pytest.mark.django_db
def test_a_picture_that_came_too_late_is_dropped(elsewhere: Server, commit: Any) -> None:
    """They uploaded another one while it was on its way."""
    mara = person(f"{elsewhere.origin}/mara.png")

    rewritten = pictures.rewritten

    def meanwhile(data: bytes) -> pictures.Files:
        pictures.upload(mara, rewritten(encoded()))
        return rewritten(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "rewritten", meanwhile)
        pictures.bring.call(mara.pk)
    assert files() == files_of(mara)
    assert mara.has_chosen_picture


# By one's own hand


@pytest.fixture
def mara() -> Commenter:
    return person()


@pytest.fixture
def hers(mara: Commenter) -> Browser:
    assert mara.user is not None
    return Browser(mara.user, headers=HOST)


def send(browser: Browser, data: bytes = b"", name: str = "me.png", kind: str = "image/png") -> Page:
    return Page(browser.post(OWN, {"picture": SimpleUploadedFile(name, data, kind)}))


KINDS: dict[str, Callable[[], bytes]] = {
    "png": encoded,
    "jpeg": lambda: encoded("JPEG"),
    "grey jpeg": lambda: encoded("JPEG", mode="L", color=128),
    "cmyk jpeg": lambda: encoded("JPEG", mode="CMYK", color=(0, 0, 0, 127)),
    "progressive": lambda: encoded("JPEG", (3000, 2000), progressive=True),
    "webp": lambda: encoded("WEBP"),
    "gif": lambda: encoded("GIF", mode="P", color=0, palette=b"\x80" * 768),
    "large gif": lambda: encoded("GIF", (4000, 3000), mode="P", color=0, palette=b"\x80" * 768),
    "two greys": lambda: encoded("PNG", mode="LA", color=(128, 255)),
    "deep grey": lambda: encoded("PNG", mode="I;16", color=128 * 256),
    "one pixel": lambda: encoded("PNG", (1, 1)),
    "a wall": lambda: encoded("PNG", (4000, 6)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_pictures_of_every_kind_can_be_uploaded(hers: Browser, mara: Commenter, made: Callable[[], bytes]) -> None:
    assert send(hers, made(), "../../evil.html", "text/html").status == 302
    assert files() == files_of(mara)
    for size in (32, 64, 128):
        image = opened(mara, size)
        assert (image.size, image.format, image.mode) == ((size, size), "WEBP", "RGB")
        assert all(abs(part - 128) < 6 for part in image.getpixel((size // 2, size // 2)))  # type: ignore[union-attr]


@pytest.mark.django_db
def test_the_middle_of_the_first_picture_is_kept_on_white(hers: Browser, mara: Commenter) -> None:
    first = Image.new("RGBA", (300, 100), "red")
    first.paste("blue", (100, 0, 200, 50))
    first.paste((0, 0, 0, 0), (100, 50, 200, 100))
    out = io.BytesIO()
    first.save(out, "WEBP", save_all=True, append_images=[Image.new("RGBA", (300, 100), "lime")], lossless=True)
    send(hers, out.getvalue())
    image = opened(mara)
    for place, colour in {(8, 8): (0, 0, 255), (120, 8): (0, 0, 255), (8, 120): (255, 255, 255)}.items():
        assert all(abs(a - b) < 16 for a, b in zip(image.getpixel(place), colour, strict=True))  # type: ignore[arg-type]


@pytest.mark.django_db
def test_colours_are_those_that_the_picture_means(hers: Browser, mara: Commenter) -> None:
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = usual.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
    send(hers, encoded(color="red", icc_profile=swapped))
    red, green, blue = opened(mara).getpixel((64, 64))  # type: ignore[misc]
    assert green > 200 > 60 > max(red, blue)
    assert send(hers, encoded(color="red", icc_profile=b"no profile")).status == 302


@pytest.mark.django_db
@pytest.mark.parametrize("made", WORTHLESS.values(), ids=WORTHLESS)
def test_an_upload_that_is_no_picture_is_refused_in_words_beside_the_field(
    hers: Browser, made: Callable[[], bytes]
) -> None:
    page = send(hers, made())
    assert page.status == 422
    field, words = page.id("picture"), page.id("picture-error")
    assert "Please choose" in "".join(words.itertext())
    assert field.get("aria-invalid") == "true"
    assert "picture-error" in field.get("aria-describedby", "").split()
    assert files() == set()


@pytest.mark.django_db
def test_too_large_a_file_and_none_at_all_are_refused_in_words(hers: Browser, settings: Settings) -> None:
    page = send(hers, encoded() + bytes(pictures.BYTES))
    assert (page.status, "larger than 8 MB" in page.words) == (422, True)
    assert settings.BODY_LIMITS[OWN] > pictures.BYTES + 64 * 1024  # so that it is these words that they get
    page = Page(hers.post(OWN, {}))
    assert (page.status, "Please choose a picture first." in page.words) == (422, True)


@pytest.mark.django_db
def test_whoever_sends_picture_after_picture_has_to_wait(hers: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_views, "AN_HOUR", 2)
    assert [send(hers, encoded()).status for _ in range(2)] == [302, 302]
    page = send(hers, encoded())
    assert (page.status, "many pictures" in page.words) == (429, True)
    assert int(page.answer.headers["Retry-After"]) > 60


@pytest.mark.django_db
def test_nobody_else_may(mara: Commenter) -> None:
    stranger = Browser(headers=HOST)
    assert stranger.get(OWN).headers["Location"] == f"/accounts/login/?next={OWN}"
    assert send(stranger, encoded()).status == 302
    assert files() == set()
    assert mara.user is not None
    forger = Browser(mara.user, headers={"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site"})
    assert send(forger, encoded()).status == 403
    assert files() == set()


@pytest.mark.django_db
def test_ones_own_picture_stays_until_it_is_removed(
    elsewhere: Server, hers: Browser, mara: Commenter, commit: Any
) -> None:
    address = f"{elsewhere.origin}/mara.png"
    log_in_again(mara, address)
    work_off()
    theirs = files_of(mara)
    assert "It comes from your account, X: @maralindqvist" in hers.read(OWN).words
    with commit():
        send(hers, encoded())
    own = files_of(mara)
    assert swept() == own
    assert own.isdisjoint(theirs)
    page = hers.read(OWN)
    assert "You uploaded it." in page.words
    assert "The one of X: @maralindqvist takes its place again." in page.words
    mara.refresh_from_db()
    log_in_again(mara, f"{elsewhere.origin}/other.png")
    assert (work_off(), files_of(mara)) == (0, own)
    with commit():
        hers.post(OWN, {"remove": "1"})
    assert files() == set()
    assert work_off() == 1  # the account's comes back
    assert files() == files_of(mara)
    with commit():
        hers.post(OWN, {"remove": "1"})
    mara.refresh_from_db()
    log_in_again(mara, f"{elsewhere.origin}/third.png")
    assert (work_off(), files()) == (0, set())  # none is what they want
    assert "your initials stand beside your comments" in hers.read(OWN).words
    hers.post(OWN, {"follow": "1"})
    work_off()
    assert files() == files_of(mara)


@pytest.mark.django_db
def test_who_removes_twice_at_once_removes_one(elsewhere: Server, hers: Browser, mara: Commenter) -> None:
    send(hers, encoded())
    assert [hers.post(OWN, {"remove": "1"}).status_code for _ in range(2)] == [302, 302]
    mara.refresh_from_db()
    assert (mara.picture, mara.has_chosen_picture) == ("", False)


# By a moderator

PEOPLE = "/admin/accounts/commenter/"


def decide(action: str, *people: Commenter, by: Any) -> Any:
    desk = Browser(by, headers=HOST)
    return desk.post(PEOPLE, {"action": action, "_selected_action": [one.pk for one in people]}, follow=True)


@pytest.mark.django_db
def test_a_moderator_takes_a_picture_away_and_no_log_in_brings_it_back(
    elsewhere: Server, hers: Browser, mara: Commenter, commit: Any
) -> None:
    moderator = make.moderator()
    log_in_again(mara, f"{elsewhere.origin}/mara.png")
    work_off()
    assert f"avatars/{files_of(mara).pop()[:32]}-64.webp" in Browser(moderator, headers=HOST).get(PEOPLE).text
    with commit():
        answer = decide("take_picture_away", mara, person(), by=moderator)
    assert "2 people are shown without a picture from now on." in answer.text
    assert "0 people are shown without a picture from now on." in decide("take_picture_away", mara, by=moderator).text
    assert LogEntry.objects.get(object_id=mara.pk).change_message == "Took the picture away."
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("", set())
    log_in_again(mara, f"{elsewhere.origin}/mara.png")
    log_in_again(mara, f"{elsewhere.origin}/other.png")
    assert (work_off(), files()) == (0, set())
    page = hers.read(OWN)
    assert "A moderator took your picture away" in page.words
    assert page.find("input[@type='file']") is None
    assert [hers.post(OWN, {"follow": "1"}).status_code, send(hers, encoded()).status] == [403, 403]
    pictures.upload(mara, pictures.rewritten(encoded()))  # one that was on its way meanwhile
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("", set())
    assert "1 person may have a picture again." in decide("allow_picture", mara, by=moderator).text
    assert work_off() == 1  # the account's comes back
    assert files() == files_of(mara)


@pytest.mark.django_db
def test_a_picture_that_was_taken_away_does_not_come_back_with_another_log_in(mara: Commenter) -> None:
    pictures.take_away(mara)
    other = person()
    assert mara.user is not None
    assert other.user is not None
    actions.join_users(mara.user, other.user)
    other.refresh_from_db()
    assert other.has_lost_picture


@pytest.mark.django_db
def test_only_who_keeps_order_takes_pictures_away(hers: Browser, mara: Commenter) -> None:
    send(hers, encoded())
    kept = files_of(mara)
    for who in (make.author(), make.user()):
        decide("take_picture_away", mara, by=who)
        assert files() == files_of(mara) == kept
    assert "take_picture_away" in Browser(make.moderator(), headers=HOST).get(PEOPLE).text
    moderators = Browser(make.moderator(), headers=HOST).get(f"{PEOPLE}{mara.pk}/change/").text
    assert 'name="_save"' not in moderators  # who they are is the owner's to say


# On the page


@pytest.mark.django_db
def test_pictures_cost_no_query(mara: Commenter) -> None:
    essay = make.essay()
    for number in range(5):
        make.comment(essay, by=Commenter.objects.of(make.user(name=f"Person {number}")))
    reader = Browser(headers=HOST)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            reader.read(essay)
        return len(counted)

    queries()
    before = queries()
    Commenter.objects.update(picture="b" * 32, changed=timezone.now())
    assert queries() == before + 1  # the words of what is drawn anew
    assert queries() == before
    page = reader.read(essay)
    assert len(page.all("img")) == 5


@pytest.fixture
def _own_site(installation: "Installation", django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A site of its own, so that commits are commits."""
    with django_db_blocker.unblock(), installation.connected():
        yield


@pytest.mark.usefixtures("_own_site")
def test_a_kept_page_shows_the_new_picture_at_once(elsewhere: Server) -> None:
    essay = make.essay()
    mara = person(f"{elsewhere.origin}/mara.png")
    make.comment(essay, by=mara)
    cache = PageCache(get_wsgi_application())

    def shown() -> str:
        return ask(cache, essay.get_absolute_url()).body.decode()

    assert "<img" not in shown()
    pictures.bring.call(mara.pk)
    theirs = files_of(mara)
    assert f"avatars/{mara.picture}-64.webp" in shown()
    assert mara.user is not None
    browser = Browser(mara.user, headers=HOST)
    send(browser, encoded())
    assert f"avatars/{mara.picture}-" not in shown()
    assert files() == theirs | files_of(mara)
    assert f"avatars/{mara.picture}-64.webp" in shown()
    browser.post(OWN, {"remove": "1"})
    assert "<img" not in shown()
    assert files() == theirs
    cache.close()


@pytest.mark.django_db
def test_what_nobody_wears_is_swept_away_in_a_day(hers: Browser, mara: Commenter) -> None:
    jobs.sweep_pictures.call()
    send(hers, encoded())
    default_storage.save(f"avatars/{'c' * 32}-64.webp", ContentFile(b"left by a worker that died"))
    jobs.sweep_pictures.call()
    assert len(files()) == 4  # it may still be on its way to somebody
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        jobs.sweep_pictures.call()
    assert files() == files_of(mara)


# In a browser

BROUGHT = """async (row) => {
  while (!(await (await fetch(row)).text()).includes("/media/avatars/")) await new Promise((next) => setTimeout(next, 100));
}"""


def is_drawn(face: Locator) -> None:
    """The picture itself stands there, not the place that was kept for it."""
    face.scroll_into_view_if_needed()
    expect(face).to_have_js_property("complete", True)
    expect(face).not_to_have_js_property("naturalWidth", 0)


def test_a_browser_asks_nobody_but_us_for_a_picture(visitor: Visitor, site: "Site") -> None:
    make.rules(hold_first_comment=False)
    essay = make.essay("Of Faces")
    page = visitor.open(site.url + essay.get_absolute_url())
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Log in with X (Twitter)").click()
    demo.allow(opened.value, "Kofi Asante")
    expect(page.locator(".you .face")).to_be_visible()
    page.evaluate(BROUGHT, f"{essay.get_absolute_url()}identity/")
    page.reload()
    is_drawn(page.locator(".you img.face"))
    visitor.axe(page)
    page.get_by_role("textbox", name="Comment").fill("A face at last.")
    page.get_by_role("button", name="Post Comment").click()
    is_drawn(page.locator("li.comment .head img.face"))
    stranger = visitor.open(page.url)
    is_drawn(stranger.locator("li.comment .head img.face"))
    theirs = stranger.locator("img.face").get_attribute("src") or ""

    page.goto(site.url + OWN)
    visitor.axe(page)
    field = page.get_by_label("Another picture")
    field.set_input_files({"name": "me.svg", "mimeType": "image/svg+xml", "buffer": SVG})
    page.get_by_role("button", name="Upload").click()
    expect(field).to_be_focused()
    expect(page.locator(".wrong")).to_contain_text("could not be opened as a picture")
    visitor.axe(page)
    field.set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photograph(1000)})
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("status")).to_have_text("This is your picture now.")
    is_drawn(page.locator(".you img.face"))
    stranger.reload()
    is_drawn(stranger.locator("li.comment .head img.face"))
    assert stranger.locator("img.face").get_attribute("src") != theirs
    page.get_by_role("button", name="Remove this picture").click()
    expect(page.get_by_role("status")).to_have_text("Your picture is removed.")
    page.evaluate(BROUGHT, f"{essay.get_absolute_url()}identity/")
    page.reload()
    expect(page.locator(".you")).to_contain_text("It comes from your account, X: @kofi_asante.")
