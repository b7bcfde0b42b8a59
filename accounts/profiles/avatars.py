"""Pictures of people, on our own disk: brought from the account they came by, uploaded, or drawn from initials.

Each is kept as three small squares under a key that is new every time, so browsers may keep them for ever.
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
BYTES = 8 * 1024 * 1024
# A telephone's photograph has 12 or 24 million; opened, each takes up to 4 bytes, in WebP 16.
PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "GIF": 25_000_000, "WEBP": 8_000_000}
ENOUGH = 8 * SIZES[-1]  # pixels on the longer side
SECONDS = 5.0
HUES = 12
AFTER_EVERYTHING_ELSE = -50  # mail does not wait for pictures
UNCLAIMED = timedelta(days=1)

Files = Mapping[int, bytes]  # by side

opening = threading.Lock()  # one at a time in a process: a large one takes memory


class NoPicture(Exception):
    """These bytes are no picture that we keep; the argument says why, in words for whoever sent them."""


def face(commenter: Commenter) -> dict[str, Any]:
    """What stands for somebody: how their pictures' addresses begin, or initials in a colour of the name's own."""
    name = commenter.name
    words = [word for word in re.split(r"[\s.·_-]+", name) if word[:1].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return {
        "picture": f"{settings.MEDIA_URL}{FOLDER}/{commenter.picture}" if commenter.picture else "",
        "initials": "".join(letters).upper() or "·",
        "hue": crc32(name.casefold().encode()) % HUES,
    }


# From the account


def want(commenter: Commenter) -> None:
    """Have the account's picture brought, if it is another than the one shown and nothing else was chosen.

    Call inside a transaction: the job commits with what is said of the account.
    """
    if is_wanted(commenter):
        waiting = DBTaskResult.objects.filter(
            task_path=bring.module_path,
            status=TaskResultStatus.READY,
            args_kwargs={"args": [commenter.pk], "kwargs": {}},
        )
        if not waiting.update(run_after=timezone.now()):
            bring.using(priority=AFTER_EVERYTHING_ELSE).enqueue(commenter.pk)
    elif commenter.picture_from and not commenter.picture_url and (row := locked(commenter.pk)):
        show(row, "", is_chosen=False)  # the account has none any more


def is_wanted(commenter: Commenter) -> bool:
    stays = commenter.has_chosen_picture or commenter.has_lost_picture
    return not stays and commenter.picture_url not in {"", commenter.picture_from}


@job(retry=True)
def bring(commenter_pk: int) -> None:
    commenter = Commenter.objects.filter(pk=commenter_pk).first()
    if commenter is None or not is_wanted(commenter):
        return
    source = commenter.picture_url
    # Of private origins only the demo's: what a provider says is a picture may be any address on the owner's network.
    demo = [settings.DEMO_PROVIDER_URL] if settings.DEMO_PROVIDER_URL else []
    try:
        files = rewritten(fetch.get(source, seconds=SECONDS, most=BYTES, allowed=demo).body)
    except (fetch.Refused, NoPicture) as error:
        logger.warning("The picture of commenter %d could not be used: %s", commenter_pk, error)
        return
    if is_kept(commenter.picture, files):
        Commenter.objects.filter(pk=commenter_pk, picture=commenter.picture).update(picture_from=source)
    else:
        wear(commenter_pk, files, source=source)


# By their own choice


def upload(commenter: Commenter, files: Files) -> None:
    """Show what `rewritten` made; the account's picture no longer takes its place."""
    wear(commenter.pk, files)


@transaction.atomic
def remove(commenter: Commenter) -> None:
    """Without their own, the account's comes back; without the account's, there is none from now on."""
    row = locked(commenter.pk)
    if row and row.picture:
        show(row, "", is_chosen=not row.has_chosen_picture)
        want(row)


@transaction.atomic
def follow(commenter: Commenter) -> None:
    """Show the account's picture again."""
    row = locked(commenter.pk)
    if row and row.has_chosen_picture:
        show(row, "", is_chosen=False)
        want(row)


# By a moderator


@transaction.atomic
def take_away(commenter: Commenter) -> bool:
    """From now on initials stand in its place, whatever an account or an upload brings; whether that is news."""
    row = locked(commenter.pk)
    if row is None or row.has_lost_picture:
        return False
    row.has_lost_picture = True
    show(row, "", is_chosen=False)
    return True


