"""A WXR file as a stream of records: one item at a time in memory; no entities, no external resources."""

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
from transfer.wordpress.repair import XMLRepairer
from transfer.wordpress.spool import COMMENT_META, CommentSpool

MAX_FILE = 2 * 1024**3
MAX_TEXT = 16_000_000
MAX_ITEM = 64_000_000
MAX_PARTS = 200_000  # per item: comments, terms and custom fields
MAX_TAG = 4 * 1024 * 1024  # expat buffers a whole tag or comment
MAX_DEPTH = 32  # an export has six levels
CHUNK_SIZE = 64 * 1024
VERSIONS = {"1.0", "1.1", "1.2"}

_NAMESPACE = re.compile(r"https?://wordpress\.org/export/([0-9]+\.[0-9]+)/(excerpt/)?")
_PREFIXES = {"http://purl.org/rss/1.0/modules/content/": "content:", "http://purl.org/dc/elements/1.1/": "dc:"}
# Elements that have parts, and their parents.
_RECORDS = {
    "item": "channel", "wp:author": "channel", "wp:category": "channel", "wp:tag": "channel", "wp:term": "channel",
    "wp:comment": "item", "wp:postmeta": "item", "category": "item", "wp:commentmeta": "wp:comment",
}  # fmt: skip
# The texts to keep, and the custom fields whose values are kept; others may be large.
_OF_FEEDS = "title link pubDate guid dc:creator content:encoded excerpt:encoded"
_OF_EXPORTS = """
    wxr_version base_site_url base_blog_url author_id author_login author_email author_display_name category_nicename
    category_parent cat_name category_description tag_slug tag_name tag_description post_id post_date post_date_gmt
    post_modified_gmt post_name post_type post_parent post_password menu_order status comment_status is_sticky
    attachment_url meta_key meta_value comment_id comment_author comment_author_email comment_author_url comment_date
    comment_date_gmt comment_content comment_approved comment_type comment_parent comment_user_id
"""
_TEXTS = {*_OF_FEEDS.split(), *(f"wp:{name}" for name in _OF_EXPORTS.split())}
STORED_META = {
    "_thumbnail_id", "_wp_attachment_image_alt", "_wp_old_slug", "_wp_old_date", "footnotes", "rejoinder_deck",
    "rejoinder_in_menu", *COMMENT_META,
}  # fmt: skip
MAX_NAMES = 10_000


@dataclass(slots=True)
class Record:
    """An element with parts: its texts by name and the records in it; an item's comments are on disk."""

    name: str
    line: int
    attributes: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)
    inside: list["Record"] = field(default_factory=list)
    comments: CommentSpool | None = None

    def __getitem__(self, name: str) -> str:
        """Return a text without surrounding space, or nothing if it is missing."""
        return self.texts.get(name, "").strip()

    def inner_records(self, name: str) -> Iterator["Record"]:
        """Return the records inside with this name."""
        return (record for record in self.inside if record.name == name)


@dataclass(slots=True)
class Channel:
    """What a file says about its site."""

    texts: dict[str, str] = field(default_factory=dict)
    version: str = ""
    repair_count: int = 0

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "").strip()


class NotXml(Unreadable):
    """The file is not well-formed XML; it may be repaired."""


class NotAnExport(Exception):
    """The file is XML but not a valid export; with the line of the problem."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


class Target:
    """Receives the parser's events and builds records."""

    expat: Any

    def __init__(self, channel: Channel, *, keeps_comments: bool) -> None:
        self.channel = channel
        self.keeps_comments = keeps_comments
        self.open: list[str] = []
        self.records: list[Record] = []
        self.finished: list[Record] = []
        self.text: list[str] | None = None
        self.size = 0
        self.item_size = 0
        self.parts = 0
        self.names: dict[str, str] = {}
        self.namespace_version = ""
        """The version in the namespace of the export."""

    @property
    def line(self) -> int:
        """The line of the file that is being read."""
        return int(self.expat.CurrentLineNumber)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element, and begin a record if it has parts."""
        name = self.names.get(tag) or self.short_name(tag)
        if len(self.open) >= MAX_DEPTH:
            raise NotAnExport(self.line, f"elements are nested more than {MAX_DEPTH} levels deep")
        if not self.open and name != "rss":
            raise NotAnExport(self.line, "this is not a WordPress export: it does not start with <rss>")
        if _RECORDS.get(name) == (self.open[-1] if self.open else ""):
            if name == "item":
                self.check_version()
                self.item_size = self.parts = 0
            elif self.records and name != "wp:commentmeta":  # plugins add several to each comment
                self.parts += 1
                if self.parts > MAX_PARTS:
                    raise NotAnExport(self.line, f"an item has more than {MAX_PARTS:,} parts")
            self.records.append(Record(name, self.line, attributes))
        self.open.append(name)
        self.text = [] if name in _TEXTS or name == "category" else None
        self.size = 0

    def start_ns(self, prefix: str, space: str) -> None:
        """Remember the version in WordPress's namespace."""
        if match := _NAMESPACE.fullmatch(space):
            self.namespace_version = match[1]

    def short_name(self, tag: str) -> str:
        """Return `wp:post_id` for `{http://wordpress.org/export/1.2/}post_id`; unknown names begin with `?`."""
        space, _, local = tag.rpartition("}")
        space = space.removeprefix("{")
        if match := _NAMESPACE.fullmatch(space):
            name = f"{'excerpt:' if match[2] else 'wp:'}{local}"
        else:
            name = f"{_PREFIXES.get(space, '?') if space else ''}{local}"
        self.names[tag] = name
        if len(self.names) > MAX_NAMES:
            raise NotAnExport(self.line, f"there are more than {MAX_NAMES} different elements")
        return name

    def data(self, text: str) -> None:
        """Collect the text of an element that is kept, within the limits."""
        if self.text is None:
            return
        if self.open[-1] == "wp:meta_value" and self.records and self.records[-1]["wp:meta_key"] not in STORED_META:
            return
        self.size += len(text)
        self.item_size += len(text)
        if self.size > MAX_TEXT or self.item_size > MAX_ITEM:
            subject, limit = ("a text", MAX_TEXT) if self.size > MAX_TEXT else ("an item", MAX_ITEM)
            raise NotAnExport(self.line, f"{subject} is longer than {limit // 1_000_000} million characters")
        self.text.append(text)

    def end(self, tag: str) -> None:
        """Close an element; store its text, or finish its record."""
        name = self.open.pop()
        text, self.text = self.text, None
        record = self.records[-1] if self.records else None
        if record and record.name == name and _RECORDS[name] == self.open[-1]:
            if text is not None:
                record.texts[""] = "".join(text)
            self.records.pop()
            self.finish_record(record)
        elif text is not None and record and record.name == (self.open[-1] if self.open else ""):
            record.texts.setdefault(name, "".join(text))
        elif text is not None and self.open == ["rss", "channel"]:
            self.channel.texts.setdefault(name, "".join(text))

    def finish_record(self, record: Record) -> None:
        """Store a record in the record around it, or as finished."""
        if not self.records:
            self.finished.append(record)
        elif record.name == "wp:commentmeta":
            if (key := record["wp:meta_key"]) in COMMENT_META:
                self.records[-1].texts.setdefault(key, record["wp:meta_value"])
        elif record.name != "wp:comment":
            self.records[-1].inside.append(record)
        elif self.keeps_comments:
            item = self.records[-1]
            item.comments = item.comments or CommentSpool()
            item.comments.add(record.texts)

    def check_version(self) -> None:
        """Check that the file has a WXR version that we support. Raises NotAnExport."""
        if self.channel.version:
            return
        self.channel.version = self.channel["wp:wxr_version"] or self.namespace_version
        if not self.channel.version:
            raise NotAnExport(self.line, "this is not a WordPress export: it has no WXR version")
        if self.channel.version not in VERSIONS:
            known = ", ".join(sorted(VERSIONS))
            raise NotAnExport(
                self.line, f"WXR version {self.channel.version!r:.20} is not supported; supported are {known}"
            )

    def close(self) -> None:
        """Check the end: a file with items and WordPress's namespace needs no version, one without items does."""
        if not self.channel.version:
            self.namespace_version = ""
            self.check_version()


