"""An invalid export gets one line that says where and why, quickly, and changes nothing."""

import codecs
import errno
import gzip
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from blog.models import Essay, Tag
from tests.transfer.exports import HEAD, SHARED, author, comment, export, import_file, import_text, imported_rows, item
from transfer.wordpress import wxr

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SOUND = export(author("vera"), item(1, comment(1)))
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BROKEN = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "line 3: the file is incomplete"),
    "words": (b"Dear reader,\n", "line 1: this is not a WordPress export"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "line 1: this is not a WordPress export"),
    "html": (b"<!DOCTYPE html><html><body>Log in</body></html>", "this is a web page"),
    "other xml": (b"<?xml version='1.0'?><opml><body/></opml>", "line 1: this is not a WordPress export"),
    "a feed": (
        b"<rss version='2.0'><channel><title>x</title>\n<item><title>y</title></item></channel></rss>",
        "line 2: this is not a WordPress export: it has no WXR version",
    ),
    "no version": (
        HEAD.format(version="1.2", site="x").replace("<wp:wxr_version>1.2</wp:wxr_version>", "").encode()
        + author("vera").encode()
        + b"</channel></rss>",
        "it has no WXR version",
    ),
    "a later version": (export(item(1)).replace("1.2", "1.3").encode(), "WXR version '1.3' is not supported"),
    "cut in a post": (SOUND[: SOUND.index("Words.")].encode(), "the file is incomplete"),
    "cut before the end": (SOUND.replace("</channel></rss>", "").encode(), "the file is incomplete"),
    "mismatched": (SOUND.replace("</item>", "</itme>").encode(), "line 8: this is not valid XML (mismatched tag)"),
    "undeclared names": (SOUND.replace("xmlns:dc=", "xmlns:other=").encode(), "line 8: an XML namespace is not declared"),
    "two roots": ((SOUND + "<rss/>").encode(), "this is not valid XML (junk after document element)"),
    "latin-1": (SOUND.replace("Words.", "Wörter").encode("latin-1"), "line 8: the text is not in the encoding that the file declares"),
    "unknown encoding": (SOUND.replace("UTF-8", "x-none").encode(), "line 1: unknown encoding: x-none"),
    "other encoding": (SOUND.replace("UTF-8", "shift_jis").encode(), "line 1: multi-byte encodings are not supported"),
    "gzip": (gzip.compress(SOUND.encode()), "this is a compressed file"),
    "doctype": (SOUND.replace("<rss", "<!DOCTYPE rss>\n<rss", 1).encode(), "it declares a document type or entities"),
    "billion laughs": (
        SOUND.replace("<rss", f'<!DOCTYPE rss [<!ENTITY a0 "lol">{LAUGHS}]>\n<rss', 1).replace("Words.", "]]>&a9;<![CDATA[").encode(),
        "it declares a document type or entities",
    ),
    "a file of ours": (
        SOUND.replace("<rss", '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<rss', 1).replace("The Old Blog", "&x;").encode(),
        "it declares a document type or entities",
    ),
    "a type from elsewhere": (
        SOUND.replace("<rss", '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">\n<rss', 1).encode(),
        "it declares a document type or entities",
    ),
    "deep": (HEAD.format(version="1.2", site="x").encode() + b"<item>" * 20_000, "more than 32 levels deep"),
    "a tag without end": (HEAD.format(version="1.2", site="x").encode() + b"<item a='" + b"x" * 9_000_000, "a tag or comment is not closed"),
    "many parts of an item": (
        HEAD.format(version="1.2", site="x").encode() + b"<item>" + b"<category/>" * 200_001,
        "an item has more than 200,000 parts",
    ),
    "many kinds of elements": (
        HEAD.format(version="1.2", site="x").encode() + b"".join(b"<e%d/>" % n for n in range(200_000)),
        "more than 10000 different elements",
    ),
    "a text without end": (
        HEAD.format(version="1.2", site="x").encode() + b"<item><title>" + b"x" * 17_000_000,
        "a text is longer than 16 million characters",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_an_error_is_reported_in_one_line_and_nothing_changes(tmp_path: Path, name: str) -> None:
    data, words = BROKEN[name]
    file = tmp_path / "export.xml"
    file.write_bytes(data)
    refused(file, words)


def refused(file: Path, words: str = "") -> None:
    before = imported_rows()
    start = time.process_time()
    with pytest.raises(CommandError) as caught:
        import_file(file)
    assert time.process_time() - start < 2
    line = str(caught.value)
    assert line.startswith(f"{file}: ")
    assert line.endswith(" Nothing was changed.")
    assert words in line
    assert "\n" not in line
    assert caught.value.returncode == 1
    assert imported_rows() == before


def test_a_compressed_export_gets_a_helpful_message(tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("export.xml", SOUND)
    refused(file, "unpack it and import the .xml files inside it")


@pytest.mark.parametrize("what", [Path.mkdir, lambda path: None], ids=["a folder", "nothing"])
def test_a_missing_file_gets_a_message(tmp_path: Path, what: Callable[[Path], None]) -> None:
    what(tmp_path / "export.xml")
    refused(
        tmp_path / "export.xml", "the file does not exist" if not (tmp_path / "export.xml").exists() else "not a file"
    )


@pytest.mark.parametrize("kind", ["wordpress", "markdown"])
def test_a_file_that_only_root_can_reach_gets_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """As in /root, when `bin/manage` changes to the site's user."""
    monkeypatch.setattr(Path, "stat", mock.Mock(side_effect=PermissionError(errno.EACCES, "Permission denied")))
    with pytest.raises(CommandError, match="the site’s user may not read it; copy it to a folder"):
        call_command("import", kind, tmp_path / "export.xml")


def test_a_missing_media_folder_gets_a_message(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"is not a folder that this user can open. Nothing was changed\."):
        import_text(tmp_path, SOUND, "--media", str(tmp_path / "none"))
    assert not Essay.objects.exists()


def test_an_oversized_file_gets_a_helpful_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wxr, "MAX_FILE", 1000)
    file = tmp_path / "export.xml"
    file.write_text(SOUND)
    refused(file, "export the site in smaller parts")


def test_an_error_after_many_valid_posts_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "export.xml"
    sound = export(author("vera"), *(item(number, comment(number)) for number in range(1, 60)))
    file.write_text(sound.replace("</channel>", "<item></channel>"))
    refused(file)


def test_an_error_while_writing_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "export.xml"
    file.write_text(SOUND)
    monkeypatch.setattr("transfer.wordpress.discussion.markup.clean_comment_html", lambda text: 1 / 0)
    before = imported_rows()
    with pytest.raises(ZeroDivisionError):
        import_file(file)
    assert imported_rows() == before


# Malformed XML that WordPress itself wrote is repaired.


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<![CDATA[one \x0b\x08two\x1f]]>", "one two"),
        ("<![CDATA[a <![CDATA[ b ]]> c]]>", "a c"),
        ("<![CDATA[see ]]> there]]>", "see ]]> there"),
        ("a &amp; b &lt;em&gt;c&lt;/em&gt;", "a & b c"),
        ("a & b?x=1&y=2 &hellip; &#8212; &#8; &bogus; &", "a & b?x=1&y=2 … — &bogus; &"),
        ("a ]]> b", "a ]]> b"),
    ],
)
def test_malformed_xml_is_repaired(tmp_path: Path, written: str, read: str) -> None:
    sound = export(item(1, title="TITLE", post_name="x\x01"))
    report = import_text(tmp_path, sound.replace("<![CDATA[TITLE]]>", written))
    assert Essay.objects.get().title == read
    assert "in the file were corrected" in report


