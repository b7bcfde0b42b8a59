"""Files of an archive that texts refer to: pictures to import, and other texts."""

import posixpath
import re
import unicodedata
from hashlib import blake2b
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from blog.images import uploads
from transfer import pictures
from transfer.markdown.archive import Archive
from transfer.markdown.layout import HTML_SUFFIXES, SUFFIXES, Layout

ROOTS = ("", "static/", "content/", "assets/")  # which the root of the old site's addresses may be
NOWHERE = ".invalid"  # the host of pictures of a site whose address is unknown
_PREFIX = re.compile(r"^[{|](?:static|attach|filename)[}|]")  # Pelican's


class Files:
    """Finds an archive's files by address, and gives its pictures addresses that transfer.pictures can store.

    The address is the one on the old site. If that is unknown, the host is a hash of the picture, so that pictures of
    two sites are not mistaken for each other.
    """

    def __init__(self, archive: Archive, layout: Layout) -> None:
        self.archive = archive
        self.layout = layout
        self.hashes: dict[str, str] = {}
        """Of the pictures of a site whose address is unknown, by path."""

    def find_linked(self, address: str, path: str) -> str | None:
        """Return the file that an address in the text at `path` leads to, or None."""
        try:
            parts = urlsplit(_PREFIX.sub("", address.strip()))
        except ValueError:
            return None
        if parts.scheme or parts.netloc:
            return self.find_by_path(parts.path) if self.is_own_host(parts.netloc) else None
        target = unquote(parts.path)
        if target.startswith("/"):
            return self.find_by_path(parts.path)
        beside = (posixpath.join(posixpath.dirname(path), target), posixpath.join(path.rpartition(".")[0], target))
        return self.first_inside([*beside, *(root + target for root in ROOTS)]) if target else None

    def find_by_path(self, path: str) -> str | None:
        """Return the file at a path of the old site's addresses, or None."""
        path = unquote(path)
        base = self.layout.base_path
        inside = [path.removeprefix(base)] if base and path.startswith(f"{base}/") else []
        return self.first_inside([root + each.lstrip("/") for each in (*inside, path) for root in ROOTS])

    def first_inside(self, paths: list[str]) -> str | None:
        """Return the first of the paths that the archive has."""
        composed = (unicodedata.normalize("NFC", path) for path in paths)
        return next((found for path in composed if (found := posixpath.normpath(path)) in self.archive), None)

    def is_own_host(self, host: str) -> bool:
        """Return whether a host is the old site's."""
        return bool(host) and host.lower() == urlsplit(self.layout.url).netloc.lower()

    def picture_address(self, path: str) -> str:
        """Return the web address of a picture in the archive."""
        short = next((path.removeprefix(root) for root in ROOTS[1:] if path.startswith(root)), path)
        if self.layout.url:
            return f"{self.layout.url}/{quote(short)}"
        if path not in self.hashes:
            content = self.archive.read(path, uploads.MAX_BYTES)
            self.hashes[path] = blake2b(content, digest_size=16).hexdigest()
        return f"https://{self.hashes[path]}{NOWHERE}/{quote(short)}"

    def find(self, address: str) -> str | None:
        """Return the picture with an address that `picture_address` returned, or None."""
        parts = urlsplit(address)
        is_here = self.is_own_host(parts.netloc) or (not self.layout.url and parts.netloc.endswith(NOWHERE))
        path = self.find_by_path(parts.path) if is_here else None
        return path if path and pictures.is_picture(path) and self.picture_address(path) == address else None

    def read(self, address: str) -> bytes | None:
        """Return the picture with this address, or None. Raises OSError."""
        path = self.find(address)
        return self.archive.read(path, uploads.MAX_BYTES) if path else None


def is_text(path: str) -> bool:
    """Return whether a file may be an essay or a page, by its extension."""
    return PurePosixPath(path).suffix.lower() in SUFFIXES | HTML_SUFFIXES
