"""Pictures of imported essays, found in a folder or fetched by a job, then shown from this site."""

import re
import time
from collections.abc import Collection
from datetime import timedelta
from html import escape, unescape
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urljoin, urlsplit

from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

import pagecache
from blog import markup
from blog.images import uploads
from blog.markup import figures
from blog.models import ESSAY_KEY, Essay, Image, typeset
from blog.writing import revisions
from server.http import fetch
from server.jobs.tasks import RETRY_DELAYS, job
from transfer import losses
from transfer.models import WantedPicture

MAX_SECONDS = 3
CLAIM_TIME = timedelta(minutes=5)
LOW_PRIORITY = -50  # emails must not wait for pictures
MAX_ADDRESS = 2000
EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg"})

_ATTRIBUTE = re.compile(r' (src|href)="([^"]*)"')
_ENDS_AS_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
_UPLOADS = re.compile(r"/(?:wp-content/uploads|wp-content/blogs\.dir/[0-9]+/files|files)/(?P<tail>.+)$")
_BY_MONTH = re.compile(r"/(?P<tail>[0-9]{4}/[0-9]{2}/[^/]+)$")
_OWN_MEDIA = re.compile(r"^/media/(?P<tail>.+)$")  # of a site of ours
_SIZE_SUFFIX = re.compile(r"-(?:[0-9]{1,5}x[0-9]{1,5}|scaled)(?=\.[A-Za-z]+$)")
# WordPress.com's servers scale a picture by its query.
_SCALING_HOST = re.compile(r"\.(?:files\.wordpress\.com|wp\.com)$")


def find_pictures(body: str, base: str) -> dict[str, str]:
    """Return the pictures that a cleaned body shows or links to in large: full address by address as written."""
    wanted: dict[str, str] = {}
    for attribute, value in _ATTRIBUTE.findall(body):
        written = unescape(value)
        address = full_size_address(written, base)
        parts = urlsplit(address)
        is_own = bool(_OWN_MEDIA.match(parts.path)) and parts.netloc == urlsplit(base).netloc
        is_large = is_own or _UPLOADS.search(parts.path) or _SCALING_HOST.search(parts.hostname or "")
        if attribute == "src" or (is_large and _ENDS_AS_PICTURE.search(parts.path)):
            wanted[written] = address
    return wanted


def full_size_address(written: str, base: str) -> str:
    """Return the full address of the picture in its original size, or nothing if it has none."""
    try:
        address = urljoin(base, written)
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(address) > MAX_ADDRESS:
        return ""
    return parts._replace(fragment="", query="" if _SCALING_HOST.search(parts.hostname) else parts.query).geturl()


def drop_pictures(essay: Essay, written: Collection[str]) -> list[str]:
    """Remove from a new essay the pictures with these addresses, which lead nowhere; return their names."""
    body, dropped = figures.replace_addresses(essay.body, lambda address: None if address in written else address)
    if dropped:
        essay.body = markup.clean_essay(body)
        Essay.objects.filter(pk=essay.pk).update(body=essay.body, typeset=typeset(essay.body))
    return dropped


def is_picture(path: str) -> bool:
    """Return whether a file is a picture, by its extension."""
    return PurePosixPath(path).suffix.lower() in EXTENSIONS


def may_be_picture(address: str) -> bool:
    """Whether an address may be a picture's, judging by its extension if it has one."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return False
    return bool(_ENDS_AS_PICTURE.search(path)) or "." not in path.rpartition("/")[2]


class PictureSource(Protocol):
    """Files that wanted pictures may be in."""

    def find(self, address: str) -> object | None:
        """Return the picture's file, or None."""

    def read(self, address: str) -> bytes | None:
        """Return the picture, or None if there is no file. Raises OSError."""


class UploadsFolder:
    """The old site's uploads folder; no file outside it is opened, whatever an address or a link says."""

    def __init__(self, path: Path) -> None:
        self.root = path.resolve()
        self.roots = [self.root, self.root / "uploads", self.root / "wp-content/uploads"]

    def find(self, address: str) -> Path | None:
        """Return the picture's file, or its original's where the essay shows only a smaller size."""
        path = unquote(urlsplit(address).path)
        found = [_UPLOADS.search(path) or _BY_MONTH.search(path), _OWN_MEDIA.match(path)]
        tails = [each["tail"] for each in found if each] or [path.lstrip("/")]
        if "\0" in path or not tails[0]:
            return None
        names = dict.fromkeys(name for tail in tails for name in (tail, _SIZE_SUFFIX.sub("", tail)))
        candidates = (root / name for name in names for root in self.roots)
        return next((file for candidate in candidates if (file := self._file_inside(candidate))), None)

    def read(self, address: str) -> bytes | None:
        """Return the picture with this address, cut after the first byte that is too many. Raises OSError."""
        file = self.find(address)
        if file is None:
            return None
        with file.open("rb") as source:
            return source.read(uploads.MAX_BYTES + 1)

    def _file_inside(self, candidate: Path) -> Path | None:
        """Return the file with this path if it exists inside the folder, links followed."""
        try:
            file = candidate.resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        return file if file.is_file() and file.is_relative_to(self.root) else None


