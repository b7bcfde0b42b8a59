"""Hostile picture files are rejected with a message, or reduced to their pixels."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as Pillow
from pytest_django import Settings

from blog.images import reencode
from tests.blog import hostile_pictures
from tests.blog.hostile_pictures import LARGE, SCRIPT, SMALL

# What of each is kept; nothing for those that are refused.
KEPT = {
    "gif-with-a-page": "GIF",
    "gif-of-many-frames": "GIF",
    "jpeg-with-a-page": "JPEG",
    "jpeg-with-a-page-behind": "JPEG",
    "jpeg-with-an-archive": "JPEG",
    "jpeg-of-a-telephone": "JPEG",
    "jpeg-cmyk": "JPEG",
    "jpeg-with-a-large-profile": "JPEG",
    "png-with-a-page": "PNG",
    "png-with-a-page-behind": "PNG",
    "png-with-more-than-it-says": "PNG",
    "png-16-bit-grey": "PNG",
    "png-16-bit": "PNG",
    "webp-with-a-page": "WEBP",
    "avif-with-a-page": "JPEG",
}
FOREIGN = (SCRIPT[:20], b"<script", b"Secret", b"PK\x03\x04", b"Exif", b"http", b"ICC_PROFILE", b"iCCP")
REASONS = "not a valid|SVG|HEIC|million pixels|wider or taller|a JPEG with |progressive JPEG "
MEGABYTES = 210  # that memory may grow by; Django and all of the site are 80 before
SECONDS = 8  # of the processor; measured: at most 1.5
ALWAYS = ("webp-at-the-bound",)


@pytest.mark.parametrize("name", [name for name in SMALL if name not in KEPT])
def test_an_invalid_picture_is_rejected_with_a_message(name: str) -> None:
    with pytest.raises(reencode.InvalidPicture, match=REASONS):
        reencode.reencode(SMALL[name]())


@pytest.mark.parametrize("name", KEPT)
def test_only_pixels_are_kept(name: str) -> None:
    kind, made = reencode.reencode(SMALL[name]())
    assert kind == KEPT[name]
    assert not [words for words in FOREIGN if words in made]
    with Pillow.open(io.BytesIO(made)) as picture:
        assert picture.format == kind
        assert picture.mode in {"RGB", "RGBA", "L", "LA", "P", "1"}
        assert not picture.getexif()
        assert max(picture.size) <= reencode.MAX_SIDE
        picture.load()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the most memory held is asked of Linux")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.long) for name in LARGE]
)
def test_each_picture_costs_little_time_and_memory(name: str) -> None:
    data = LARGE[name]()
    program = [sys.executable, "-W", "ignore", "-m", hostile_pictures.__name__]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(program, input=data, capture_output=True, check=True, cwd=root, timeout=120)
    seconds, megabytes, _outcome = done.stdout.decode().split("\t")
    assert float(megabytes) <= MEGABYTES
    assert float(seconds) < SECONDS


@pytest.mark.django_db
@pytest.mark.once
def test_any_stored_file_is_served_as_a_picture_or_as_a_download(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    for ending in (
        "html",
        "HTM",
        "xhtml",
        "svg",
        "SVG",
        "svgz",
        "xml",
        "js",
        "css",
        "pdf",
        "swf",
        "jpg.html",
        "txt",
        "",
    ):
        name = default_storage.save(f"images/page.{ending}".rstrip("."), ContentFile(svg_and_page()))
        answer = Client().get(f"/media/{name}")
        assert answer.headers["Content-Type"] == "application/octet-stream", ending
        assert answer.headers["Content-Disposition"].startswith("attachment"), ending
        assert_harmless(answer)
        answer.getvalue()  # to the end, as closing it earlier would end the test's transaction
    for ending in ("jpg", "JPEG", "png", "gif", "webp", "avif", "html.png"):
        name = default_storage.save(f"avatars/page.{ending}", ContentFile(svg_and_page()))
        answer = Client().get(f"/media/{name}", {"type": "text/html"}, headers={"accept": "text/html"})
        assert answer.headers["Content-Type"].startswith("image/"), ending
        assert_harmless(answer)
        answer.getvalue()
    for address in ("/media/images/", "/media/../settings.py", "/media/%2e%2e/rejoinder.sqlite3", "/media//etc/passwd"):
        assert Client().get(address).status_code == 404


def svg_and_page() -> bytes:
    return SCRIPT + SMALL["svg"]()


def assert_harmless(answer: object) -> None:
    headers = answer.headers  # type: ignore[attr-defined]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
