"""Renders every public page in this process, as for an unknown reader, and writes it with relative links."""

import io
import logging
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.urls import reverse

from accounts.models import User
from blog import series
from blog.markup.hosts import split_words
from blog.models import Essay, Tag
from comments.models import Status
from transfer.report import Report
from transfer.static_copy import cleaning, html
from transfer.static_copy.addresses import Page, find_target, is_feed, relative_link
from transfer.static_copy.files import Files

STARTS = split_words("home archive all-series privacy feed atom json-feed comments-feed comments-feed-atom")
MAX_REDIRECTS = 5
_LINK = re.compile(r'<(?:a|link)\b[^<>]*?\shref="([^"]*)"')
_COMMENT = re.compile(r'<li id="comment-(?P<pk>[0-9]+)" class="[^"]*" data-status="(?P<status>\w+)"')


def write(folder: Path, report: Report) -> None:
    """Write a copy of the site into an empty folder, and count what it contains."""
    copy = Copy(folder)
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)  # a link to a missing page is no event here
    try:
        copy.write_pages(report)
    finally:
        logger.setLevel(level)
    copy.finish_pages(report)
    report.counts["picture(s)"] += copy.files.picture_count


@dataclass
class Copy:
    folder: Path
    files: Files = field(init=False)
    renderer: "Renderer" = field(init=False)
    pages: dict[Page, Page | None] = field(default_factory=dict)
    """The pages of the copy, each with where it redirects to, which is itself for a page, or None for a missing one."""
    comments: dict[int, Page] = field(default_factory=dict)
    """The page that shows each comment."""

    def __post_init__(self) -> None:
        self.files = Files(self.folder)
        self.renderer = Renderer()

    def write_pages(self, report: Report) -> None:
        """Render all pages that can be reached, and write them with their links as they are."""
        pending = deque(start_pages())
        known = {*pending}
        while pending:
            for linked in self.write_page(pending.popleft(), report):
                if linked not in known:
                    known.add(linked)
                    pending.append(linked)

    def write_page(self, page: Page, report: Report) -> list[Page]:
        """Write one page, and return the pages that it links to."""
        response = self.renderer.get(page.url)
        self.pages[page] = None
        if response.status_code in {301, 302}:
            target = find_target(response.headers["Location"], page.url)
            self.pages[page] = target.page if target else None
            return [target.page] if target and target.page else []
        if response.status_code != 200:
            if response.status_code >= 500:
                report.omit("page(s) with an error", page.url)
            return []
        self.pages[page] = page
        content = response.content
        self.files.write(page.file, content)
        if not is_html(page):
            report.counts["feed(s)"] += 1
            return []
        report.counts["page(s)"] += 1
        text = content.decode()
        is_branch = any(name == "thread" for name, _value in page.query)
        for pk, status in _COMMENT.findall(text):
            if int(pk) not in self.comments:
                report.counts["comment(s)"] += status == Status.APPROVED
            if int(pk) not in self.comments or not is_branch:
                self.comments[int(pk)] = page
        found = (find_target(unescape(address), page.url) for address in _LINK.findall(text))
        return [target.page for target in found if target and target.page]

    def finish_pages(self, report: Report) -> None:
        """Make the links of all pages relative, and copy the files that they show."""
        for page in [page for page, target in self.pages.items() if page == target and is_html(page)]:
            file = self.folder / page.file
            tree = html.parse(file.read_text())
            cleaning.clean(tree, lambda address, page=page: self.link(address, page))  # type: ignore[misc]
            file.write_text(tree.html())
        for path in sorted(path for path, found in self.files.known.items() if not found):
            report.omit("missing file(s)", path)

    def link(self, address: str, source: Page) -> str | None:
        """Return the link in the copy for an address on a page; None if the copy does not have it."""
        if address.startswith("#") or urlsplit(address).scheme in {"mailto", "data"}:
            return address
        target = find_target(address, source.url)
        if target is None:
            return address
        if target.file:
            return relative_link(target.file, source.file, target.fragment) if self.files.copy(target.file) else None
        if target.comment is not None:
            page = self.comments.get(target.comment)
            return page and relative_link(page.file, source.file, f"comment-{target.comment}")
        page = self.final_page(target.page) if target.page else None
        return page and relative_link(page.file, source.file, target.fragment)

    def final_page(self, page: Page) -> Page | None:
        """Return the page where an address finally leads."""
        for _ in range(MAX_REDIRECTS):
            target = self.pages.get(page)
            if target is None or target == page:
                return target
            page = target
        return None


class Renderer:
    """Answers requests in this process with the site's own middleware and views, without a network."""

    def __init__(self) -> None:
        self.handler = BaseHandler()
        self.handler.load_middleware()
        address = urlsplit(settings.SITE_URL)
        self.environ = {
            "REQUEST_METHOD": "GET",
            "SERVER_NAME": address.hostname or "localhost",
            "SERVER_PORT": str(address.port or (443 if address.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": address.netloc,
            "REMOTE_ADDR": "127.0.0.1",
            "SCRIPT_NAME": "",
            "wsgi.url_scheme": address.scheme,
        }

    def get(self, url: str) -> HttpResponse:
        """Return the response to an unknown reader's request."""
        path, _, query = url.partition("?")
        parts = {"PATH_INFO": decode_for_wsgi(path), "QUERY_STRING": query, "wsgi.input": io.BytesIO()}
        response = self.handler.get_response(WSGIRequest({**self.environ, **parts}))
        if not isinstance(response, HttpResponse):
            raise TypeError(f"{url} is streamed")
        return response


def decode_for_wsgi(path: str) -> str:
    """Return a quoted path as WSGI servers pass it on: its bytes as Latin-1 characters."""
    return unquote_to_bytes(path).decode("latin-1")


def is_html(page: Page) -> bool:
    """Return whether a page is HTML rather than a feed."""
    return not is_feed(page.path)


def start_pages() -> Iterator[Page]:
    """Yield the addresses of what the site has; the pages themselves link to the rest."""
    yield from (Page(reverse(name)) for name in sorted(STARTS))
    essays = Essay.objects.published()
    tags = Tag.objects.filter(essays__in=essays).distinct()
    for rows in (
        essays.newest().defer("body"),
        series.readable_series(),
        tags,
    ):
        for row in rows.iterator(500):
            yield from pages_of(row.get_absolute_url())
    for user in User.objects.filter(essays__in=essays.essays()).distinct().iterator(500):
        yield from pages_of(reverse("author", args=[user.username]))


def pages_of(address: str) -> Iterator[Page]:
    """Yield the page with an address."""
    target = find_target(address, "/")
    if target and target.page:
        yield target.page
