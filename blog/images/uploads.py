"""Stores uploaded and fetched pictures, re-encoded by blog.images.reencode."""

import secrets

from django.core.files.base import ContentFile
from django.db import transaction

import pagecache
from accounts.models import User
from accounts.profiles.avatars import decoding_lock
from blog.images import renditions
from blog.images.reencode import EXTENSIONS, MAX_BYTES, InvalidPicture, reencode
from blog.models import Image

__all__ = ["MAX_BYTES", "InvalidPicture", "reencoded_file", "save", "save_alt", "store"]


def store(data: bytes, *, source: str = "", alt: str = "", by: User | None = None) -> Image:
    """Store a picture from an uploaded or fetched file, under a random name. Raises InvalidPicture."""
    file = reencoded_file(data)
    return save(Image(file=file, source=source[:2000], alt=" ".join(alt.split())[:500], uploaded_by=by))


def save(image: Image) -> Image:
    """Save an image's file, then its row, and enqueue the job that makes its renditions."""
    Image._meta.get_field("file").pre_save(image, add=True)  # here, since a slow bucket must not delay a transaction
    return save_row(image)


@transaction.atomic
def save_row(image: Image) -> Image:
    image.save()
    renditions.render.using(priority=renditions.LOWEST_PRIORITY).enqueue(image.pk)
    return image


@transaction.atomic
def save_alt(image: Image) -> None:
    """Save an image's alternative text. Cover pictures show it; essays that contain the image keep their own."""
    image.save(update_fields=["alt"])
    if image.covered_essays.exists():
        pagecache.invalidate("site")


def reencoded_file(data: bytes) -> ContentFile[bytes]:
    """Return the re-encoded picture as a file with a random name. Raises InvalidPicture."""
    with decoding_lock:  # one at a time in a process: a large one takes memory
        kind, written = reencode(data)
    return ContentFile(written, f"{secrets.token_hex(8)}.{EXTENSIONS[kind]}")
