"""Export of all essays, drafts and comments in WordPress's format (WXR 1.2), written item by item."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.profiles.names import tidy_text
from blog import markup
from blog.models import Essay, Image, Redirect, Site, Tag
from comments.models import Comment, CommentQuerySet, Discussion, Status
from transfer import passages
from transfer.report import Report
from transfer.wordpress import text

# Exports are recognized by it: if it changes, `is_own` needs this one too
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""
STATUSES = {Status.APPROVED: "1", Status.PENDING: "0", Status.SPAM: "spam", Status.TRASH: "trash"}
BATCH = 500
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
FIRST_IMAGE_ID = 1_000_000_000  # WordPress numbers pictures together with posts


def write(file: Path, report: Report) -> None:
    """Write a WXR file with everything on this site, and count what it contains."""
    with file.open("w", encoding="utf-8") as out:
        out.write(HEAD)
        out.writelines(xml_parts(report))
        out.write("</channel>\n</rss>\n")


def is_own(file: Path) -> bool:
    """Return whether a file begins as this module writes it."""
    with file.open("rb") as source:
        return source.read(len(HEAD.encode())) == HEAD.encode()


def xml_parts(report: Report) -> Iterator[str]:
    """Yield the site, its authors, tags, essays and pictures as XML, and count them."""
    site = Site.objects.current()
    yield element("title", site.name) + element("description", site.tagline) + element("link", settings.SITE_URL)
    yield element("wp:wxr_version", "1.2")
    yield element("wp:base_site_url", settings.SITE_URL) + element("wp:base_blog_url", settings.SITE_URL)
    for user in User.objects.filter(essays__isnull=False).distinct().order_by("pk"):
        report.counts["author(s)"] += 1
        yield author_element(user)
    for tag in Tag.objects.order_by("pk"):
        report.counts["tag(s)"] += 1
        named = element("wp:tag_slug", tag.slug) + element("wp:tag_name", tag.name)
        yield f"<wp:tag>{named}{element('wp:tag_description', tag.description)}</wp:tag>\n"
    shown = passages.shown_revisions()
    for essay in Essay.objects.with_authors().prefetch_related("tags").order_by("pk").iterator(BATCH // 10):
        report.counts[f"{essay.kind}(s)"] += 1
        yield from essay_element(essay, report, shown)
    for image in Image.objects.order_by("pk").iterator(BATCH):
        report.counts["picture(s), as links"] += 1
        yield image_element(image)


def cdata(text: str) -> str:
    """Return a text as a CDATA section."""
    return f"<![CDATA[{tidy_text(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def element(name: str, text: object) -> str:
    """Return an XML element with a text."""
    return f"<{name}>{cdata(str(text))}</{name}>"


def author_element(user: User) -> str:
    """Return a user as an author of the site."""
    return "<wp:author>{}</wp:author>\n".format(
        element("wp:author_id", user.pk)
        + element("wp:author_login", user.username)
        + element("wp:author_email", user.email)
        + element("wp:author_display_name", user.get_full_name())
    )


def date_elements(prefix: str, at: datetime | None) -> str:
    """Return a time in the site's time zone and in UTC, zeros for None; `prefix` is wp:post or wp:comment."""
    local = utc = "0000-00-00 00:00:00"
    if at:
        local, utc = (time.strftime(TIME_FORMAT) for time in (timezone.localtime(at), at.astimezone(UTC)))
    return element(f"{prefix}_date", local) + element(f"{prefix}_date_gmt", utc)


