"""Import of .docx files: checked for archive bombs, converted by mammoth, cleaned like any other HTML."""

import io
import re
import zipfile
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

import mammoth
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from blog.editor import Conversion, convert_html
from blog.images import uploads
from transfer.document import placeholders
from transfer.document.media import Media
from transfer.report import Unreadable

MAX_MEMBERS, MAX_RATIO = 2000, 100
MAX_TOTAL, MAX_XML = 200 * 1024 * 1024, 8 * 1024 * 1024
MAX_DEPTH, MAX_ELEMENTS = 250, 400_000
SMALL = 1024 * 1024  # smaller files may have any compression ratio
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
OMITTED = {"chart": "chart(s)", "relIds": "diagram(s)", "OLEObject": "embedded object(s)"}


def read(data: bytes, media: Media) -> Conversion:
    """Convert a .docx file to an essay's body. Raises Unreadable."""
    check_archive(data)
    lost: list[tuple[str, str]] = []
    changed: list[tuple[str, str]] = []

    def picture(image: Any) -> dict[str, str]:
        alt = image.alt_text or ""
        try:
            with image.open() as source:
                return {"src": media.store(source.read(uploads.MAX_BYTES + 1), alt)}
        except (uploads.InvalidPicture, KeyError, OSError, zipfile.BadZipFile) as error:
            reason = str(error) if isinstance(error, uploads.InvalidPicture) else "it is not in the file"
            lost.append(("picture(s) that could not be imported", f"{alt} ({reason})".strip()))
            return {"src": ""}

    try:
        html = mammoth.convert_to_html(
            io.BytesIO(placeholders.insert_placeholders(data, lost, changed)),
            style_map=STYLES,
            include_embedded_style_map=False,
            convert_image=mammoth.images.img_element(picture),
        )
    except Unreadable:
        raise
    except Exception as error:  # mammoth raises exceptions of any kind for a broken file
        raise Unreadable("this .docx file could not be read; save it again in Word and try again") from error
    result = convert_html(
        placeholders.replace_placeholders(html.value), resolve_picture=lambda address, alt: address, has_title=True
    )
    result.lost = [finding for finding in result.lost if finding[0] != "picture(s) that could not be imported"]
    result.lost += lost
    result.changed += changed
    result.lost += [(kind, "") for message in html.messages if (kind := omitted_kind(str(message.message)))]
    result.lost += [("review comment(s)", "")] * count_review_comments(data)
    return result


def omitted_kind(message: str) -> str:
    """Return what a message of mammoth says was ignored, as a kind for the report; nothing if readers don't miss it."""
    _, _, name = message.partition("An unrecognised element was ignored: ")
    return OMITTED.get(re.split(r"[}:]", name)[-1], "")


def check_archive(data: bytes) -> None:
    """Check an archive's size and contents before it is unpacked. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.infolist()
            if len(members) > MAX_MEMBERS:
                raise Unreadable(f"this .docx file has more than {MAX_MEMBERS} parts; split it into smaller documents")
            if sum(member.file_size for member in members) > MAX_TOTAL:
                raise Unreadable(
                    f"this .docx file is larger than {MAX_TOTAL // 1024 // 1024} MB unzipped; make its pictures smaller"
                )
            for member in members:
                check_member(packed, member)
            if "word/document.xml" not in packed.namelist() and "[Content_Types].xml" not in packed.namelist():
                raise Unreadable("this is a ZIP archive, not a Word document")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Unreadable("this is not a .docx file, or it is damaged") from error


def check_member(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Check the size, compression and XML of one file in the archive. Raises Unreadable."""
    is_xml = member.filename.lower().endswith((".xml", ".rels"))
    if member.flag_bits & 1:
        raise Unreadable("this .docx file is password-protected; remove the password and try again")
    ratio = member.file_size / max(1, member.compress_size)
    if member.file_size > SMALL and ratio > MAX_RATIO:
        raise Unreadable("part of this .docx file is suspiciously large when unzipped")
    if is_xml and member.file_size > MAX_XML:
        raise Unreadable(f"part of this .docx file is larger than {MAX_XML // 1024 // 1024} MB; split the document")
    if is_xml:
        check_xml(packed, member)


def check_xml(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Check an XML part without storing it: no entities, not too deep or large. Raises Unreadable."""
    depth = count = 0
    try:
        with packed.open(member) as part:
            for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    depth, count = depth + 1, count + 1
                else:
                    depth -= 1
                    element.clear()
                if depth > MAX_DEPTH or count > MAX_ELEMENTS:
                    raise Unreadable("this .docx file is too complex; split it into smaller documents")
    except DefusedXmlException as error:
        raise Unreadable(
            "this .docx file declares XML entities, which are not allowed; save it again in Word and try again"
        ) from error
    except (ParseError, ExpatError, zipfile.BadZipFile, zipfile.zlib.error, ValueError, LookupError) as error:  # type: ignore[attr-defined]
        raise Unreadable("part of this .docx file is damaged; save it again in Word and try again") from error


def count_review_comments(data: bytes) -> int:
    """Count the review comments, which are not imported."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if "word/comments.xml" not in packed.namelist():
            return 0
        return packed.read("word/comments.xml").count(b"<w:comment ")
