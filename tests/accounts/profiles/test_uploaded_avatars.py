"""Avatars that people upload and remove, or that a moderator removes."""

import contextlib
import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from PIL import Image, ImageCms
from pytest_django import Settings

from accounts.models import Commenter
from accounts.pages import avatar_views
from accounts.profiles import avatars, merging
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.accounts.avatar_files import (
    HOST,
    OWN,
    WORTHLESS,
    create_person,
    files,
    files_after_cleanup,
    files_of,
    image_bytes,
    log_in_again,
    open_avatar,
    upload,
)
from tests.blog.hostile_pictures import SMALL, saved
from tests.blog.images.test_hostile_pictures import FOREIGN
from tests.comments.browser_client import Browser, Page
from tests.services.web import Server

pytestmark = [
    pytest.mark.once,
    pytest.mark.usefixtures("media"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


@pytest.mark.parametrize("name", SMALL)
def test_a_hostile_picture_is_refused_or_re_encoded_within_a_second(name: str) -> None:
    data = SMALL[name]()
    started = time.process_time()
    with contextlib.suppress(avatars.InvalidPicture):
        for size, made in avatars.reencode(data).items():
            assert Image.open(io.BytesIO(made)).size == (size, size)
            assert not [words for words in FOREIGN if words in made]
    assert time.process_time() - started < 1


def test_a_key_color_stays_transparent_until_it_is_put_on_white() -> None:
    picture = Image.new("RGB", (1500, 1500), "red")
    data = saved(picture, "PNG", transparency=(255, 0, 0))
    middle = Image.open(io.BytesIO(avatars.reencode(data)[128])).getpixel((64, 64))
    assert isinstance(middle, tuple)
    assert min(middle) > 250


# By the person


KINDS: dict[str, Callable[[], bytes]] = {
    "png": image_bytes,
    "jpeg": lambda: image_bytes("JPEG"),
    "grey jpeg": lambda: image_bytes("JPEG", mode="L", color=128),
    "cmyk jpeg": lambda: image_bytes("JPEG", mode="CMYK", color=(0, 0, 0, 127)),
    "progressive": lambda: image_bytes("JPEG", (3000, 2000), progressive=True),
    "webp": lambda: image_bytes("WEBP"),
    "gif": lambda: image_bytes("GIF", mode="P", color=0, palette=b"\x80" * 768),
    "large gif": lambda: image_bytes("GIF", (4000, 3000), mode="P", color=0, palette=b"\x80" * 768),
    "two greys": lambda: image_bytes("PNG", mode="LA", color=(128, 255)),
    "deep grey": lambda: image_bytes("PNG", mode="I;16", color=128 * 256),
    "one pixel": lambda: image_bytes("PNG", (1, 1)),
    "a wall": lambda: image_bytes("PNG", (4000, 6)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_pictures_of_every_kind_can_be_uploaded(
    mara_browser: Browser, mara: Commenter, made: Callable[[], bytes]
) -> None:
    assert upload(mara_browser, made(), "../../evil.html", "text/html").status == 302
    assert files() == files_of(mara)
    for size in (32, 64, 128):
        image = open_avatar(mara, size)
        assert (image.size, image.format, image.mode) == ((size, size), "WEBP", "RGB")
        assert all(abs(part - 128) < 6 for part in image.getpixel((size // 2, size // 2)))  # type: ignore[union-attr]


@pytest.mark.django_db
def test_the_center_of_the_first_frame_is_stored_on_white(mara_browser: Browser, mara: Commenter) -> None:
    first = Image.new("RGBA", (300, 100), "red")
    first.paste("blue", (100, 0, 200, 50))
    first.paste((0, 0, 0, 0), (100, 50, 200, 100))
    out = io.BytesIO()
    first.save(out, "WEBP", save_all=True, append_images=[Image.new("RGBA", (300, 100), "lime")], lossless=True)
    upload(mara_browser, out.getvalue())
    image = open_avatar(mara)
    for place, colour in {(8, 8): (0, 0, 255), (120, 8): (0, 0, 255), (8, 120): (255, 255, 255)}.items():
        assert all(abs(a - b) < 16 for a, b in zip(image.getpixel(place), colour, strict=True))  # type: ignore[arg-type]


@pytest.mark.django_db
def test_colors_follow_the_embedded_profile(mara_browser: Browser, mara: Commenter) -> None:
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = usual.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
    upload(mara_browser, image_bytes(color="red", icc_profile=swapped))
    red, green, blue = open_avatar(mara).getpixel((64, 64))  # type: ignore[misc]
    assert green > 200 > 60 > max(red, blue)
    assert upload(mara_browser, image_bytes(color="red", icc_profile=b"no profile")).status == 302


@pytest.mark.django_db
@pytest.mark.parametrize("made", WORTHLESS.values(), ids=WORTHLESS)
def test_an_upload_that_is_not_a_picture_shows_an_error_beside_the_field(
    mara_browser: Browser, made: Callable[[], bytes]
) -> None:
    page = upload(mara_browser, made())
    assert page.status == 422
    field, words = page.by_id("picture"), page.by_id("picture-error")
    assert "Choose a" in "".join(words.itertext())
    assert field.get("aria-invalid") == "true"
    assert "picture-error" in field.get("aria-describedby", "").split()
    assert files() == set()


@pytest.mark.django_db
def test_a_too_large_or_missing_file_shows_an_error(mara_browser: Browser, settings: Settings) -> None:
    page = upload(mara_browser, image_bytes() + bytes(avatars.MAX_BYTES))
    assert (page.status, "larger than 8 MB" in page.text) == (422, True)
    assert settings.BODY_LIMITS[OWN] > avatars.MAX_BYTES + 64 * 1024  # so that this message is shown
    page = Page(mara_browser.post(OWN, {}))
    assert (page.status, "Choose a picture first." in page.text) == (422, True)


@pytest.mark.django_db
def test_uploads_are_rate_limited(mara_browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatar_views, "PER_HOUR", 2)
    assert [upload(mara_browser, image_bytes()).status for _ in range(2)] == [302, 302]
    page = upload(mara_browser, image_bytes())
    assert (page.status, "many pictures" in page.text) == (429, True)
    assert int(page.response.headers["Retry-After"]) > 60


@pytest.mark.django_db
def test_only_the_person_can_change_their_picture(mara: Commenter) -> None:
    stranger = Browser(headers=HOST)
    assert stranger.get(OWN).headers["Location"] == f"/accounts/login/?next={OWN}"
    assert upload(stranger, image_bytes()).status == 302
    assert files() == set()
    assert mara.user is not None
    forger = Browser(mara.user, headers={"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site"})
    assert upload(forger, image_bytes()).status == 403
    assert files() == set()


@pytest.mark.django_db
def test_an_uploaded_picture_remains_until_it_is_removed(
    picture_server: Server, mara_browser: Browser, mara: Commenter, commit: Any
) -> None:
    address = f"{picture_server.origin}/mara.png"
    log_in_again(mara, address)
    run_ready_jobs()
    theirs = files_of(mara)
    assert "This picture is from your account X: @maralindqvist" in mara_browser.read(OWN).text
    with commit():
        upload(mara_browser, image_bytes())
    own = files_of(mara)
    assert files_after_cleanup() == own
    assert own.isdisjoint(theirs)
    page = mara_browser.read(OWN)
    assert "You uploaded this picture." in page.text
    assert "Your picture from X: @maralindqvist will be shown instead." in page.text
    mara.refresh_from_db()
    log_in_again(mara, f"{picture_server.origin}/other.png")
    assert (run_ready_jobs(), files_of(mara)) == (0, own)
    with commit():
        mara_browser.post(OWN, {"remove": "1"})
    assert files() == set()
    assert run_ready_jobs() == 1  # the account's comes back
    assert files() == files_of(mara)
    with commit():
        mara_browser.post(OWN, {"remove": "1"})
    mara.refresh_from_db()
    log_in_again(mara, f"{picture_server.origin}/third.png")
    assert (run_ready_jobs(), files()) == (0, set())  # they want none
    assert "your initials are shown with your comments" in mara_browser.read(OWN).text
    mara_browser.post(OWN, {"follow": "1"})
    run_ready_jobs()
    assert files() == files_of(mara)


@pytest.mark.django_db
def test_two_simultaneous_removals_remove_one_picture(
    picture_server: Server, mara_browser: Browser, mara: Commenter
) -> None:
    upload(mara_browser, image_bytes())
    assert [mara_browser.post(OWN, {"remove": "1"}).status_code for _ in range(2)] == [302, 302]
    mara.refresh_from_db()
    assert (mara.picture, mara.has_chosen_picture) == ("", False)


# By a moderator


PEOPLE = "/admin/accounts/commenter/"


def decide(action: str, *people: Commenter, by: Any) -> Any:
    desk = Browser(by, headers=HOST)
    return desk.post(PEOPLE, {"action": action, "_selected_action": [one.pk for one in people]}, follow=True)


@pytest.mark.django_db
def test_a_picture_removed_by_a_moderator_does_not_return_at_login(
    picture_server: Server, mara_browser: Browser, mara: Commenter, commit: Any
) -> None:
    moderator = make.moderator()
    log_in_again(mara, f"{picture_server.origin}/mara.png")
    run_ready_jobs()
    assert f"avatars/{files_of(mara).pop()[:32]}-64.webp" in Browser(moderator, headers=HOST).get(PEOPLE).text
    with commit():
        answer = decide("remove_pictures", mara, create_person(), by=moderator)
    assert "Removed 2 pictures." in answer.text
    assert "Removed 0 pictures." in decide("remove_pictures", mara, by=moderator).text
    assert LogEntry.objects.get(object_id=mara.pk).change_message == "Removed the picture."
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("", set())
    log_in_again(mara, f"{picture_server.origin}/mara.png")
    log_in_again(mara, f"{picture_server.origin}/other.png")
    assert (run_ready_jobs(), files()) == (0, set())
    page = mara_browser.read(OWN)
    assert "A moderator removed your picture" in page.text
    assert page.find("input[@type='file']") is None
    assert [mara_browser.post(OWN, {"follow": "1"}).status_code, upload(mara_browser, image_bytes()).status] == [
        403,
        403,
    ]
    avatars.store(mara.pk, avatars.reencode(image_bytes()))  # a download that was still running
    mara.refresh_from_db()
    assert (mara.picture, files()) == ("", set())
    assert "1 person can have a picture again." in decide("allow_pictures", mara, by=moderator).text
    assert run_ready_jobs() == 1  # the account's comes back
    assert files() == files_of(mara)


@pytest.mark.django_db
def test_a_picture_removed_by_a_moderator_does_not_return_by_merging(mara: Commenter) -> None:
    avatars.set_forbidden(mara, True)
    other = create_person()
    assert mara.user is not None
    assert other.user is not None
    merging.merge_users(mara.user, other.user)
    other.refresh_from_db()
    assert other.has_lost_picture


@pytest.mark.django_db
def test_only_moderators_can_remove_pictures(mara_browser: Browser, mara: Commenter) -> None:
    upload(mara_browser, image_bytes())
    kept = files_of(mara)
    for who in (make.author(), make.user()):
        decide("remove_pictures", mara, by=who)
        assert files() == files_of(mara) == kept
    assert "remove_pictures" in Browser(make.moderator(), headers=HOST).get(PEOPLE).text
    moderators = Browser(make.moderator(), headers=HOST).get(f"{PEOPLE}{mara.pk}/change/").text
    assert 'name="_save"' not in moderators  # only the owner may change users
