"""A .docx file → the body of an essay: looked through for bombs, read by mammoth, cleaned like any other HTML."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

import mammoth
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from blog.editor import Brought, bring
from blog.images import uploads
from transfer.document import signs
from transfer.document.media import Media
from transfer.report import Unreadable

MEMBERS, RATIO = 2000, 100
TOTAL, XML = 200 * 1024 * 1024, 8 * 1024 * 1024
DEPTH, ELEMENTS = 250, 400_000
NOTHING_WORTH = 1024 * 1024  # small files may be packed as tightly as they like
STYLES = """
p[style-name='Title'] => h1.document-title:fresh
p[style-name='Subtitle'] => p.document-deck:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
r[style-name='HTML Code'] => code
r[style-name='Emphasis'] => em
p[style-name='Caption'] => p.document-caption:fresh
p[style-name='caption'] => p.document-caption:fresh
p[style-name^='toc '] => p.msotoc:fresh
p[style-name^='TOC '] => p.msotoc:fresh
p[style-name='Table of Contents'] => p.msotoc:fresh
strike => s
u => u
small-caps => span.document-small-capitals
all-caps => span.document-capitals
highlight => mark
br[type='page'] =>
br[type='column'] =>
"""
NOT_READ = {
    "chart": "chart(s)",
    "relIds": "diagram(s)",
    "OLEObject": "embedded object(s)",
}


def read(data: bytes, media: Media) -> Brought:
    """Raises Unreadable."""
    look_through(data)
    lost: list[tuple[str, str]] = []
    changed: list[tuple[str, str]] = []

    def picture(image: Any) -> dict[str, str]:
        alt = image.alt_text or ""
        try:
            with image.open() as source:
                return {"src": media.keep(source.read(uploads.BYTES + 1), alt)}
        except (uploads.NoPicture, KeyError, OSError, zipfile.BadZipFile) as error:
            why = str(error) if isinstance(error, uploads.NoPicture) else "it is not in the file"
            lost.append(("picture(s) that could not be imported", f"{alt} ({why})".strip()))
            return {"src": ""}

    try:
        found = mammoth.convert_to_html(
            io.BytesIO(signs.put(data, lost, changed)),
            style_map=STYLES,
            include_embedded_style_map=False,
            convert_image=mammoth.images.img_element(picture),
        )
    except Unreadable:
        raise
    except Exception as error:  # mammoth and its parser raise whatever they stumble over in a broken file
        raise Unreadable("this .docx file could not be read") from error
    brought = bring(signs.resolved(found.value), picture=lambda address, alt: address, has_title=True)
    brought.lost = [one for one in brought.lost if one[0] != "picture(s) that could not be imported"]
    brought.lost += lost
    brought.changed += changed
    brought.lost += [(what, "") for message in found.messages for what in not_read(str(message.message))]
    brought.lost += [("review comment(s)", "")] * remarks(data)
    return brought


def not_read(message: str) -> Iterator[str]:
    """What mammoth says it left out, as far as a reader would miss it."""
    _, said, name = message.partition("An unrecognised element was ignored: ")
    if said and (what := NOT_READ.get(re.split(r"[}:]", name)[-1])):
        yield what


def look_through(data: bytes) -> None:
    """Raises Unreadable for what would open to more than it may, or is no document."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
            if len(members) > MEMBERS:
                raise Unreadable(f"this .docx file has more than {MEMBERS} parts")
            if sum(member.file_size for member in members) > TOTAL:
                raise Unreadable(f"this .docx file unpacks to more than {TOTAL // 1024 // 1024} MB")
            for member in members:
                check(packed, member)
            if "word/document.xml" not in packed.namelist() and "[Content_Types].xml" not in packed.namelist():
                raise Unreadable("this is a ZIP archive, not a Word document")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Unreadable("this is not a .docx file, or it is damaged") from error


def check(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    is_xml = member.filename.lower().endswith((".xml", ".rels"))
    if member.flag_bits & 1:
        raise Unreadable("this .docx file is password-protected")
    tightness = member.file_size / max(1, member.compress_size)
    if member.file_size > NOTHING_WORTH and tightness > RATIO:
        raise Unreadable("part of this .docx file unpacks to a suspiciously large size")
    if is_xml and member.file_size > XML:
        raise Unreadable(f"part of this .docx file is larger than {XML // 1024 // 1024} MB")
    if is_xml:
        walk(packed, member)


def walk(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Through one part without keeping it: no entities, no depth or number that would exhaust what reads it next."""
    depth = count = 0
    try:
        with packed.open(member) as part:
            for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    depth, count = depth + 1, count + 1
                else:
                    depth -= 1
                    element.clear()
                if depth > DEPTH or count > ELEMENTS:
                    raise Unreadable("part of this .docx file is nested too deeply or has too many elements")
    except DefusedXmlException as error:
        raise Unreadable("part of this .docx file declares entities, which Word documents never do") from error
    except (ParseError, ExpatError, zipfile.BadZipFile, zipfile.zlib.error, ValueError, LookupError) as error:  # type: ignore[attr-defined]
        raise Unreadable("part of this .docx file is damaged") from error


def remarks(data: bytes) -> int:
    """How many remarks of reviewers stay behind."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if "word/comments.xml" not in packed.namelist():
            return 0
        return packed.read("word/comments.xml").count(b"<w:comment ")
