"""Import of one document (.docx, .html or .md) as a draft, with its notes, pictures and a report of losses."""

from pathlib import Path

from django.db import transaction
from django.utils import timezone

import pagecache
from accounts.models import User
from accounts.profiles.names import tidy_line
from blog import actions
from blog.editor import Conversion
from blog.models import Authorship, Essay
from transfer import losses, pictures
from transfer.document import markdown, word
from transfer.document.media import Media
from transfer.fields.front_matter import Head
from transfer.fields.post import Post
from transfer.fields.terms import Terms
from transfer.models import WantedPicture
from transfer.report import Report, Unreadable
from transfer.slugs import free_slug

MAX_BYTES = 20 * 1024 * 1024
MAX_TEXT_BYTES = 5 * 1024 * 1024
MAX_TAGS = 20_000  # several times those of 20,000 words from the most verbose program
MAX_TITLE = 300


def import_document(
    name: str,
    data: bytes,
    *,
    by: User | None = None,
    folder: Path | None = None,
    root: Path | None = None,
    is_dry_run: bool = False,
) -> tuple[Essay, Report]:
    """Create a draft from a document; pictures named by relative paths are read from `folder`, or below `root`.

    All of it or nothing; a dry run keeps only the report. Raises Unreadable.
    """
    report = Report(name)
    with transaction.atomic():
        media = Media(folder, root)
        result, head = read(name, data, media)
        post = Post(Path(name).name, "", head, "")
        with report.for_essay() as own:
            essay = create_draft(post, result, by, report)
            add_to_report(report, essay, post, result)
            register_pictures(essay, report)
            add_cover(essay, post, media, report)
        losses.store(essay, own)
        if is_dry_run:
            transaction.set_rollback(True)
        else:
            pagecache.invalidate(essay.cache_key)
    if is_dry_run:
        media.delete_all()
    else:
        pictures.schedule_fetch()
    return essay, report


def read(name: str, data: bytes, media: Media) -> tuple[Conversion, Head]:
    """Convert a document by the extension of its name, and return its front matter too. Raises Unreadable."""
    kind = Path(name).suffix.lower()
    if not data:
        raise Unreadable("the file is empty")
    limit = MAX_BYTES if kind == ".docx" else MAX_TEXT_BYTES
    if len(data) > limit:
        raise Unreadable(f"the file is larger than {limit // 1024 // 1024} MB")
    match kind:
        case ".docx":
            return word.read(data, media), Head()
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


def create_draft(post: Post, result: Conversion, by: User | None, report: Report) -> Essay:
    """Save a converted document with what its front matter says, as a draft by an author.

    Without a title it is named after the file.
    """
    terms = Terms({}, report)
    title = tidy_line(post.title or result.title or Path(post.path).stem.replace("_", " ").replace("-", " "))
    essay = Essay(
        title=title[:MAX_TITLE],
        deck=tidy_line(post.text("subtitle", "deck") or result.deck)[:MAX_TITLE],
        body=result.html,
        excerpt=post.description,
        created=post.published or timezone.now(),
        language=post.language,
        canonical=post.canonical[:500],
        series=terms.series_of(post.text("series")),
        series_position=post.series_position,
    )
    essay.slug = free_slug(essay, post.text("slug"), title)
    actions.save_without_invalidation(essay)
    essay.tags.add(*terms.tags_of(post.tags))
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


def add_cover(essay: Essay, post: Post, media: Media, report: Report) -> None:
    """Give the draft the cover picture in its front matter: a file beside the document, or one that a job downloads."""
    cover, alt = post.cover
    if not cover:
        return
    alt = tidy_line(alt)[:500]
    address = media.import_picture(cover, alt)
    if image := media.find(address):
        essay.cover = image
        essay.save(update_fields=["cover"])
        report.counts["picture(s)"] += 1
    elif address := pictures.full_size_address(address, ""):
        WantedPicture.objects.create(essay=essay, address=address, alt=alt, is_cover=True)
        report.remark("picture(s) will be downloaded in the background")
    else:
        report.omit("picture(s) that could not be imported", cover)


def add_to_report(report: Report, essay: Essay, post: Post, result: Conversion) -> None:
    """Report the draft's notes and pictures, and what was lost or changed."""
    report.counts["essay(s), draft"] += 1
    report.counts["footnote(s)"] += result.note_count
    report.counts["picture(s)"] += essay.body.count("<img ")
    if len(title := post.title or result.title) > MAX_TITLE:
        report.change("title(s) longer than 300 characters (was|were) shortened", title)
    for field in post.unknown_fields:
        report.omit("front matter field(s)", field)
    if date := post.unreadable_date:
        report.omit("date(s) that could not be read", date)
    for line in post.head.unreadable:
        report.omit("line(s) of front matter that could not be read", line)
    for line in post.head.as_text:
        report.change("line(s) of front matter that (is|are) not valid YAML, read as text", line)
    for kind, example in result.lost:
        report.omit(kind, example)
    for kind, example in result.changed:
        report.change(kind, example)
