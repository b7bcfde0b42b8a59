"""A WXR file as a stream of records: one item at a time is held, and nothing is expanded, looked up or fetched."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from transfer.report import Unreadable
from transfer.wordpress.repair import Mender
from transfer.wordpress.spool import Comments

LARGEST_FILE = 200 * 1024 * 1024
LARGEST_TEXT = 16_000_000
LARGEST_ITEM = 64_000_000
MOST_PARTS = 200_000  # of an item: its comments, terms and custom fields
LARGEST_TAG = 4 * 1024 * 1024  # expat keeps a tag or a comment whole
DEEPEST = 32  # an export has six levels
PIECE = 64 * 1024
VERSIONS = {"1.0", "1.1", "1.2"}

_NAMESPACE = re.compile(r"https?://wordpress\.org/export/([0-9]+\.[0-9]+)/(excerpt/)?")
_PREFIXES = {
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
}
# What has parts of its own, and inside what it is looked for.
_RECORDS = {
    "item": "channel", "wp:author": "channel", "wp:category": "channel", "wp:tag": "channel", "wp:term": "channel",
    "wp:comment": "item", "wp:postmeta": "item", "category": "item",
}  # fmt: skip
# The texts that are kept of them, and of the custom fields those whose values are: the rest may be large.
_OF_FEEDS = "title link pubDate guid dc:creator content:encoded excerpt:encoded"
_OF_EXPORTS = """
    wxr_version base_site_url base_blog_url author_id author_login author_email author_display_name category_nicename
    category_parent cat_name category_description tag_slug tag_name tag_description post_id post_date post_date_gmt
    post_modified_gmt post_name post_type post_parent post_password menu_order status comment_status is_sticky
    attachment_url meta_key meta_value comment_id comment_author comment_author_email comment_author_url comment_date
    comment_date_gmt comment_content comment_approved comment_type comment_parent comment_user_id
"""
_TEXTS = {*_OF_FEEDS.split(), *(f"wp:{name}" for name in _OF_EXPORTS.split())}
KEPT_META = {
    "_thumbnail_id", "_wp_attachment_image_alt", "_wp_old_slug", "_wp_old_date", "footnotes", "rejoinder_deck",
    "rejoinder_in_menu",
}  # fmt: skip
MOST_NAMES = 10_000


@dataclass(slots=True)
class Record:
    """An element with parts: its texts by name, and the records inside it; an item's comments are apart, on disk."""

    name: str
    line: int
    attributes: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)
    inside: list["Record"] = field(default_factory=list)
    comments: Comments | None = None

    def __getitem__(self, name: str) -> str:
        """A text without the space around it; nothing when it is not there."""
        return self.texts.get(name, "").strip()

    def each(self, name: str) -> Iterator["Record"]:
        return (record for record in self.inside if record.name == name)


@dataclass(slots=True)
class Channel:
    """What a file says of itself."""

    texts: dict[str, str] = field(default_factory=dict)
    version: str = ""
    mended: int = 0

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "").strip()


class NotXml(Unreadable):
    """Not even XML; mended, it may be."""


