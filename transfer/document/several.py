"""Import of several documents, each by itself or in ZIP archives: one that cannot be imported stops no other."""

import io
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from django.conf import settings

from accounts.models import User
from blog.models import Essay
from transfer import pictures, scratch
from transfer.document import import_document
from transfer.report import Report, Unreadable
from transfer.zip_names import readable_name

MAX_DOCUMENTS = 50
MAX_MEMBERS = 1000
MAX_TOTAL = 100 * 1024 * 1024  # bytes of an archive's files
MAX_RATIO = 100
SMALL = 1024 * 1024  # smaller files may have any compression ratio
MAX_SECONDS = 60  # after which no other document is begun


class Source(NamedTuple):
    """A document, and the folders that its pictures may be in."""

    name: str
    data: bytes
    folder: Path | None = None
    root: Path | None = None


class Result(NamedTuple):
    """What became of one file: a draft, or a reason why there is none."""

    name: str
    essay: Essay | None = None
    report: Report | None = None
    error: str = ""


def import_documents(uploads: Iterable[tuple[str, bytes]], *, by: User) -> list[Result]:
    """Create a draft from each document, also from those in ZIP archives."""
    end = time.monotonic() + MAX_SECONDS
    results: list[Result] = []
    with scratch.folder(Path(settings.DATA_DIR), ".documents-") as folder:
        for number, (name, data) in enumerate(uploads):
            try:
                for source in unpack(name, data, folder / str(number)):
                    results.append(import_source(source, by, len(results), end))
            except Unreadable as error:
                results.append(Result(name, error=str(error)))
    return results


def import_source(source: Source, by: User, count: int, end: float) -> Result:
    """Import one document, unless it comes after too many or too late."""
    if count >= MAX_DOCUMENTS:
        return Result(source.name, error=f"more than {MAX_DOCUMENTS} documents were chosen; import it by itself")
    if time.monotonic() > end:
        return Result(source.name, error="the other documents took too long; import it by itself")
    try:
        essay, report = import_document(source.name, source.data, by=by, folder=source.folder, root=source.root)
    except Unreadable as error:
        return Result(source.name, error=str(error))
    return Result(source.name, essay, report)


def unpack(name: str, data: bytes, folder: Path) -> Iterator[Source]:
    """Yield the documents in an archive, whose pictures are written into a folder, or the file itself.

    Raises Unreadable.
    """
    if PurePosixPath(name).suffix.lower() != ".zip":
        yield Source(name, data)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = check_archive(packed)
            for member in members:
                if pictures.is_picture(member.filename):
                    write_picture(packed, member, folder)
            for member in members:
                if not pictures.is_picture(member.filename):
                    place = (folder / member.filename).parent
                    place.mkdir(parents=True, exist_ok=True)
                    yield Source(member.filename, packed.read(member), place, folder)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        NotImplementedError,
        OSError,
        EOFError,
    ) as error:
        raise Unreadable("this is not a ZIP archive, or it is damaged") from error


def check_archive(packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return an archive's files, without hidden ones, if there are not too many or too large. Raises Unreadable."""
    for each in packed.infolist():
        each.filename = readable_name(each)
    found = [each for each in packed.infolist() if not each.is_dir() and not is_hidden(each.filename)]
    if len(found) > MAX_MEMBERS:
        raise Unreadable(f"the archive has more than {MAX_MEMBERS:,} files; split it into smaller archives")
    if sum(each.file_size for each in found) > MAX_TOTAL:
        limit = MAX_TOTAL // 1024 // 1024
        raise Unreadable(f"the archive is larger than {limit} MB unzipped; split it into smaller archives")
    if any(each.flag_bits & 1 for each in found):
        raise Unreadable("the archive is password-protected; remove the password and try again")
    if any(each.file_size > SMALL and each.file_size > MAX_RATIO * max(1, each.compress_size) for each in found):
        raise Unreadable("a file in the archive is suspiciously large when unzipped")
    if any(not is_inside(each.filename) for each in found):
        raise Unreadable("the archive names files outside its own folder")
    if not any(not pictures.is_picture(each.filename) for each in found):
        raise Unreadable("the archive has no documents")
    return sorted(found, key=lambda each: each.filename)


def is_hidden(name: str) -> bool:
    """Return whether a file is one that operating systems add to archives."""
    return any((part.startswith(".") and part not in {".", ".."}) or part == "__MACOSX" for part in name.split("/"))


def is_inside(name: str) -> bool:
    """Return whether a name in an archive is a path below its folder."""
    return not name.startswith("/") and ".." not in name.split("/") and "\\" not in name and len(name) < 500


def write_picture(packed: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    """Write a picture of an archive into a folder, where the documents beside it find it."""
    path = folder / member.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed.read(member))
