"""Import of a site from a folder or ZIP file of Markdown files: our own export, Jekyll, Hugo or Pelican."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings

from accounts.models import User
from blog.models import Image
from transfer import pictures
from transfer.authors import Authors
from transfer.document import decode
from transfer.fields import front_matter
from transfer.fields.post import JEKYLL, OWN, Post, is_web_address
from transfer.markdown import layout
from transfer.markdown.archive import MAX_TEXT_BYTES, open_archive
from transfer.markdown.discussion import CommentFile, OwnComments
from transfer.markdown.essays import EssayImporter
from transfer.markdown.export import FORMAT, MAX_SITE_BYTES, SITE_FILE, VERSION
from transfer.markdown.files import Files
from transfer.models import WantedPicture
from transfer.report import Report, Unreadable


class MarkdownExport:
    """A folder or ZIP file, checked when it is opened. Raises Unreadable."""

    links_quotations = False

    def __init__(self, path: Path) -> None:
        self.archive = open_archive(path)
        self.layout = layout.find_layout(self.archive)
        self.site = self.read_site()
        self.comments = CommentFile(self.archive) if self.layout.kind == OWN else None
        self.paths = list(layout.find_texts(self.archive, self.layout.kind))
        if not self.paths:
            hint = ". If it is a WordPress export, unpack it and import the .xml file in it"
            has_xml = any(name.lower().endswith(".xml") for name in self.archive)
            raise Unreadable(f"it has no Markdown files{hint if has_xml else ''}")
        self.picture_source = Files(self.archive, self.layout)
        self.origin = f"markdown:{self.layout.host}"[:200]

    def read_site(self) -> Mapping[str, Any]:
        """Return what our own export says about the site, or nothing. Raises Unreadable."""
        if self.layout.kind != OWN or SITE_FILE not in self.archive:
            return {}
        try:
            site = json.loads(self.archive.read(SITE_FILE, MAX_SITE_BYTES))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"{SITE_FILE} is damaged") from error
        if not isinstance(site, dict) or site.get("format") != FORMAT:
            raise Unreadable(f"{SITE_FILE} is not as our export writes it")
        if not isinstance(site.get("version"), int) or site["version"] > VERSION:
            raise Unreadable("a later version of Rejoinder wrote this file; upgrade this site first")
        url = str(site.get("url") or "").rstrip("/")
        self.layout.url = url if is_web_address(url) else ""
        return site

    def import_items(self, report: Report, credited: Mapping[str, User]) -> Iterator[None]:
        """Import the texts with their authors, tags, comments and pictures, and report them."""
        authors = Authors(self.origin, report, credited)
        importer = EssayImporter(self.picture_source, self.site, authors, report)
        commenters: dict[str, int] = {}

        def get_commenter(username: str) -> int | None:
            """Return the key of an author's Commenter, or None if the export doesn't list the author."""
            if username not in importer.people:
                return None
            if username not in commenters:
                commenters[username] = authors.get_commenter(importer.get_author(username)).pk
            return commenters[username]

        for path in self.archive.not_read:
            report.omit("file(s) that (is|are) not in the folder, only linked from it", path)
        for path in layout.find_collections(self.archive, self.layout.kind):
            report.omit("file(s) in (a folder|folders) other than _posts and _drafts", path)
        for path in self.paths:
            post = self.read_post(path, report)
            if post is None:
                continue
            try:
                essay = importer.import_post(post)
            except Unreadable as error:
                if post.is_own:
                    raise
                report.omit("file(s) that (is|are) too long", str(error))
                continue
            if self.comments and (starts := self.comments.starts_of(post)):
                prefix = f"{importer.source_of(post)}#comment-"
                yield from OwnComments(self.comments, starts, essay, prefix, report, get_commenter).import_all()
            yield
        yield from importer.link_texts()
        if self.layout.kind == OWN:
            self.register_library(report)

    def read_post(self, path: str, report: Report) -> Post | None:
        """Return the text in a file, or None after reporting why there is none."""
        name = PurePosixPath(path)
        if name.suffix.lower() in layout.OTHER_SUFFIXES:
            report.omit("file(s) in a format other than Markdown", path)
            return None
        try:
            data = self.archive.read(path)
        except OSError as error:
            report.omit("file(s) that could not be read", f"{path}: {error.strerror}")
            return None
        if len(data) > MAX_TEXT_BYTES:
            report.omit("file(s) that (is|are) too long", f"{path} is larger than {MAX_TEXT_BYTES // 1024**2} MB")
            return None
        head, body = front_matter.split(decode(data))
        if name.stem == "_index":
            report.omit("page(s) of a section", path)
            return None
        needs_head = self.layout.kind == JEKYLL or name.suffix.lower() in layout.HTML_SUFFIXES
        if needs_head and not head.kind:
            report.omit("file(s) without front matter", path)
            return None
        post = Post(path, self.layout.kind, head, body)
        if post.is_empty_page:
            report.omit("page(s) without text", path)
            return None
        return post

    def register_library(self, report: Report) -> None:
        """Register all pictures of the export to be imported, unless they were before or are this site's own."""
        alts = {str(each.get("file")): str(each.get("alt") or "") for each in self.listed_pictures()}
        for path in self.archive:
            if not path.startswith("media/") or not pictures.is_picture(path):
                continue
            address = self.picture_source.picture_address(path)
            is_here = self.layout.url == settings.SITE_URL and Image.objects.filter(file=path[6:]).exists()
            is_known = Image.objects.filter(source=address).exists()
            if is_here or is_known or WantedPicture.objects.filter(address=address, essay=None).exists():
                report.unchanged["picture(s) in the media library"] += 1
            else:
                WantedPicture.objects.create(address=address, alt=" ".join(alts.get(path, "").split())[:500])

    def listed_pictures(self) -> list[Mapping[str, Any]]:
        """Return the pictures that the export lists."""
        found = self.site.get("pictures")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