def import_picture(wanted: WantedPicture, data: bytes | None = None) -> None:
    """Store the picture, fetched unless `data` is given, and show it in its essay.

    Raises fetch.FetchError or uploads.InvalidPicture.
    """
    image = Image.objects.filter(source=wanted.address).first()
    if image is None:
        data = fetch.get(wanted.address).body if data is None else data
        image = uploads.store(data, source=wanted.address, alt=wanted.alt)
    elif wanted.alt and not image.alt:
        Image.objects.filter(pk=image.pk).update(alt=wanted.alt)
    with transaction.atomic():
        if wanted.essay_id and wanted.is_cover:
            set_cover(wanted.essay_id, image)
        elif wanted.essay_id:
            replace_address(wanted.essay_id, wanted.written_address, image)
        wanted.delete()


def set_cover(essay_pk: int, image: Image) -> None:
    """Make a picture an essay's cover picture, unless the essay has got another one since."""
    if Essay.objects.filter(pk=essay_pk, cover=None).update(cover=image):
        pagecache.invalidate(ESSAY_KEY.format(essay_pk), "site")


def replace_address(essay_pk: int, written: str, image: Image) -> None:
    """Replace a picture's old address in an essay by the one on this site; nothing else changes."""
    essay = Essay.objects.filter(pk=essay_pk).first()
    if essay is None:
        return

    def replacement(match: re.Match[str]) -> str:
        return f' {match[1]}="{escape(image.file.url)}"' if unescape(match[2]) == written else match[0]

    revisions.rewrite_bodies(essay, lambda body: _ATTRIBUTE.sub(replacement, body))


def import_from(source: PictureSource) -> int:
    """Import the wanted pictures that the source has; return the number of new pictures."""
    before = Image.objects.count()
    last = 0
    while batch := WantedPicture.objects.filter(pk__gt=last).order_by("pk")[:100]:
        for wanted in batch:
            last = wanted.pk
            try:
                if (data := source.read(wanted.address)) is not None:
                    import_picture(wanted, data)
            except (uploads.InvalidPicture, OSError) as error:
                give_up(wanted, str(error))
    return Image.objects.count() - before


@job()
def fetch_wanted() -> None:
    """Fetch pictures for a few seconds only, so that the worker can run other jobs in between."""
    end = time.monotonic() + MAX_SECONDS
    while wanted := WantedPicture.objects.due().first():
        if claim(wanted):
            fetch_picture(wanted)
        if time.monotonic() >= end:
            break
    schedule_fetch()


def fetch_picture(wanted: WantedPicture) -> None:
    """Fetch a picture; note an error and when to try again."""
    try:
        import_picture(wanted)
    except (fetch.PermanentFetchError, uploads.InvalidPicture) as error:
        give_up(wanted, str(error))
    except fetch.FetchError as error:
        retry_later(wanted, str(error))


def schedule_fetch() -> None:
    """Schedule the job for when the next picture is due, unless it is scheduled already."""
    due = WantedPicture.objects.next_due()
    if due is None:
        return
    due = max(due, timezone.now())
    scheduled = DBTaskResult.objects.filter(task_path=fetch_wanted.module_path, status=TaskResultStatus.READY)
    if not scheduled.filter(run_after__lte=due).exists():
        fetch_wanted.using(priority=LOW_PRIORITY, run_after=due).enqueue()


def claim(wanted: WantedPicture) -> bool:
    """Reserve a picture for a few minutes, so that no other worker fetches it; return whether it worked."""
    until = timezone.now() + CLAIM_TIME
    claimed = WantedPicture.objects.filter(pk=wanted.pk, due=wanted.due).update(due=until)
    wanted.due = until
    return bool(claimed)


def retry_later(wanted: WantedPicture, reason: str) -> None:
    """Note the error and the time of the next attempt; give up after the last."""
    if wanted.tries >= len(RETRY_DELAYS):
        give_up(wanted, reason)
        return
    wanted.due = timezone.now() + RETRY_DELAYS[wanted.tries]
    wanted.tries += 1
    wanted.error = reason
    wanted.save(update_fields=["due", "tries", "error"])


def give_up(wanted: WantedPicture, reason: str) -> None:
    """Note the error of a picture that will not be tried again."""
    wanted.due, wanted.error = None, reason
    with transaction.atomic():
        wanted.save(update_fields=["due", "error"])
        if wanted.essay_id:
            losses.add(wanted.essay_id, f"1 picture that could not be imported: {wanted.address} ({reason})")
