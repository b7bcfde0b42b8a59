"""The pictures of what was imported: found in a folder or fetched by a job, then shown in the essay from here."""

import re
import time
from collections.abc import Collection
from datetime import timedelta
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from blog import markup
from blog.images import uploads
from blog.markup import figures
from blog.models import Essay, Image
from blog.writing import revisions
from server.http import fetch
from server.jobs.tasks import PAUSES, job
from transfer.models import WantedPicture

SECONDS = 3
CLAIM_LASTS = timedelta(minutes=5)
AFTER_EVERYTHING_ELSE = -50  # mail does not wait for pictures
LONGEST_ADDRESS = 2000

_ATTRIBUTE = re.compile(r' (src|href)="([^"]*)"')
_ENDS_AS_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
_UPLOADS = re.compile(r"/(?:wp-content/uploads|wp-content/blogs\.dir/[0-9]+/files|files)/(?P<tail>.+)$")
_BY_MONTH = re.compile(r"/(?P<tail>[0-9]{4}/[0-9]{2}/[^/]+)$")
_OF_A_SIZE = re.compile(r"-(?:[0-9]{1,5}x[0-9]{1,5}|scaled)(?=\.[A-Za-z]+$)")
# WordPress.com's servers shrink a picture as the query says.
_SHRUNK = re.compile(r"\.(?:files\.wordpress\.com|wp\.com)$")


def wanted_in(body: str, base: str) -> dict[str, str]:
    """Pictures of a cleaned body, as written there and whole: those shown, and the large ones of the site linked to."""
    wanted: dict[str, str] = {}
    for attribute, value in _ATTRIBUTE.findall(body):
        written = unescape(value)
        address = whole(written, base)
        parts = urlsplit(address)
        is_large_one = _UPLOADS.search(parts.path) or _SHRUNK.search(parts.hostname or "")
        if attribute == "src" or (is_large_one and _ENDS_AS_PICTURE.search(parts.path)):
            wanted[written] = address
    return wanted


def whole(written: str, base: str) -> str:
    """The full address at which the picture stands in its own size; nothing when there can be none."""
    try:
        address = urljoin(base, written)
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(address) > LONGEST_ADDRESS:
        return ""
    return parts._replace(fragment="", query="" if _SHRUNK.search(parts.hostname) else parts.query).geturl()


def drop(essay: Essay, written: Collection[str]) -> list[str]:
    """Take pictures that stand nowhere on the web out of a new essay; return their names."""
    body, dropped = figures.exchange(essay.body, lambda address: None if address in written else address)
    if dropped:
        essay.body = markup.essay(body)
        Essay.objects.filter(pk=essay.pk).update(body=essay.body)
    return dropped


def is_picture(address: str) -> bool:
    """Whether it may be one: by the end of its name, if it has any."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return False
    return bool(_ENDS_AS_PICTURE.search(path)) or "." not in path.rpartition("/")[2]


class Folder:
    """The old site's uploads on our own disk. Nothing outside of it is opened, whatever an address or a link says."""

    def __init__(self, path: Path) -> None:
        self.root = path.resolve()
        self.places = [self.root, self.root / "uploads", self.root / "wp-content/uploads"]

    def find(self, address: str) -> Path | None:
        """The picture's file, or that of its original where only a smaller one is written in the essay."""
        path = unquote(urlsplit(address).path)
        found = _UPLOADS.search(path) or _BY_MONTH.search(path)
        tail = found["tail"] if found else path.lstrip("/")
        if "\0" in tail or not tail:
            return None
        names = dict.fromkeys((tail, _OF_A_SIZE.sub("", tail)))
        candidates = (place / name for name in names for place in self.places)
        return next((file for candidate in candidates if (file := self._inside(candidate))), None)

    def _inside(self, candidate: Path) -> Path | None:
        try:
            file = candidate.resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        return file if file.is_file() and file.is_relative_to(self.root) else None


def bring(wanted: WantedPicture, data: bytes | None = None) -> None:
    """Have the picture here and in its essay; the bytes are fetched when none are given.

    Raises fetch.Failed or pictures.NoPicture.
    """
    image = Image.objects.filter(source=wanted.address).first()
    if image is None:
        data = fetch.get(wanted.address).body if data is None else data
        image = uploads.keep(data, source=wanted.address, alt=wanted.alt)
    elif wanted.alt and not image.alt:
        Image.objects.filter(pk=image.pk).update(alt=wanted.alt)
    with transaction.atomic():
        if wanted.essay_id:
            place(wanted.essay_id, wanted.written, image)
        wanted.delete()


def place(essay_pk: int, written: str, image: Image) -> None:
    """Write our own address of a picture wherever an essay has the one it came from; all else stays as it is."""
    essay = Essay.objects.filter(pk=essay_pk).first()
    if essay is None:
        return

    def ours(match: re.Match[str]) -> str:
        return f' {match[1]}="{escape(image.file.url)}"' if unescape(match[2]) == written else match[0]

    revisions.amend(essay, lambda body: _ATTRIBUTE.sub(ours, body))


def read_folder(folder: Folder) -> int:
    """Bring what the folder has of all that is wanted; how many pictures there are more than before."""
    before = Image.objects.count()
    last = 0
    while some := WantedPicture.objects.filter(pk__gt=last).order_by("pk")[:100]:
        for wanted in some:
            last = wanted.pk
            file = folder.find(wanted.address)
            if file is None:
                continue
            try:
                with file.open("rb") as source:
                    bring(wanted, source.read(uploads.BYTES + 1))
            except (uploads.NoPicture, OSError) as error:
                give_up(wanted, str(error))
    return Image.objects.count() - before


@job()
def fetch_wanted() -> None:
    """For a few seconds, so that whatever else the worker has to do comes in between."""
    end = time.monotonic() + SECONDS
    while wanted := WantedPicture.objects.due().first():
        if claim(wanted):
            fetch_one(wanted)
        if time.monotonic() >= end:
            break
    fetch_later()


def fetch_one(wanted: WantedPicture) -> None:
    try:
        bring(wanted)
    except (fetch.Refused, uploads.NoPicture) as error:
        give_up(wanted, str(error))
    except fetch.Failed as error:
        try_later(wanted, str(error))


def fetch_later() -> None:
    """Have the job run when the next picture is due, unless it will."""
    due = WantedPicture.objects.next_due()
    if due is None:
        return
    due = max(due, timezone.now())
    same = DBTaskResult.objects.filter(task_path=fetch_wanted.module_path, status=TaskResultStatus.READY)
    if not same.filter(run_after__lte=due).exists():
        fetch_wanted.using(priority=AFTER_EVERYTHING_ELSE, run_after=due).enqueue()


def claim(wanted: WantedPicture) -> bool:
    """Have it for ourselves for a while; another worker that is after it finds it no longer due."""
    until = timezone.now() + CLAIM_LASTS
    claimed = WantedPicture.objects.filter(pk=wanted.pk, due=wanted.due).update(due=until)
    wanted.due = until
    return bool(claimed)


def try_later(wanted: WantedPicture, why: str) -> None:
    if wanted.tries >= len(PAUSES):
        give_up(wanted, why)
        return
    wanted.due = timezone.now() + PAUSES[wanted.tries]
    wanted.tries += 1
    wanted.error = why
    wanted.save(update_fields=["due", "tries", "error"])


def give_up(wanted: WantedPicture, why: str) -> None:
    wanted.due, wanted.error = None, why
    wanted.save(update_fields=["due", "error"])
