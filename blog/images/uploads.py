"""Stores uploaded and fetched pictures, re-encoded by blog.images.reencode."""

import secrets

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import User
from accounts.profiles.avatars import opening
from blog.images import renditions
from blog.images.reencode import BYTES, KINDS, NoPicture, rewritten
from blog.models import Image

__all__ = ["BYTES", "NoPicture", "add", "keep", "own_file"]


def keep(data: bytes, *, source: str = "", alt: str = "", by: User | None = None) -> Image:
    """Store a picture under a random name. Raises InvalidPicture."""
    file = own_file(data)
    return add(Image(file=file, source=source[:2000], alt=" ".join(alt.split())[:500], by=by))


@transaction.atomic
def add(image: Image) -> Image:
    """Save the row and enqueue the job that makes its renditions."""
    image.save()
    renditions.render.using(priority=renditions.AFTER_EVERYTHING_ELSE).enqueue(image.pk)
    return image


def own_file(data: bytes) -> ContentFile[bytes]:
    """Return the re-encoded picture as a file with a random name. Raises InvalidPicture."""
    with opening:  # one at a time in a process: a large one takes memory
        kind, written = rewritten(data)
    return ContentFile(written, f"{secrets.token_hex(8)}.{KINDS[kind]}")
