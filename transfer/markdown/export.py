"""Export to one ZIP file: a Markdown file with front matter per essay, pictures, and all comments as JSON."""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import QuerySet

from accounts.models import User
from blog import markup
from blog.editor import convert_html
from blog.editor.markdown import build_parser, has_too_much_markup
from blog.models import Essay, Image, Redirect, Series, Site, Tag
from comments.models import Comment, Discussion, Status
from transfer import passages
from transfer.markdown import text
from transfer.report import Report

BATCH = 50
SITE_FILE = "site.json"
MAX_SITE_BYTES = 50 * 1024**2
FORMAT = "rejoinder"
VERSION = 1  # of the files that only our own import reads
_SINGLE_PARAGRAPH = re.compile(r"<li([^>]*)><p>((?:[^<]|<(?!/?(?:p|li)>))*)</p></li>")


def write(file: Path, report: Report) -> None:
    """Write all essays, pictures and comments to a ZIP file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        taken: set[str] = set()
        for essay in exported_essays().iterator(BATCH):
            report.counts[f"{essay.kind}(s)"] += 1
            written, is_html = essay_text(essay)
            packed.writestr(unique_name(file_name(essay), taken), front_matter(essay, is_html=is_html) + written)
        for image in Image.objects.order_by("pk").iterator(500):
            with default_storage.open(str(image.file.name)) as source:
                packed.writestr(f"media/{image.file.name}", source.read(), zipfile.ZIP_STORED)
            report.counts["picture(s)"] += 1
        packed.writestr(SITE_FILE, json.dumps(site_dict(), ensure_ascii=False, indent=1))
        with packed.open("comments.json", "w", force_zip64=True) as out:
            out.write(b"[")
            for at, comment in enumerate(comment_dicts(report)):
                out.write((",\n" if at else "\n").encode() + json.dumps(comment, ensure_ascii=False).encode())
            out.write(b"\n]\n")


def is_own(file: Path) -> bool:
    """Return whether a file is a ZIP file with a site.json as this module writes it."""
    try:
        with zipfile.ZipFile(file) as packed, packed.open(SITE_FILE) as source:
            site = json.loads(source.read(MAX_SITE_BYTES))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError):
        return False
    return isinstance(site, dict) and site.get("format") == FORMAT


def exported_essays() -> QuerySet[Essay]:
    """Return all essays and pages with what their front matter contains."""
    essays = Essay.objects.with_authors().prefetch_related("tags", "redirects")
    return essays.select_related("series", "cover", "discussion", "translation_of").order_by("pk")


def site_dict() -> dict[str, Any]:
    """Return what essays refer to: authors, tags, series and pictures, for site.json."""
    redirects: dict[tuple[int | None, int | None], list[str]] = {}
    for path, *target in Redirect.objects.filter(essay=None).values_list("old_path", "tag", "series"):
        redirects.setdefault((target[0], target[1]), []).append(path)
    return {
        "format": FORMAT,
        "version": VERSION,
        "url": settings.SITE_URL,
        "name": Site.objects.current().name,
        "authors": [
            {"username": user.username, "name": user.name, "email": user.email} for user in authors().order_by("pk")
        ],
        "tags": [
            {
                "name": tag.name,
                "slug": tag.slug,
                "description": tag.description,
                "aliases": redirects.get((tag.pk, None)),
            }
            for tag in Tag.objects.order_by("pk")
        ],
        "series": [
            {
                "title": each.title,
                "slug": each.slug,
                "description": each.description,
                "aliases": redirects.get((None, each.pk)),
            }
            for each in Series.objects.order_by("pk")
        ],
        "pictures": [
            {"file": f"media/{name}", "alt": alt}
            for name, alt in Image.objects.order_by("pk").values_list("file", "alt")
        ],
    }


def authors() -> QuerySet[User]:
    """Return the users who wrote an essay."""
    return User.objects.filter(essays__isnull=False).distinct()


def file_name(essay: Essay) -> str:
    """Return the name of an essay's file without extension: the date of publication and the slug."""
    day = f"{essay.dated or essay.published.date()}-" if essay.published and essay.kind == Essay.Kind.ESSAY else ""
    return f"{day}{essay.slug or essay.pk}"


