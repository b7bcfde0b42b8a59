"""One document, .docx, .html or .md → a draft, with its notes, its pictures, and a list of what stayed behind."""

from pathlib import Path

from django.db import transaction

import pagecache
from accounts.models import User
from blog import actions
from blog.editor import Brought
from blog.models import Authorship, Essay
from transfer import pictures
from transfer.document import markdown, word
from transfer.document.media import Media
from transfer.models import WantedPicture
from transfer.report import Report, Unreadable

BYTES = 20 * 1024 * 1024
TEXT_BYTES = 5 * 1024 * 1024
TAGS = 20_000  # several times those of an essay of 20,000 words from the wordiest of programs
TITLE = 300


def bring_document(
    name: str, data: bytes, *, by: User | None = None, folder: Path | None = None, is_trial: bool = False
) -> tuple[Essay, Report]:
    """Make a draft of it, with `by` as its author; its own pictures are looked for in `folder`.

    All of it or nothing; of a trial only the report stays. Raises Unreadable.
    """
    report = Report(name)
    with transaction.atomic():
        media = Media(folder)
        brought = read(name, data, media)
        essay = made(name, brought, by)
        tell(report, essay, brought)
        want(essay, report)
        if is_trial:
            transaction.set_rollback(True)
        else:
            pagecache.bump(essay.cache_key)
    if is_trial:
        media.drop_all()
    else:
        pictures.fetch_later()
    return essay, report


def read(name: str, data: bytes, media: Media) -> Brought:
    """By the end of its name. Raises Unreadable."""
    kind = Path(name).suffix.lower()
    if len(data) > (BYTES if kind == ".docx" else TEXT_BYTES):
        raise Unreadable(f"the file is larger than {(BYTES if kind == '.docx' else TEXT_BYTES) // 1024 // 1024} MB")
    match kind:
        case ".docx":
            return word.read(data, media)
        case ".html" | ".htm" | ".xhtml":
            if looks_binary(data):
                raise Unreadable("this is not an HTML file")
            return markdown.read_html(bounded(decoded(data)), media)
        case ".md" | ".markdown" | ".txt":
            if looks_binary(data):
                raise Unreadable("this is not a text file")
            return markdown.read(bounded(decoded(data)), media)
        case ".doc":
            raise Unreadable("this is the old Word format; save it as .docx in Word")
        case ".odt":
            raise Unreadable("save it as .docx in LibreOffice")
    raise Unreadable("only .docx, .html and .md files can be imported")


def bounded(source: str) -> str:
    """Raises Unreadable where it would take too long to put in order."""
    if source.count("<") > TAGS:
        raise Unreadable(f"it has more than {TAGS:,} HTML tags")
    return source


def looks_binary(data: bytes) -> bool:
    return b"\0" in data[:100_000] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))


def decoded(data: bytes) -> str:
    """By its mark of order, as UTF-8, else as Windows writes Western text."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def made(name: str, brought: Brought, by: User | None) -> Essay:
    title = brought.title or Path(name).stem.replace("_", " ").replace("-", " ").strip()
    essay = Essay(title=title[:TITLE], deck=brought.deck[:TITLE], body=brought.html)
    actions.write(essay)
    if by:
        Authorship.objects.create(essay=essay, author=by)
    return essay


def want(essay: Essay, report: Report) -> None:
    """Its pictures on the web are fetched by a job."""
    found = pictures.wanted_in(essay.body, "")
    wanted = [WantedPicture(essay=essay, written=key, address=address) for key, address in found.items() if address]
    nowhere = {key for key, address in found.items() if not address and key.startswith("http")}
    for name in pictures.drop(essay, nowhere):
        report.leave_out("picture(s) that could not be imported", name)
    WantedPicture.objects.bulk_create(wanted)
    if wanted:
        report.remark("picture(s) will be downloaded in the background", count=len(wanted))


def tell(report: Report, essay: Essay, brought: Brought) -> None:
    report.made["essay(s), draft"] += 1
    report.made["footnote(s)"] += brought.notes
    report.made["picture(s)"] += essay.body.count("<img ")
    if brought.title and len(brought.title) > TITLE:
        report.remark("title(s) longer than 300 characters (was|were) shortened", brought.title)
    for what, example in brought.lost:
        report.leave_out(what, example)
    for what, example in brought.changed:
        report.remark(what, example)