class Broken(Exception):
    """What the file says is XML, but no export; the line is where."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


class Target:
    """Receives what the parser finds, and puts records together."""

    expat: Any

    def __init__(self, channel: Channel, *, keeps_comments: bool) -> None:
        self.channel = channel
        self.keeps_comments = keeps_comments
        self.open: list[str] = []
        self.records: list[Record] = []
        self.done: list[Record] = []
        self.text: list[str] | None = None
        self.size = 0
        self.item_size = 0
        self.parts = 0
        self.names: dict[str, str] = {}
        self.of_export = ""
        """The version that the address of the export's own names says."""

    @property
    def line(self) -> int:
        return int(self.expat.CurrentLineNumber)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self.names.get(tag) or self.named(tag)
        if len(self.open) >= DEEPEST:
            raise Broken(self.line, f"elements are nested more than {DEEPEST} levels deep")
        if not self.open and name != "rss":
            raise Broken(self.line, "this is not a WordPress export: it does not start with <rss>")
        if _RECORDS.get(name) == (self.open[-1] if self.open else ""):
            if name == "item":
                self.check_version()
                self.item_size = self.parts = 0
            elif self.records:
                self.parts += 1
                if self.parts > MOST_PARTS:
                    raise Broken(self.line, f"an item has more than {MOST_PARTS:,} parts")
            self.records.append(Record(name, self.line, attributes))
        self.open.append(name)
        self.text = [] if name in _TEXTS or name == "category" else None
        self.size = 0

    def start_ns(self, prefix: str, space: str) -> None:
        if match := _NAMESPACE.fullmatch(space):
            self.of_export = match[1]

    def named(self, tag: str) -> str:
        """`{http://wordpress.org/export/1.2/}post_id` → `wp:post_id`; a name that is none of ours begins with `?`."""
        space, _, local = tag.rpartition("}")
        space = space.removeprefix("{")
        if match := _NAMESPACE.fullmatch(space):
            name = f"{'excerpt:' if match[2] else 'wp:'}{local}"
        else:
            name = f"{_PREFIXES.get(space, '?') if space else ''}{local}"
        self.names[tag] = name
        if len(self.names) > MOST_NAMES:
            raise Broken(self.line, f"there are more than {MOST_NAMES} different elements")
        return name

    def data(self, text: str) -> None:
        if self.text is None:
            return
        if self.open[-1] == "wp:meta_value" and self.records and self.records[-1]["wp:meta_key"] not in KEPT_META:
            return
        self.size += len(text)
        self.item_size += len(text)
        if self.size > LARGEST_TEXT or self.item_size > LARGEST_ITEM:
            what, most = ("a text", LARGEST_TEXT) if self.size > LARGEST_TEXT else ("an item", LARGEST_ITEM)
            raise Broken(self.line, f"{what} is longer than {most // 1_000_000} million characters")
        self.text.append(text)

    def end(self, tag: str) -> None:
        name = self.open.pop()
        text, self.text = self.text, None
        record = self.records[-1] if self.records else None
        if record and record.name == name and _RECORDS[name] == self.open[-1]:
            if text is not None:
                record.texts[""] = "".join(text)
            self.records.pop()
            self.keep(record)
        elif text is not None and record and record.name == (self.open[-1] if self.open else ""):
            record.texts.setdefault(name, "".join(text))
        elif text is not None and self.open == ["rss", "channel"]:
            self.channel.texts.setdefault(name, "".join(text))

    def keep(self, record: Record) -> None:
        if not self.records:
            self.done.append(record)
        elif record.name != "wp:comment":
            self.records[-1].inside.append(record)
        elif self.keeps_comments:
            item = self.records[-1]
            item.comments = item.comments or Comments()
            item.comments.add(record.texts)

    def check_version(self) -> None:
        if self.channel.version:
            return
        self.channel.version = self.channel["wp:wxr_version"] or self.of_export
        if not self.channel.version:
            raise Broken(self.line, "this is not a WordPress export: it has no WXR version")
        if self.channel.version not in VERSIONS:
            known = ", ".join(sorted(VERSIONS))
            raise Broken(self.line, f"WXR version {self.channel.version!r:.20} is not supported; supported are {known}")

    def close(self) -> None:
        """The end of the file. One that has items and the export's names need not say its version; one without does."""
        if not self.channel.version:
            self.of_export = ""
            self.check_version()


def records(file: Path, channel: Channel, *, is_mended: bool = False, keeps_comments: bool = True) -> Iterator[Record]:
    """The file's authors, terms and items in its own order; what it says of itself goes into `channel`.

    Raises Unreadable: then what came before is worth nothing.
    """
    target = Target(channel, keeps_comments=keeps_comments)
    parser = DefusedXMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    expat = target.expat = parser.parser
    mender = Mender()
    fed = 0
    try:
        with file.open("rb") as source:
            refuse_other_kinds(source)
            pieces = iter(lambda: source.read(PIECE), b"")
            for piece in mender.mend(pieces) if is_mended else pieces:
                parser.feed(piece)
                fed += len(piece)
                if fed - max(expat.CurrentByteIndex, 0) > LARGEST_TAG:
                    raise Broken(expat.CurrentLineNumber, "a tag or comment is not closed")
                yield from target.done
                target.done.clear()
        parser.close()
    except DefusedXmlException as error:
        line = expat.CurrentLineNumber
        raise Unreadable(
            f"line {line}: the file declares a document type or entities, which exports never do"
        ) from error
    except ParseError as error:
        raise NotXml(f"line {error.position[0]}: {in_words(error, file)}") from error
    except (LookupError, ValueError) as error:  # how pyexpat says that it cannot read an encoding
        raise Unreadable(f"line {expat.CurrentLineNumber}: {error}; save it as UTF-8") from error
    except Broken as error:
        raise Unreadable(f"line {error.line or 1}: {error}") from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    channel.mended = mender.count


def refuse_other_kinds(source: BinaryIO) -> None:
    """What is not even text has its own words, and nothing has been read of it."""
    size = source.seek(0, 2)
    source.seek(0)
    head = source.read(256)
    source.seek(0)
    if not size:
        raise Unreadable("the file is empty")
    if size > LARGEST_FILE:
        raise Unreadable(f"the file is larger than {LARGEST_FILE // 1024 // 1024} MB; export it in parts by date")
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zX")):
        raise Unreadable("this is a compressed file; unpack it and import the .xml files inside it")
    if head.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise Unreadable("this is a web page, not an export; in WordPress, use Tools, Export")


def in_words(error: ParseError, file: Path) -> str:
    """The parser's finding, and what is usually behind it."""
    words = str(error).partition(":")[0]
    match words:
        case "no element found" | "unclosed token" | "unclosed CDATA section":
            return f"the file is incomplete ({words})"
        case "not well-formed (invalid token)" if not is_utf8(file):
            return "the text is not in the encoding that the file declares; save it as UTF-8"
        case "unbound prefix":
            return f"an XML namespace is not declared ({words})"
    return f"this is not valid XML ({words})"


def is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as source:
        try:
            while piece := source.read(PIECE):
                decoder.decode(piece)
        except UnicodeDecodeError:
            return False
    return True
