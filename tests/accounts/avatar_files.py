"""Helpers for tests of avatars: people, pictures of every kind, and stored files."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from accounts import jobs
from accounts.models import Commenter
from accounts.profiles import identity
from demo.identity_provider.pictures import HTML, SVG, huge_png, photo_with_metadata
from tests import make
from tests.comments.browser_client import Browser, Page

OWN = "/accounts/picture/"
HOST = {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"}


def create_person(address: str = "", **fields: Any) -> Commenter:
    """Make a person whose account has a picture at this URL."""
    commenter = Commenter.objects.for_user(make.user(name="Mara Lindqvist"))
    told = {"mark": "X: @maralindqvist", "picture_url": address} | fields
    Commenter.objects.filter(pk=commenter.pk).update(**told)
    commenter.refresh_from_db()
    return commenter


def files() -> set[str]:
    folder = Path(django_settings.MEDIA_ROOT) / "avatars"
    return {file.name for file in folder.iterdir()} if folder.exists() else set()


def files_after_cleanup() -> set[str]:
    """Return the files after the cleanup a day later, which deletes replaced ones."""
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        jobs.delete_unused_avatars.call()
    return files()


def files_of(commenter: Commenter) -> set[str]:
    commenter.refresh_from_db()
    assert re.fullmatch(r"[0-9a-f]{32}", commenter.picture)
    return {f"{commenter.picture}-{size}.webp" for size in (32, 64, 128)}


def read(name: str) -> bytes:
    with default_storage.open(f"avatars/{name}") as file:
        return bytes(file.read())


def open_avatar(commenter: Commenter, size: int = 128) -> Image.Image:
    commenter.refresh_from_db()
    return Image.open(io.BytesIO(read(f"{commenter.picture}-{size}.webp")))


def image_bytes(
    kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", color: Any = "#808080", **more: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, kind, **more)
    return out.getvalue()


def truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


# Functions, because every test process imports this file and only one runs the tests.
WORTHLESS: dict[str, Callable[[], bytes]] = {
    "nothing": bytes,
    "words": lambda: b"no picture",
    "cut short": lambda: truncate(photo_with_metadata(400)),
    "a head alone": lambda: image_bytes()[:40],
    "bytes turned over": lambda: image_bytes("JPEG")[::-1],
    "tiff": lambda: image_bytes("TIFF"),
    "svg": lambda: SVG,
    "html": lambda: HTML,
    "svg behind a space": lambda: b"\n " + SVG,
    "8000 x 8000": huge_png,
    "one line of 30 million": lambda: image_bytes("PNG", (30_000_000, 1), "1", 0),
    "a webp that claims": lambda: b"RIFF\x3a\0\0\0WEBPVP8L\x2d\0\0\0\x2f\xff\xff\xff\x1f" + bytes(41),
}


def log_in_again(commenter: Commenter, address: str) -> None:
    identity.update_commenter(commenter, {"picture_url": address})


def upload(browser: Browser, data: bytes = b"", name: str = "me.png", kind: str = "image/png") -> Page:
    return Page(browser.post(OWN, {"picture": SimpleUploadedFile(name, data, kind)}))
