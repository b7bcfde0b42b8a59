"""Avatars: downloaded from a connected account, uploaded, or initials. Pictures are served from our own storage.

Each picture is stored as three small squares under a new random key, so browsers may cache them forever.
"""

import functools
import io
import logging
import re
import secrets
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from zlib import crc32

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from PIL import Image, ImageOps

import pagecache
from accounts.models import Commenter
from imaging import decoding
from server.http import fetch
from server.jobs.tasks import job

logger = logging.getLogger("rejoinder.accounts")

FOLDER = "avatars"
SIZES = (32, 64, 128)  # sides, in pixels
MAX_BYTES = 8 * 1024 * 1024
# A phone's photo has 12 or 24 million pixels. A decoded pixel takes up to 4 bytes, in WebP 16.
MAX_PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "GIF": 25_000_000, "WEBP": 8_000_000}
MAX_DECODED_SIDE = 8 * SIZES[-1]  # pixels on the longer side
TIMEOUT = 5.0
HUES = 12
LOW_PRIORITY = -50  # emails do not wait for pictures
UNUSED_FOR = timedelta(days=1)

Files = Mapping[int, bytes]  # by side

decoding_lock = threading.Lock()  # one picture at a time in each process, because a large one takes much memory


class InvalidPicture(Exception):
    """The data is not an acceptable picture; the argument is a message for the person who uploaded it."""


def template_context(commenter: Commenter) -> dict[str, Any]:
    """Return the template context of a commenter's avatar."""
    return face(commenter.name, commenter.picture)