def essay_element(essay: Essay, report: Report, shown: Mapping[int, passages.Shown]) -> Iterator[str]:
    """Yield an essay with its redirects and comments; `shown` are the texts that readers see, by essay."""
    address = settings.SITE_URL + essay.get_absolute_url()
    writers = essay.bylines
    discussion = Discussion.objects.filter(essay=essay).first()
    body = text.escape_shortcodes(markup.absolutize(essay.body, settings.SITE_URL, address, keeps_fragments=True))
    state = "publish" if essay.is_published else "future" if essay.published else "draft"
    yield "<item>" + element("title", escape(essay.title, quote=False)) + element("link", address)
    yield element("pubDate", format_datetime(essay.published or essay.created))
    yield element("dc:creator", writers[0].username if writers else "")
    yield f'<guid isPermaLink="false">{escape(settings.SITE_URL)}/?p={essay.pk}</guid>'
    yield element("content:encoded", f"<!-- wp:html -->{body}<!-- /wp:html -->" if body else "") + element(
        "excerpt:encoded", escape(essay.excerpt, quote=False)
    )
    yield element("wp:post_id", essay.pk) + date_elements("wp:post", essay.published or essay.created)
    yield element("wp:post_modified_gmt", essay.changed.astimezone(UTC).strftime(TIME_FORMAT))
    yield element("wp:comment_status", "open" if discussion is None or discussion.is_open else "closed")
    yield element("wp:post_name", essay.slug) + element("wp:status", state)
    yield element("wp:post_type", "page" if essay.kind == Essay.Kind.PAGE else "post")
    yield element("wp:is_sticky", int(essay.is_pinned)) + element("wp:menu_order", essay.menu_order)
    if len(writers) > 1:
        yield from (category_element("author", f"cap-{each.username}", each.username) for each in writers)
    yield from (category_element("post_tag", tag.slug, tag.name) for tag in essay.tags.all())
    if essay.deck:
        yield meta_element("rejoinder_deck", essay.deck)
    if essay.cover_id:
        yield meta_element("_thumbnail_id", str(FIRST_IMAGE_ID + essay.cover_id))
    if essay.kind == Essay.Kind.PAGE:
        yield meta_element("rejoinder_in_menu", str(int(essay.is_in_menu)))
    for old in Redirect.objects.filter(essay=essay).values_list("old_path", flat=True):
        yield from old_address_elements(old)
    comments: CommentQuerySet = Comment.objects.on_essay(essay).select_related("commenter", "wording")
    for comment in passages.with_versions(comments).order_by("pk").iterator(BATCH):
        report.counts[f"comment(s), {Status(comment.status).label}"] += 1
        yield comment_element(comment, passages.remarks_on(comment, shown))
    yield "</item>\n"


def old_address_elements(path: str) -> Iterator[str]:
    """Yield an essay's earlier address as WordPress stores it."""
    if "?" in path:
        return
    *before, slug = path.strip("/").split("/")
    yield meta_element("_wp_old_slug", slug)
    if len(before) == 3:
        yield meta_element("_wp_old_date", "-".join(before))


def category_element(domain: str, slug: str, name: str) -> str:
    """Return a tag or, with the domain `author`, an author of an item."""
    return f'<category domain="{domain}" nicename="{escape(slug)}">{cdata(name)}</category>'


def meta_element(key: str, value: str, of: str = "post") -> str:
    """Return a custom field of a post or a comment."""
    return f"<wp:{of}meta>{element('wp:meta_key', key)}{element('wp:meta_value', value)}</wp:{of}meta>"


def comment_element(comment: Comment, remarks: Mapping[str, Any]) -> str:
    """Return a comment with its commenter, status and parent, and the remarks on it as custom fields."""
    commenter = comment.commenter
    return "<wp:comment>{}</wp:comment>\n".format(
        element("wp:comment_id", comment.pk)
        + element("wp:comment_author", commenter.name)
        + element("wp:comment_author_email", commenter.email)
        + element("wp:comment_author_url", commenter.website)
        + date_elements("wp:comment", comment.created)
        + element("wp:comment_content", comment.wording.html if comment.wording else "")
        + element("wp:comment_approved", STATUSES[Status(comment.status)])
        + element("wp:comment_type", "comment")
        + element("wp:comment_parent", comment.parent_id or 0)
        + element("wp:comment_user_id", commenter.user_id or 0)
        + "".join(meta_element(f"rejoinder_{name}", json.dumps(value), "comment") for name, value in remarks.items())
    )


def image_element(image: Image) -> str:
    """Return a picture as an item of the media library."""
    address = settings.SITE_URL + image.file.url
    return "<item>{}</item>\n".format(
        element("title", image.alt)
        + element("link", address)
        + element("wp:post_id", FIRST_IMAGE_ID + image.pk)
        + date_elements("wp:post", None)
        + element("wp:status", "inherit")
        + element("wp:post_type", "attachment")
        + element("wp:attachment_url", address)
        + meta_element("_wp_attachment_image_alt", image.alt)
    )
