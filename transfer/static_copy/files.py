"""Pictures, style sheets and fonts of a static copy."""

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage

_IN_CSS = re.compile(r"""url\(\s*["']?(?P<url>[^"')]+)["']?\s*\)|@import\s+["'](?P<import>[^"']+)["']""")


class Files:
    """Copies each file once, and what a style sheet refers to with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, bool] = {}
        """Whether each file was found, by its path in the copy."""

    @property
    def picture_count(self) -> int:
        """The number of copied pictures."""
        return sum(found for path, found in self.known.items() if not path.startswith(static_prefix()))

    def copy(self, path: str) -> bool:
        """Copy a static or an uploaded file to its path in the copy; return whether it exists."""
        if path not in self.known:
            self.known[path] = False  # also ends a loop of style sheets
            content = read_static(path) if path.startswith(static_prefix()) else read_upload(path)
            self.known[path] = content is not None
            if content is not None:
                self.write(path, content)
                if path.endswith(".css"):
                    self.copy_linked(path, content.decode(errors="replace"))
        return self.known[path]

    def copy_linked(self, path: str, css: str) -> None:
        """Copy the files that a style sheet refers to; its links are relative already."""
        for link in _IN_CSS.finditer(css):
            address = urlsplit(link["url"] or link["import"])
            if not address.scheme and not address.netloc and address.path and not address.path.startswith("/"):
                self.copy(posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(address.path))))

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the copy. Raises ValueError for a path outside it."""
        file = (self.folder / path).resolve()
        if not file.is_relative_to(self.folder.resolve()):
            raise ValueError(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def static_prefix() -> str:
    return settings.STATIC_URL.lstrip("/")


def read_static(path: str) -> bytes | None:
    """Return a static file: as collected, or else from its source."""
    name = path.removeprefix(static_prefix())
    try:
        if staticfiles_storage.exists(name):
            with staticfiles_storage.open(name) as source:
                return bytes(source.read())
        found = finders.find(name)
        return Path(found).read_bytes() if isinstance(found, str) else None
    except (OSError, SuspiciousOperation, ValueError):
        return None


def read_upload(path: str) -> bytes | None:
    """Return an uploaded file, or None if there is none."""
    try:
        with default_storage.open(path.removeprefix(settings.MEDIA_URL.lstrip("/"))) as source:
            return bytes(source.read())
    except (OSError, SuspiciousOperation, ValueError):
        return None
