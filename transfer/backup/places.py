"""Where backups are kept: a folder or a bucket with files named by their time, and which of them to delete."""

import os
import pwd
import re
import shlex
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from transfer import bucket_errors, scratch
from transfer.backup.making import Made, make

NAME = "rejoinder-%Y-%m-%d-%H%M%S.backup"
MAX_IN_MEMORY = 16 * 1024 * 1024  # bytes of a backup that is read from a bucket
_NAME = re.compile(r"rejoinder-\d{4}-\d\d-\d\d-\d{6}\.backup")
_KEEP = re.compile(r"(?:(\d+)d)?(?:(\d+)w)?(?:(\d+)m)?")


def configured() -> Storage | None:
    """Return the folder or bucket that the owner chose for backups, or None."""
    if settings.BACKUP_BUCKET:
        bucket: type[Storage] = import_string("storages.backends.s3.S3Storage")
        own = {"bucket_name": settings.BACKUP_BUCKET, "location": "", "max_memory_size": MAX_IN_MEMORY}
        return bucket(**{**settings.S3_OPTIONS, **own})
    if settings.BACKUP_FOLDER:
        return FileSystemStorage(settings.BACKUP_FOLDER, file_permissions_mode=0o600, directory_permissions_mode=0o700)
    return None


def describe() -> str:
    """Name the place that the owner chose, for people."""
    return f"s3://{settings.BACKUP_BUCKET}" if settings.BACKUP_BUCKET else str(settings.BACKUP_FOLDER)


class NoFolder(FileNotFoundError):
    """The folder that the owner chose does not exist. It is not created, as its disk may not be mounted."""

    @property
    def problem(self) -> str:
        return _("The folder %(folder)s does not exist.") % {"folder": settings.BACKUP_FOLDER}

    @property
    def remedy(self) -> str:
        """What to type, with the user that runs the site."""
        try:
            user = pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:  # in a container
            user = str(os.geteuid())
        command = shlex.join(["install", "-d", "-m", "700", "-o", user, settings.BACKUP_FOLDER])
        return _("If it is on a disk that is not mounted, mount it. Otherwise run as root: %(command)s") % {
            "command": command
        }


def check_folder() -> None:
    """Raise NoFolder if the folder that the owner chose does not exist."""
    if settings.BACKUP_FOLDER and not settings.BACKUP_BUCKET and not Path(settings.BACKUP_FOLDER).is_dir():
        raise NoFolder(settings.BACKUP_FOLDER)


@bucket_errors.as_os_errors()
def add(place: Storage, done: Counter[str] | None = None) -> tuple[str, Made]:
    """Make a backup, keep it there, and return its name; `done` counts what is written."""
    name = timezone.now().strftime(NAME)
    if isinstance(place, FileSystemStorage):
        check_folder()
        return name, make(Path(place.location, name), siblings=_NAME.pattern, done=done)
    with scratch.folder(settings.DATA_DIR, ".backup-") as folder:
        file = folder / name
        made = make(file, done=done)
        with file.open("rb") as source:
            place.save(name, File(source))
    return name, made


@bucket_errors.as_os_errors()
def fetch(place: Storage, name: str, folder: Path) -> Path:
    """Copy a backup from there into a folder."""
    file = folder / name
    with place.open(name) as source, file.open("wb") as target:
        shutil.copyfileobj(source, target)
    return file


@bucket_errors.as_os_errors()
def times(place: Storage) -> dict[str, datetime]:
    """Return the backups that are there with their times, newest first."""
    try:
        _folders, files = place.listdir("")
    except FileNotFoundError:
        return {}
    names = sorted(filter(_NAME.fullmatch, files), reverse=True)
    found = {name: datetime.strptime(f"{name}+0000", f"{NAME}%z") for name in names}
    soon = timezone.now() + timedelta(hours=1)  # a time in the future comes from a clock that was wrong
    return {name: time for name, time in found.items() if time < soon}


@bucket_errors.as_os_errors()
def thin(place: Storage, keep: str) -> list[str]:
    """Delete the backups that `keep`, such as `7d4w6m`, does not name, and return their names."""
    found = times(place)
    kept = kept_names(found, keep)
    deleted = [name for name in found if name not in kept]
    for name in deleted:
        place.delete(name)
    return deleted


def kept_names(times: dict[str, datetime], keep: str) -> set[str]:
    """Return the newest backup, and the newest one of each of the last days, weeks and months that have one."""
    days, weeks, months = parse_keep(keep)
    periods = (("%Y-%m-%d", days), ("%G-%V", weeks), ("%Y-%m", months))
    newest_first = sorted(times, key=times.__getitem__, reverse=True)
    kept = set(newest_first[:1])
    for form, count in periods:
        newest: dict[str, str] = {}
        for name in newest_first:
            newest.setdefault(times[name].strftime(form), name)
        kept.update(list(newest.values())[:count])
    return kept


def parse_keep(keep: str) -> tuple[int, int, int]:
    """Return how many days, weeks and months `7d4w6m` names. Raises ValueError."""
    match = _KEEP.fullmatch(keep)
    if not match or not keep:
        raise ValueError(keep)
    days, weeks, months = (int(number or 0) for number in match.groups())
    return days, weeks, months
