"""A document's own pictures: inside it, or beside it in its folder."""

import base64
import binascii
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from blog.images import uploads
from blog.models import Image
from transfer.report import Unreadable

MOST = 200
_DATA = re.compile(r"data:image/[\w.+-]{1,40};base64,(?P<data>[A-Za-z0-9+/=\s]*+)", re.ASCII)


class Media:
    def __init__(self, folder: Path | None) -> None:
        self.root = folder.resolve() if folder else None
        self.kept: list[Image] = []
        self.refused: list[str] = []

    def bring(self, address: str, alt: str) -> str:
        """Where it can be seen from now on; nothing when it cannot."""
        if address.startswith(("https://", "http://")):
            return address
        if address.startswith("//"):
            return f"https:{address}"
        try:
            data = self.inside(address) if address.startswith("data:") else self.beside(address)
            return "" if data is None else self.keep(data, alt)
        except (uploads.NoPicture, OSError, ValueError):
            return ""

    def inside(self, address: str) -> bytes | None:
        found = _DATA.fullmatch(address)
        try:
            return base64.b64decode(found["data"]) if found else None
        except binascii.Error:
            return None

    def beside(self, address: str) -> bytes | None:
        """Nothing outside of the folder is opened, whatever an address or a link says."""
        parts = urlsplit(address)
        if self.root is None or parts.scheme or not parts.path or "\0" in address:
            return None
        try:
            file = (self.root / unquote(parts.path).lstrip("/")).resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        if not file.is_file() or not file.is_relative_to(self.root):
            return None
        with file.open("rb") as source:
            return source.read(uploads.BYTES + 1)

    def keep(self, data: bytes, alt: str) -> str:
        """Raises pictures.NoPicture, and Unreadable where there are too many."""
        if len(self.kept) >= MOST:
            raise Unreadable(f"it has more than {MOST} pictures")
        image = uploads.keep(data, alt=alt)
        self.kept.append(image)
        return str(image.file.url)

    def drop_all(self) -> None:
        """The files of a trial."""
        for image in self.kept:
            image.file.delete(save=False)
