"""Import of one document (.docx, .html or .md) as a draft, with its notes, pictures and a report of losses."""

from pathlib import Path

from django.db import transaction

import pagecache
from accounts.models import User
from blog import actions
from blog.editor import Conversion
from blog.models import Authorship, Essay
from transfer import pictures
from transfer.document import markdown, word
from transfer.document.media import Media
from transfer.models import WantedPicture
from transfer.report import Report, Unreadable

MAX_BYTES = 20 * 1024 * 1024
MAX_TEXT_BYTES = 5 * 1024 * 1024
MAX_TAGS = 20_000  # several times those of 20,000 words from the most verbose program
MAX_TITLE = 300


def import_document(
    name: str, data: bytes, *, by: User | None = None, folder: Path | None = None, is_dry_run: bool = False
) -> tuple[Essay, Report]:
    """Create a draft from a document; pictures named by relative paths are read from `folder`.

    All of it or nothing; a dry run keeps only the report. Raises Unreadable.
    """
    report = Report(name)
    with transaction.atomic():
        media = Media(folder)
        result = read(name, data, media)
        essay = create_draft(name, result, by)
        add_to_report(report, essay, result)
        register_pictures(essay, report)
        add_cover(essay, result, media, report)
        if is_dry_run:
            transaction.set_rollback(True)
        else:
            pagecache.invalidate(essay.cache_key)
    if is_dry_run:
        media.delete_all()
    else:
        pictures.schedule_fetch()
    return essay, report


def read(name: str, data: bytes, media: Media) -> Conversion:
    """Convert a document to an essay's body by the extension of its name. Raises Unreadable."""
    kind = Path(name).suffix.lower()
    limit = MAX_BYTES if kind == ".docx" else MAX_TEXT_BYTES
    if len(data) > limit:
        raise Unreadable(f"the file is larger than {limit // 1024 // 1024} MB")
    match kind:
        case ".docx":
            return word.read(data, media)
        case ".html" | ".htm" | ".xhtml":
            return markdown.read_html(read_text(data, "an HTML file"), media)
        case ".md" | ".markdown" | ".txt":
            return markdown.read(read_text(data, "a text file"), media)
        case ".doc":
            raise Unreadable("this is the old Word format; save it as .docx in Word")
        case ".odt":
            raise Unreadable("OpenDocument files can’t be imported; save the file as .docx in LibreOffice")
    raise Unreadable("only .docx, .html and .md files can be imported")


def read_text(data: bytes, kind: str) -> str:
    """Decode a text file with few enough HTML tags to be converted in time. Raises Unreadable for other data."""
    if b"\0" in data[:100_000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(f"this is not {kind}")
    source = decode(data)
    if source.count("<") > MAX_TAGS:
        raise Unreadable(f"the file has more than {MAX_TAGS:,} HTML tags; split it into smaller files")
    return source


def decode(data: bytes) -> str:
    """Decode text by its byte order mark, as UTF-8, or as Windows-1252."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def create_draft(name: str, result: Conversion, by: User | None) -> Essay:
    """Save a converted document as a draft by an author; without a title it is named after the file."""
    title = result.title or Path(name).stem.replace("_", " ").replace("-", " ").strip()
    essay = Essay(title=title[:MAX_TITLE], deck=result.deck[:MAX_TITLE], body=result.html)
    actions.save_without_invalidation(essay)
    if by:
        Authorship.objects.create(essay=essay, author=by)
    return essay


def register_pictures(essay: Essay, report: Report) -> None:
    """Register the draft's pictures on the web to be fetched by a job, and drop those with invalid addresses."""
    found = pictures.find_pictures(essay.body, "")
    wanted = [WantedPicture(essay=essay, written_address=key, address=url) for key, url in found.items() if url]
    nowhere = {key for key, address in found.items() if not address and key.startswith("http")}
    for name in pictures.drop_pictures(essay, nowhere):
        report.omit("picture(s) that could not be imported", name)
    WantedPicture.objects.bulk_create(wanted)
    if wanted:
        report.remark("picture(s) will be downloaded in the background", count=len(wanted))


def add_cover(essay: Essay, result: Conversion, media: Media, report: Report) -> None:
    """Give the draft the cover picture in its front matter: a file beside the document, or one that a job downloads."""
    if not result.cover:
        return
    alt = " ".join(result.cover_alt.split())[:500]
    address = media.import_picture(result.cover, alt)
    if address and address == media.last_address:
        essay.cover = media.stored[-1]
        essay.save(update_fields=["cover"])
        report.counts["picture(s)"] += 1
    elif address := pictures.full_size_address(address, ""):
        WantedPicture.objects.create(essay=essay, address=address, alt=alt, is_cover=True)
        report.remark("picture(s) will be downloaded in the background")
    else:
        report.omit("picture(s) that could not be imported", result.cover)


def add_to_report(report: Report, essay: Essay, result: Conversion) -> None:
    """Report the draft's notes and pictures, and what was lost or changed."""
    report.counts["essay(s), draft"] += 1
    report.counts["footnote(s)"] += result.note_count
    report.counts["picture(s)"] += essay.body.count("<img ")
    if result.title and len(result.title) > MAX_TITLE:
        report.remark("title(s) longer than 300 characters (was|were) shortened", result.title)
    for kind, example in result.lost:
        report.omit(kind, example)
    for kind, example in result.changed:
        report.remark(kind, example)