@transaction.atomic
def allow(commenter: Commenter) -> bool:
    """They may have one again: at once that of their account, if it has one; whether that is news."""
    row = locked(commenter.pk)
    if row is None or not row.has_lost_picture:
        return False
    row.has_lost_picture = False
    show(row, "", is_chosen=False)
    want(row)
    return True


# Shown


def wear(commenter_pk: int, files: Files, *, source: str = "") -> None:
    """Write the files, then have them shown; without a source they are the person's own."""
    key = secrets.token_hex(16)
    with ExitStack() as unless_shown:
        unless_shown.callback(drop, key)
        for size, data in files.items():
            default_storage.save(name_of(key, size), ContentFile(data))
        with transaction.atomic():
            row = locked(commenter_pk)
            if row is None or row.has_lost_picture or (source and not (is_wanted(row) and row.picture_url == source)):
                return  # they went, chose otherwise, or may have none meanwhile
            show(row, key, source=source, is_chosen=not source)
        unless_shown.pop_all()


def locked(commenter_pk: int) -> Commenter | None:
    return Commenter.objects.select_for_update().filter(pk=commenter_pk).first()


def show(row: Commenter, key: str, *, source: str = "", is_chosen: bool) -> None:
    """Under the lock. What was taken away is gone with the commit; what was replaced goes by the sweep, since pages
    that were drawn just now still ask for it.
    """
    if row.picture and not key:
        transaction.on_commit(functools.partial(drop, row.picture), robust=True)
    row.picture, row.picture_from, row.has_chosen_picture, row.changed = key, source, is_chosen, timezone.now()
    row.save(update_fields=["picture", "picture_from", "has_chosen_picture", "has_lost_picture", "changed"])
    pagecache.bump("site")


# Files


def name_of(key: str, size: int) -> str:
    return f"{FOLDER}/{key}-{size}.webp"


def is_kept(key: str, files: Files) -> bool:
    """Whether these very files are there under this key."""
    try:
        with default_storage.open(name_of(key, SIZES[-1])) as file:
            return bool(key and file.read() == files[SIZES[-1]])
    except OSError:
        return False


def drop(key: str) -> None:
    for size in SIZES:
        default_storage.delete(name_of(key, size))


def sweep() -> None:
    """Delete what nobody wears: replaced, left by a process that died before the commit, or by people who are gone."""
    try:
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    worn = set(Commenter.objects.exclude(picture="").values_list("picture", flat=True))
    before = timezone.now() - UNCLAIMED
    for name in names:
        file = f"{FOLDER}/{name}"
        if name.rpartition("-")[0] not in worn and default_storage.get_modified_time(file) < before:
            default_storage.delete(file)


# Pixels


def rewritten(data: bytes) -> Files:
    """The middle of a picture, upright, as small squares made from its pixels alone. Raises NoPicture."""
    if len(data) > BYTES:
        raise NoPicture(
            _("This file is larger than %(size)d MB. Choose a smaller one.") % {"size": BYTES // 1024 // 1024}
        )
    try:
        with opening, decoding.opened(data, PIXELS) as (_kind, picture):
            middle = square(picture)
    except (decoding.Unfit, Image.DecompressionBombError) as error:
        raise NoPicture(_("This picture has too many pixels. Choose a smaller one.")) from error
    except Exception as error:  # decoders of broken files raise whatever they stumble over
        raise NoPicture(_("This file can't be opened as a picture. Choose a JPEG, PNG, WebP or GIF.")) from error
    return {size: encoded(middle, size) for size in SIZES}


def square(picture: Image.Image) -> Image.Image:
    picture = decoding.shrink(picture, ENOUGH)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return on_white(ImageOps.fit(picture, (SIZES[-1], SIZES[-1]), Image.Resampling.LANCZOS))


def on_white(picture: Image.Image) -> Image.Image:
    """Nothing shows through: what was drawn for a white page is seen on a dark one too."""
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def encoded(picture: Image.Image, size: int) -> bytes:
    out = io.BytesIO()
    picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    picture.save(out, "WEBP", quality=82, method=6)
    return out.getvalue()
