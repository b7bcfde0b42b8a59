"""Export to one ZIP file: a Markdown file with front matter per essay, pictures, and all comments as JSON."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from blog import markup
from blog.editor import convert_html
from blog.models import Essay, Image
from comments.models import Comment, Status
from transfer.markdown import text
from transfer.report import Report

BATCH = 50
_SINGLE_PARAGRAPH = re.compile(r"<li([^>]*)><p>((?:[^<]|<(?!/?(?:p|li)>))*)</p></li>")


def write(file: Path, report: Report) -> None:
    """Write all essays, pictures and comments to a ZIP file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        taken: set[str] = set()
        essays = Essay.objects.with_authors().prefetch_related("tags").select_related("series", "cover").order_by("pk")
        for essay in essays.iterator(BATCH):
            report.counts[f"{essay.kind}(s)"] += 1
            packed.writestr(unique_name(file_name(essay), taken), front_matter(essay) + essay_text(essay))
        for image in Image.objects.order_by("pk").iterator(500):
            with default_storage.open(str(image.file.name)) as source:
                packed.writestr(f"media/{image.file.name}", source.read(), zipfile.ZIP_STORED)
            report.counts["picture(s)"] += 1
        with packed.open("comments.json", "w") as out:
            out.write(b"[")
            for at, comment in enumerate(comment_dicts(report)):
                out.write((",\n" if at else "\n").encode() + json.dumps(comment, ensure_ascii=False).encode())
            out.write(b"\n]\n")


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


def front_matter(essay: Essay) -> str:
    """Return front matter in the usual terms of static site generators; each value is JSON, which is also YAML."""
    fields = {
        "title": essay.title,
        "subtitle": essay.deck,
        "description": essay.excerpt,
        "date": essay.published.isoformat() if essay.published else "",
        "slug": essay.slug,
        "permalink": essay.get_absolute_url() if essay.published else "",
        "kind": essay.kind,
        "menu_order": essay.menu_order if essay.is_in_menu else None,
        "draft": not essay.published,
        "authors": [author.get_full_name() for author in essay.bylines],
        "tags": [tag.name for tag in essay.tags.all()],
        "series": str(essay.series or ""),
        "language": essay.language,
        "canonical": essay.canonical,
        "cover": f"media/{essay.cover.file.name}" if essay.cover else "",
        "cover_alt": essay.cover.alt if essay.cover else "",
    }
    given = {name: value for name, value in fields.items() if value or value == 0}
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in given.items())
    return f"---\n{''.join(lines)}---\n\n"


def essay_text(essay: Essay) -> str:
    """Return Markdown if it converts back to the same essay, else HTML, which Markdown allows."""
    source = essay.body.replace(f'src="{settings.MEDIA_URL}', 'src="media/')
    markdown = text.to_markdown(source)
    return markdown if normalize(convert_back(markdown)) == normalize(source) else text.to_html(source)


def convert_back(written: str) -> str:
    """Convert Markdown to an essay's HTML, as its import would."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(footnote_plugin)
    return convert_html(str(parser.render(written)), resolve_picture=lambda address, alt: address).html


def normalize(html: str) -> str:
    """Normalize line breaks and single paragraphs in items, which make no difference."""
    return " ".join(_SINGLE_PARAGRAPH.sub(r"<li\1>\2</li>", html).split())


def comment_dicts(report: Report) -> Iterator[dict[str, Any]]:
    """Yield the comments for comments.json in the order they were written, and count them."""
    found = Comment.objects.select_related("commenter", "wording", "essay").order_by("pk")
    for comment in found.iterator(500):
        report.counts[f"comment(s), {Status(comment.status).label}"] += 1
        yield {
            "id": comment.pk,
            "essay": comment.essay.get_absolute_url(),
            "answers": comment.parent_id,
            "status": comment.status,
            "name": comment.commenter.name,
            "email": comment.commenter.email,
            "website": comment.commenter.website,
            "written": comment.created.isoformat(),
            "text": comment.wording.text if comment.wording else "",
            "format": comment.wording.format if comment.wording else "",
            "words": markup.plain_text(comment.wording.html) if comment.wording else "",
        }
