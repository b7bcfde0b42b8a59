"""Uploads to import and finished exports: private files that every host can reach, kept for a day."""

import posixpath
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils import timezone
from django.utils.module_loading import import_string

from blog.images.media import PRIVATE_FOLDER
from transfer import bucket_errors, scratch

KEEP = timedelta(days=1)
MAX_IN_MEMORY = 16 * 1024 * 1024  # bytes of a file in the bucket; a longer one is read through a temporary file


def new_token() -> str:
    """Return a name that no one can guess."""
    return secrets.token_hex(16)


def folder() -> Path:
    """Return this host's folder for them, created if needed."""
    path = Path(settings.DATA_DIR, "transfers")
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def storage() -> Storage:
    """Return the folder or, since hosts with a bucket may share nothing else, a part of it that readers cannot open."""
    if settings.S3_BUCKET:
        bucket: type[Storage] = import_string(settings.PRIVATE_BUCKET)
        own = {
            "location": posixpath.join(settings.S3_OPTIONS["location"] or "", PRIVATE_FOLDER),
            "default_acl": None,
            "max_memory_size": MAX_IN_MEMORY,
        }
        return bucket(**{**settings.S3_OPTIONS, **own})
    return FileSystemStorage(folder(), file_permissions_mode=0o600, directory_permissions_mode=0o700)


@bucket_errors.as_os_errors()
def save(name: str, file: File[bytes]) -> None:
    """Store a file. Raises OSError."""
    storage().save(name, file)


@bucket_errors.as_os_errors()
def open_file(name: str) -> File[bytes]:
    """Open a stored file. Raises OSError."""
    return storage().open(name)


@bucket_errors.as_os_errors()
def exists(name: str) -> bool:
    """Return whether a file is stored. Raises OSError."""
    return storage().exists(name)


@bucket_errors.as_os_errors()
def delete(name: str) -> None:
    """Delete a file, if there is one. Raises OSError."""
    storage().delete(name)


@contextmanager
def local_copy(name: str) -> Iterator[Path]:
    """Give the path of a stored file on this host. Raises FileNotFoundError."""
    place = storage()
    if isinstance(place, FileSystemStorage):
        path = Path(place.path(name))
        if not path.is_file():
            raise FileNotFoundError(name)
        yield path
        return
    with scratch.folder(folder(), ".import-") as temporary:
        with place.open(name) as source, (temporary / name).open("wb") as target:
            shutil.copyfileobj(source, target)
        yield temporary / name


@contextmanager
def new_file(name: str) -> Iterator[Path]:
    """Give the path to write a file to; it is stored at the end of the block."""
    with scratch.folder(folder(), ".export-") as temporary:
        yield temporary / name
        with (temporary / name).open("rb") as written:
            save(name, File(written))


def delete_old(used: Collection[str]) -> list[str]:
    """Delete the files that are older than a day, unless their tokens are still used, and return their names."""
    place, limit = storage(), timezone.now() - KEEP
    try:
        names = place.listdir("")[1]
    except FileNotFoundError:
        return []
    old = [
        name for name in names if name and name.partition(".")[0] not in used and place.get_modified_time(name) < limit
    ]
    for name in old:
        place.delete(name)
    return old