@pytest.mark.parametrize("size", [1, 7, 63, 64, 65, 100])
def test_the_repair_does_not_depend_on_the_chunk_size(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wxr, "CHUNK_SIZE", size)
    body = "".join(f"<![CDATA[{number} \x0b ]]> not the end <!-- ]]>" for number in range(40))
    text = export(item(1)).replace("<![CDATA[Words.]]>", body)
    import_text(tmp_path, text.replace("<![CDATA[A title]]>", "&nbsp; A & ]]> &amp; <!-- & \x02 ]]> -->&rarr; &#8;B"))
    kept = Essay.objects.get()
    assert kept.title == "A & ]]> & → B"
    assert kept.body.count("not the end") == 40
    assert "\x0b" not in kept.body


def test_lines_before_the_declaration_are_ignored(tmp_path: Path) -> None:
    import_text(tmp_path, "\n\n  " + SOUND)
    assert Essay.objects.count() == 1


def test_a_valid_file_is_never_repaired(tmp_path: Path) -> None:
    import_text(tmp_path, export(item(1)).replace("<![CDATA[A title]]>", "<![CDATA[one ]]>two<![CDATA[ three]]>"))
    assert Essay.objects.get().title == "one two three"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_every_declared_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "export.xml"
    text = export(item(1, title="Für alle")).replace("UTF-8", encoding.removesuffix("-sig"))
    file.write_bytes(text.encode(encoding))
    assert file.read_bytes().startswith((codecs.BOM_UTF8, codecs.BOM_UTF16, b"<?xml"))
    import_file(file)
    assert Essay.objects.get().title == "Für alle"


def test_a_file_with_only_terms_is_a_valid_export(tmp_path: Path) -> None:
    tag = "<wp:tag><wp:tag_slug>a</wp:tag_slug><wp:tag_name>A</wp:tag_name></wp:tag>"
    import_text(tmp_path, export(tag))
    assert Tag.objects.get().name == "A"


ATTACKS = SHARED / "security/xml-attacks.jsonl"
PAYLOADS = [json.loads(line) for line in ATTACKS.read_text().splitlines()] if ATTACKS.exists() else []


@pytest.mark.parametrize("payload", [one["payload"] for one in PAYLOADS], ids=[one["id"] for one in PAYLOADS])
def test_an_xml_attack_is_rejected(tmp_path: Path, payload: str) -> None:
    file = tmp_path / "export.xml"
    file.write_text(payload)
    refused(file)
    assert "root:" not in str(imported_rows())


@pytest.mark.parametrize("payload", [one["payload"] for one in PAYLOADS], ids=[one["id"] for one in PAYLOADS])
def test_an_attack_in_a_text_stays_text(tmp_path: Path, payload: str) -> None:
    import_text(tmp_path, export(item(1, comment(1, payload), title=payload[:200], body=payload, excerpt=payload)))
    kept = str(imported_rows()).lower()
    assert "root:" not in kept
    assert "<script" not in Essay.objects.get().body.lower()
