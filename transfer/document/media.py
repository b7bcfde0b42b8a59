"""Pictures of a document, embedded in it or in its folder."""

import base64
import binascii
import hashlib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from blog.images import uploads
from blog.models import Image
from transfer.report import Unreadable

MAX_PICTURES = 200
_DATA = re.compile(r"data:image/[\w.+-]{1,40};base64,(?P<data>[A-Za-z0-9+/=\s]*+)", re.ASCII)


class Media:
    def __init__(self, folder: Path | None, root: Path | None = None) -> None:
        """Read pictures in the document's folder, and anywhere below `root` if there is a folder around it."""
        self.folder = folder.resolve() if folder else None
        self.root = root.resolve() if root else self.folder
        self.stored: dict[str, Image] = {}  # by hash of the file: the same picture is stored once

    def import_picture(self, address: str, alt: str) -> str:
        """Store a picture and return its address here, or nothing if there is none; those on the web stay there."""
        if address.startswith(("https://", "http://")):
            return address
        if address.startswith("//"):
            return f"https:{address}"
        try:
            data = self.decode_data_address(address) if address.startswith("data:") else self.read_file(address)
            return "" if data is None else self.store(data, alt)
        except (uploads.InvalidPicture, OSError, ValueError):
            return ""

    def decode_data_address(self, address: str) -> bytes | None:
        """Return the picture in a `data:` address, or None if it is not a valid one."""
        found = _DATA.fullmatch(address)
        try:
            return base64.b64decode(found["data"]) if found else None
        except binascii.Error:
            return None

    def read_file(self, address: str) -> bytes | None:
        """Read a file in the document's folder or below `root`, none outside, whatever a path or link says."""
        parts = urlsplit(address)
        if self.root is None or self.folder is None or parts.scheme or not parts.path or "\0" in address:
            return None
        start = self.root if parts.path.startswith("/") else self.folder
        try:
            file = (start / unquote(parts.path).lstrip("/")).resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        if not file.is_file() or not file.is_relative_to(self.root):
            return None
        with file.open("rb") as source:
            return source.read(uploads.MAX_BYTES + 1)

    def store(self, data: bytes, alt: str) -> str:
        """Store a picture and return its address. Raises uploads.InvalidPicture, and Unreadable above the limit."""
        key = hashlib.sha256(data).hexdigest()
        if found := self.stored.get(key):
            return str(found.file.url)
        if len(self.stored) >= MAX_PICTURES:
            raise Unreadable(f"the document has more than {MAX_PICTURES} pictures; split it into smaller documents")
        image = uploads.store(data, alt=alt)
        self.stored[key] = image
        return str(image.file.url)

    def find(self, address: str) -> Image | None:
        """Return the stored picture with this address on this site."""
        return next((image for image in self.stored.values() if image.file.url == address), None)

    def delete_all(self) -> None:
        """Delete the files stored by a dry run."""
        for image in self.stored.values():
            image.file.delete(save=False)
