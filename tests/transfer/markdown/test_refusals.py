"""A hostile or damaged archive gets one line that says why, and nothing is read outside it or changed."""

import errno
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from blog.models import Essay
from tests.transfer.exports import imported_rows
from transfer import importing
from transfer.markdown import archive
from transfer.report import Unreadable

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PICTURE = io.BytesIO()
Pillow.new("RGB", (4, 3), "red").save(PICTURE, "PNG")
POST = b"---\ntitle: One\ndate: 2020-01-02\n---\nText\n"


def pack(file: Path, files: dict[str, bytes], *, is_link: bool = False) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFLNK | 0o777 if is_link else 0o644) << 16
            packed.writestr(info, content)


def with_changed_bytes(file: Path, change: Callable[[bytes], bytes]) -> None:
    pack(file, {"one.md": POST * 50})
    file.write_bytes(change(file.read_bytes()))


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a path upwards": (lambda file: pack(file, {"../one.md": POST}), "a file outside its folder: ../one.md"),
    "an absolute path": (lambda file: pack(file, {"/etc/one.md": POST}), "a file outside its folder: /etc/one.md"),
    "a path of Windows": (lambda file: pack(file, {"..\\one.md": POST}), "a file outside its folder"),
    "a drive": (lambda file: pack(file, {"c:/one.md": POST}), "a file outside its folder"),
    "a link": (lambda file: pack(file, {"one.md": b"/etc/passwd"}, is_link=True), "a symbolic link: one.md"),
    "a bomb": (lambda file: pack(file, {"one.md": POST, "x.png": bytes(20_000_000)}), "more than 200 times its size: x.png"),
    "a flipped bit": (lambda file: with_changed_bytes(file, lambda data: data[:40] + b"\0\0" + data[42:]), "damaged or incomplete"),
    "a cut file": (lambda file: with_changed_bytes(file, lambda data: data[:-30]), "the ZIP file is damaged or incomplete"),
    "a false list": (lambda file: with_changed_bytes(file, lambda data: data.replace(b"PK\1\2", b"PK\1\3")), "damaged or incomplete"),
    "a backup": (lambda file: pack(file, {"rows/blog.essay.jsonl": b"{}", "manifest.json": b"{}"}), "restore it with: manage.py restore FILE. Nothing was changed."),
    "no archive": (lambda file: file.write_text("Dear reader"), "neither a folder nor a ZIP file"),
    "no texts": (lambda file: pack(file, {"x.png": b"x"}), "it has no Markdown files"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused(tmp_path: Path, name: str) -> None:
    write, error = HOSTILE[name]
    write(tmp_path / "all.zip")
    with pytest.raises(CommandError, match=re.escape(error)) as refused:
        call_command("import", "markdown", tmp_path / "all.zip", verbosity=0)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith("Nothing was changed.")
    assert not any(imported_rows().values())


@pytest.mark.parametrize(("limit", "maximum"), [("MAX_FILES", 2), ("MAX_BYTES", 100), ("MAX_DIRECTORY_BYTES", 100)])
def test_archives_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, maximum: int) -> None:
    pack(tmp_path / "all.zip", {f"{number}.md": POST for number in range(3)})
    monkeypatch.setattr(archive, limit, maximum)
    with pytest.raises(Unreadable, match=r"more than|larger than"):
        importing.import_file("markdown", tmp_path / "all.zip")
    if limit == "MAX_FILES":
        with zipfile.ZipFile(tmp_path / "all.zip") as packed:
            packed.extractall(tmp_path / "out")
        with pytest.raises(Unreadable, match="more than 2 files"):
            importing.import_file("markdown", tmp_path / "out")


def test_nothing_outside_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_bytes(POST)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/one.md").write_bytes(
        POST.replace(b"Text", b"![x](../secret.png) ![y](/../secret.png) ![z](link.png)")
    )
    (tmp_path / "secret.png").write_bytes(b"\x89PNG")
    for name, target in {"two.md": "secret.md", "link.png": "secret.png", "loop.md": "site/loop.md"}.items():
        (tmp_path / "site" / name).symlink_to(tmp_path / target)
    report = importing.import_file("markdown", tmp_path / "site")
    assert report.counts["essay(s), published"] == Essay.objects.count() == 1
    assert report.omitted["picture(s) that could not be imported"].count == 3
    linked = report.omitted["file(s) that (is|are) not in the folder, only linked from it"]
    assert linked.examples == ["link.png", "loop.md", "two.md"]


def test_names_that_macos_wrote_are_read(tmp_path: Path) -> None:
    """Its names are UTF-8, decomposed, and not said to be."""
    file = tmp_path / "all.zip"
    name = unicodedata.normalize("NFD", "é.png").encode()
    pack(file, {"post.md": POST.replace(b"Text", "![x](é.png)".encode()), "x" * len(name): PICTURE.getvalue()})
    file.write_bytes(file.read_bytes().replace(b"x" * len(name), name))
    report = importing.import_file("markdown", file)
    assert not report.omitted
    assert Essay.objects.get().body.startswith('<p><img src="/media/')


def test_a_folder_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_drafts").mkdir()
    (tmp_path / "one.md").write_bytes(POST)
    scan = os.scandir

    def refuse(path: str | Path) -> Any:
        if str(path).endswith("_drafts"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(Unreadable, match="_drafts cannot be read: Permission denied"):
        importing.import_file("markdown", tmp_path)
    assert not Essay.objects.exists()