def unique_name(name: str, taken: set[str]) -> str:
    """Return a file name that isn't taken yet, ignoring case."""
    found, number = name, 1
    while found.casefold() in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found.casefold())
    return f"{found}.md"


def front_matter(essay: Essay, *, is_html: bool) -> str:
    """Return front matter in the usual terms of static site generators; each value is JSON, which is also YAML."""
    discussion: Discussion | None = getattr(essay, "discussion", None)
    fields = {
        "id": essay.pk,
        "title": essay.title,
        "subtitle": essay.deck,
        "description": essay.excerpt,
        "date": format_time(essay.published),
        "created": format_time(essay.created),
        "lastmod": format_time(essay.changed),
        "updated": format_time(essay.updated),
        "update_note": essay.update_note,
        "slug": essay.slug,
        "permalink": essay.get_absolute_url() if essay.published else "",
        "aliases": [redirect.old_path for redirect in essay.redirects.all()],
        "kind": essay.kind,
        "menu_order": essay.menu_order if essay.is_in_menu else None,
        "pinned": essay.is_pinned or None,
        "draft": not essay.published,
        "comments": None if discussion is None or discussion.is_open else False,
        "authors": [author.get_full_name() for author in essay.bylines],
        "usernames": [author.username for author in essay.bylines],
        "tags": [tag.name for tag in essay.tags.all()],
        "series": str(essay.series or ""),
        "series_position": essay.series_position,
        "language": essay.language,
        "translation_of": essay.translation_of_id,
        "canonical": essay.canonical,
        "cover": f"media/{essay.cover.file.name}" if essay.cover else "",
        "cover_alt": essay.cover.alt if essay.cover else "",
        "format": "html" if is_html else "",
    }
    given = {name: value for name, value in fields.items() if value or value == 0}
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in given.items())
    return f"---\n{''.join(lines)}---\n\n"


def format_time(moment: datetime | None) -> str:
    """Return a time in ISO 8601, or nothing."""
    return moment.isoformat() if moment else ""


def essay_text(essay: Essay) -> tuple[str, bool]:
    """Return an essay as Markdown, or as HTML if that would not convert back to the same; and whether it is HTML."""
    source = essay.body.replace(f'src="{settings.MEDIA_URL}', 'src="media/')
    markdown = text.to_markdown(source)
    is_same = not has_too_much_markup(markdown) and normalize(convert_back(markdown)) == normalize(source)
    return (markdown, False) if is_same else (text.to_html(source), True)


def convert_back(written: str) -> str:
    """Convert Markdown to an essay's HTML, as its import would."""
    return convert_html(str(build_parser().render(written)), resolve_picture=lambda address, alt: address).html


def normalize(html: str) -> str:
    """Normalize line breaks and single paragraphs in items, which make no difference."""
    return " ".join(_SINGLE_PARAGRAPH.sub(r"<li\1>\2</li>", html).split())


def comment_dicts(report: Report) -> Iterator[dict[str, Any]]:
    """Yield the comments for comments.json in the order they were written, and count them."""
    usernames: dict[Any, str] = dict(authors().values_list("pk", "username"))
    shown = passages.shown_revisions()
    found = passages.with_versions(Comment.objects.select_related("commenter", "wording", "essay")).order_by("pk")
    for comment in found.iterator(500):
        report.counts[f"comment(s), {Status(comment.status).label}"] += 1
        yield {
            "id": comment.pk,
            "essay": comment.essay.get_absolute_url(),
            "essay_id": comment.essay_id,
            "answers": comment.parent_id,
            "status": comment.status,
            "removed_by": comment.removed_by,
            "name": comment.commenter.name,
            "username": usernames.get(comment.commenter.user_id),
            "email": comment.commenter.email,
            "website": comment.commenter.website,
            "written": comment.created.isoformat(),
            "edited": comment.edited.isoformat() if comment.edited else None,
            "text": comment.wording.text if comment.wording else "",
            "format": comment.wording.format if comment.wording else "",
            "words": markup.plain_text(comment.wording.html) if comment.wording else "",
            **passages.remarks_on(comment, shown),
        }