def face(name: str, picture: str) -> dict[str, Any]:
    """Return the template context of an avatar: URL prefix of the picture or "", initials and their hue."""
    words = [word for word in re.split(r"[\s.·_-]+", name) if word[:1].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return {
        "picture": f"{settings.MEDIA_URL}{FOLDER}/{picture}" if picture else "",
        "initials": "".join(letters).upper() or "·",
        "hue": crc32(name.casefold().encode()) % HUES,
    }


# From a connected account


def request_download(commenter: Commenter) -> None:
    """Enqueue the download of the account's picture if it has changed and the person has not chosen another one.

    Call this inside a transaction, so that the job commits with the account's data.
    """
    if needs_download(commenter):
        jobs = DBTaskResult.objects.filter(task_path=download.module_path, status=TaskResultStatus.READY)
        queued = jobs.filter(args_kwargs={"args": [commenter.pk], "kwargs": {}})
        if not queued.update(run_after=timezone.now()):
            download.using(priority=LOW_PRIORITY).enqueue(commenter.pk)
    elif commenter.picture_source and not commenter.picture_url and (row := lock_commenter(commenter.pk)):
        set_picture(row, "", is_chosen=False)  # the account's picture was removed


def needs_download(commenter: Commenter) -> bool:
    """Return whether the account's picture has changed, the person has chosen no other, and it is not forbidden."""
    is_fixed = commenter.has_chosen_picture or commenter.has_lost_picture
    return not is_fixed and commenter.picture_url not in {"", commenter.picture_source}


@job(retry=True)
def download(commenter_pk: int) -> None:
    """Download and show the account's picture, unless the person has chosen another one since."""
    commenter = Commenter.objects.filter(pk=commenter_pk).first()
    if commenter is None or not needs_download(commenter):
        return
    source = commenter.picture_url
    # The only private origin allowed is the demo's: a provider could name any URL on the owner's network.
    allowed = [settings.DEMO_PROVIDER_URL] if settings.DEMO_PROVIDER_URL else []
    try:
        files = reencode(fetch.get(source, seconds=TIMEOUT, max_bytes=MAX_BYTES, allowed=allowed).body)
    except (fetch.PermanentFetchError, InvalidPicture) as error:
        logger.warning("The picture of commenter %d could not be used: %s", commenter_pk, error)
        return
    if is_stored(commenter.picture, files):
        Commenter.objects.filter(pk=commenter_pk, picture=commenter.picture).update(picture_source=source)
    else:
        store(commenter_pk, files, source=source)


# By the person


@transaction.atomic
def remove(commenter: Commenter) -> None:
    """Remove the picture: an uploaded one is replaced by the account's, and the account's by initials."""
    row = lock_commenter(commenter.pk)
    if row and row.picture:
        set_picture(row, "", is_chosen=not row.has_chosen_picture)
        request_download(row)


@transaction.atomic
def use_account_picture(commenter: Commenter) -> None:
    """Go back to the account's picture."""
    row = lock_commenter(commenter.pk)
    if row and row.has_chosen_picture:
        set_picture(row, "", is_chosen=False)
        request_download(row)


# By a moderator


@transaction.atomic
def set_forbidden(commenter: Commenter, is_forbidden: bool) -> bool:
    """Show only initials, or allow pictures again and download the account's. Return whether anything changed."""
    row = lock_commenter(commenter.pk)
    if row is None or row.has_lost_picture == is_forbidden:
        return False
    row.has_lost_picture = is_forbidden
    set_picture(row, "", is_chosen=False)
    request_download(row)  # does nothing for someone who may have no picture
    return True


# Saving


def store(commenter_pk: int, files: Files, *, source: str = "") -> None:
    """Store and show a picture from this URL of the account's provider or, without one, an upload, which then stays."""
    key = secrets.token_hex(16)
    with ExitStack() as cleanup:
        cleanup.callback(delete_files, key)
        for size, data in files.items():
            default_storage.save(file_name(key, size), ContentFile(data))
        with transaction.atomic():
            row = lock_commenter(commenter_pk)
            if row is None or row.has_lost_picture:
                return  # deleted, or pictures were forbidden since
            if source and not (needs_download(row) and row.picture_url == source):
                return  # changed since
            set_picture(row, key, source=source, is_chosen=not source)
        cleanup.pop_all()


def lock_commenter(commenter_pk: int) -> Commenter | None:
    return Commenter.objects.select_for_update().filter(pk=commenter_pk).first()


def set_picture(row: Commenter, key: str, *, source: str = "", is_chosen: bool) -> None:
    """Set a locked row's picture, or remove it with the key ""; the account's does not replace one that `is_chosen`.

    A removed picture's files are deleted after the commit; those of a replaced one only later by `delete_unused`, since
    pages rendered a moment ago still link to them.
    """
    if row.picture and not key:
        transaction.on_commit(functools.partial(delete_files, row.picture), robust=True)
    row.picture, row.picture_source, row.has_chosen_picture, row.changed = key, source, is_chosen, timezone.now()
    row.save(update_fields=["picture", "picture_source", "has_chosen_picture", "has_lost_picture", "changed"])
    pagecache.invalidate("site")


# Files


def file_name(key: str, size: int) -> str:
    return f"{FOLDER}/{key}-{size}.webp"


def is_stored(key: str, files: Files) -> bool:
    """Return whether the same picture is already stored under this key."""
    try:
        with default_storage.open(file_name(key, SIZES[-1])) as file:
            return bool(key and file.read() == files[SIZES[-1]])
    except OSError:
        return False


def delete_files(key: str) -> None:
    for size in SIZES:
        default_storage.delete(file_name(key, size))


def delete_unused() -> None:
    """Delete old files that no commenter uses: replaced, of deleted people, or left by a crash."""
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    used = set(Commenter.objects.exclude(picture="").values_list("picture", flat=True))
    before = timezone.now() - UNUSED_FOR
    for name in names:
        file = f"{FOLDER}/{name}"
        if name.rpartition("-")[0] not in used and default_storage.get_modified_time(file) < before:
            default_storage.delete(file)


# Pixels


def reencode(data: bytes) -> Files:
    """Re-encode the center of a picture, upright and without metadata, as small squares. Raises InvalidPicture."""
    if len(data) > MAX_BYTES:
        raise InvalidPicture(
            _("This file is larger than %(size)d MB. Choose a smaller one.") % {"size": MAX_BYTES // 1024 // 1024}
        )
    try:
        with decoding_lock, decoding.open_checked(data, MAX_PIXELS) as (_kind, picture):
            center = crop_to_square(picture)
    except (decoding.LimitExceeded, Image.DecompressionBombError) as error:
        raise InvalidPicture(_("This picture has too many pixels. Choose a smaller one.")) from error
    except Exception as error:  # decoders raise all kinds of errors for broken files
        raise InvalidPicture(_("This file can’t be opened as a picture. Choose a JPEG, PNG, WebP or GIF.")) from error
    return {size: encode_webp(center, size) for size in SIZES}


def crop_to_square(picture: Image.Image) -> Image.Image:
    """Return the center of a picture on white, as a square of the largest size."""
    picture = decoding.shrink(picture, MAX_DECODED_SIDE)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return put_on_white(ImageOps.fit(picture, (SIZES[-1], SIZES[-1]), Image.Resampling.LANCZOS))


def put_on_white(picture: Image.Image) -> Image.Image:
    """Put a transparent picture on white, so that it also looks right on a dark page."""
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def encode_webp(picture: Image.Image, side: int) -> bytes:
    out = io.BytesIO()
    picture = picture.resize((side, side), Image.Resampling.LANCZOS)
    picture.save(out, "WEBP", quality=82, method=6)
    return out.getvalue()