def records(
    file: Path, channel: Channel, *, is_repaired: bool = False, keeps_comments: bool = True
) -> Iterator[Record]:
    """Yield the file's authors, terms and items in its order, and fill `channel`.

    Raises Unreadable; then the records before are invalid too.
    """
    target = Target(channel, keeps_comments=keeps_comments)
    parser = DefusedXMLParser(target=target, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    expat = target.expat = parser.parser
    repairer = XMLRepairer()
    fed = 0
    try:
        with file.open("rb") as source:
            reject_other_files(source)
            pieces = iter(lambda: source.read(CHUNK_SIZE), b"")
            for piece in repairer.repair(pieces) if is_repaired else pieces:
                parser.feed(piece)
                fed += len(piece)
                if fed - max(expat.CurrentByteIndex, 0) > MAX_TAG:
                    raise NotAnExport(expat.CurrentLineNumber, "a tag or comment is not closed")
                yield from target.finished
                target.finished.clear()
        parser.close()
    except DefusedXmlException as error:
        line = expat.CurrentLineNumber
        raise Unreadable(
            f"line {line}: this is not a WordPress export: it declares a document type or entities"
        ) from error
    except ParseError as error:
        raise NotXml(f"line {error.position[0]}: {describe_error(error, file)}") from error
    except (LookupError, ValueError) as error:  # pyexpat's errors for an unknown encoding
        raise Unreadable(f"line {expat.CurrentLineNumber}: {error}; save the file as UTF-8") from error
    except NotAnExport as error:
        raise Unreadable(f"line {error.line or 1}: {error}") from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    channel.repair_count = repairer.count


def reject_other_files(source: BinaryIO) -> None:
    """Reject files that are no text with a message of their own, before anything is parsed."""
    size = source.seek(0, 2)
    source.seek(0)
    head = source.read(256)
    source.seek(0)
    if not size:
        raise Unreadable("the file is empty")
    if size > MAX_FILE:
        raise Unreadable(f"the file is larger than {MAX_FILE // 1024**3} GB; export the site in smaller parts, by date")
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zX")):
        raise Unreadable("this is a compressed file; unpack it and import the .xml files inside it")
    if head.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise Unreadable("this is a web page, not an export; in WordPress, go to “Tools”, “Export”")


def describe_error(error: ParseError, file: Path) -> str:
    """Describe a parser error and its usual cause."""
    message = str(error).partition(":")[0]
    with file.open("rb") as source:
        is_export = b"<rss" in source.read(4096).replace(b"\0", b"")  # in UTF-16 too
    match message:
        case "syntax error" | "not well-formed (invalid token)" if not is_export:
            return "this is not a WordPress export"
        case "no element found" | "unclosed token" | "unclosed CDATA section":
            return f"the file is incomplete ({message})"
        case "not well-formed (invalid token)" if not is_utf8(file):
            return "the text is not in the encoding that the file declares; save it as UTF-8"
        case "unbound prefix":
            return f"an XML namespace is not declared ({message})"
    return f"this is not valid XML ({message})"


def is_utf8(file: Path) -> bool:
    """Return whether a file's text is valid UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as source:
        try:
            while piece := source.read(CHUNK_SIZE):
                decoder.decode(piece)
        except UnicodeDecodeError:
            return False
    return True
