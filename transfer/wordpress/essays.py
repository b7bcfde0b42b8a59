"""Import of posts and pages with their authors, tags, old addresses and pictures."""

import re
from datetime import datetime, timedelta
from hashlib import blake2b

from django.utils import timezone

from accounts.models import User
from accounts.profiles.names import tidy_line
from blog import actions, indexing, markup
from blog.images import renditions
from blog.models import MENU_LIMIT, Authorship, Essay
from comments.models import Discussion
from transfer import losses, pictures, redirects
from transfer.authors import Authors
from transfer.models import ImportedEssay, WantedPicture
from transfer.report import Report
from transfer.slugs import free_slug
from transfer.wordpress import items
from transfer.wordpress.survey import Attachment, Survey
from transfer.wordpress.terms import Terms
from transfer.wordpress.text import PostText, has_blocks
from transfer.wordpress.wxr import Record

KINDS = {"post": Essay.Kind.ESSAY, "page": Essay.Kind.PAGE, "": Essay.Kind.ESSAY}
PUBLIC = {"publish", "future"}
DRAFTS = {"draft", "pending", "private", ""}
NOT_IMPORTED = {"trash": "in the trash", "auto-draft": "never saved", "inherit": "saved as a revision"}
MAX_TITLE = 300
MAX_IN_MENU = 6  # pages of another site
# Custom fields that are read, or that mean nothing outside WordPress.
KNOWN_META = re.compile(
    r"footnotes$|rejoinder_(?:deck|in_menu)$|_(?:edit_|wp_|thumbnail_id$|pingme$|encloseme$|oembed_|publicize_|menu_item_|attachment_)"
)


class EssayImporter:
    def __init__(self, survey: Survey, origin: str, authors: Authors, terms: Terms, report: Report) -> None:
        self.survey = survey
        self.origin = origin
        self.authors = authors
        self.terms = terms
        self.report = report
        self.logins: dict[str, str] = {}
        """The authors' usernames as Co-Authors Plus writes them."""
        self.seen: set[int] = set()
        """The essays that the file contained so far."""

    def add_author(self, login: str, name: str) -> None:
        """Remember an author's username and name in the form that posts name them."""
        self.logins.setdefault(nicename(name), login)
        self.logins[nicename(login)] = login

    def import_item(self, item: Record, offset: timedelta) -> Essay | None:
        """Return an item's essay: a new one, or the one from an earlier import, which stays unchanged."""
        status = item["wp:status"]
        if status in NOT_IMPORTED:
            self.report.omit(f"{item['wp:post_type'] or 'post'}(s) {NOT_IMPORTED[status]}")
            return None
        source = self.item_source(item)
        known = self.find_imported(item, source)
        if known is None:
            with self.report.for_essay() as own:
                essay = self.create_essay(item, self.unique_source(item, source), offset)
            losses.store(essay, own)
        else:
            essay = known.essay
            self.report.unchanged[f"{essay.kind}(s)"] += 1
        if essay.pk in self.seen:
            self.report.remark(
                "post(s) (appears|appear) more than once in the file and (was|were) imported only once", item["title"]
            )
        self.seen.add(essay.pk)
        self.record_names(item, source, essay, known)
        return essay

    def find_imported(self, item: Record, source: str) -> ImportedEssay | None:
        """Return the post's earlier import: same number and same slug or title; numbers alone can repeat."""
        slug, title = identifying_names(item)
        for each in ImportedEssay.objects.filter(source=source).select_related("essay").order_by("pk"):
            is_same = (slug and slug == each.slug) or (title and title == each.title)
            if is_same or not item["wp:post_id"] or not (slug or title or each.slug or each.title):
                return each
        return None

    def record_names(self, item: Record, source: str, essay: Essay, known: ImportedEssay | None) -> None:
        """Record the slug and title by which the next import recognizes a post."""
        slug, title = identifying_names(item)
        row = known or ImportedEssay(source=source, essay=essay)
        if known is None or (row.slug, row.title) != (slug, title):
            row.slug, row.title = slug, title
            row.save()

    def unique_source(self, item: Record, source: str) -> str:
        """Return a source that no other essay has, if another post had the same number."""
        if not Essay.objects.filter(source=source).exists():
            return source
        self.report.remark("post(s) with the same ID as another post (was|were) imported too", item["title"])
        digest = blake2b("\0".join(identifying_names(item)).encode(), digest_size=8).hexdigest()
        return f"{source}&{digest}"

    def item_source(self, item: Record) -> str:
        """Return what identifies an item among all sites: its number, else its address."""
        if number := item["wp:post_id"]:
            return f"{self.origin}?p={number[:40]}"
        return f"{self.origin}#{item['guid'] or item['link'] or item['title']}"[:400]

    def create_essay(self, item: Record, source: str, offset: timedelta) -> Essay:
        """Create an essay with its slug, authors, tags, redirects and pictures, and report it."""
        kind = KINDS[item["wp:post_type"]]
        meta = items.custom_fields(item)
        title = self.clean_title(item)
        written = items.written_time(item, "wp:post", offset)
        published = self.publication_time(item, written, title)
        text = PostText(lambda numbers: self.gallery_attachments(item, numbers))
        essay = Essay(
            kind=kind,
            title=title,
            deck=tidy_line(next(iter(meta.get("rejoinder_deck", [])), ""))[:MAX_TITLE],
            body=text.to_html(item["content:encoded"], next(iter(meta.get("footnotes", [])), "")),
            excerpt=markup.plain_text(markup.clean_essay(item["excerpt:encoded"], newlines=True)),
            published=published,
            dated=items.address_day(item) if published else None,
            created=written or timezone.now(),
            source=source,
            is_in_menu=is_in_menu(item, kind, published, meta),
            menu_order=items.menu_order(item),
        )
        for name in renditions.find_unstorable(essay.body):
            self.report.omit("picture(s) without a web address", name)
        essay.slug = free_slug(essay, items.decode_path(item["wp:post_name"]).removesuffix(".html"), title)
        actions.save_without_invalidation(essay, newlines=not has_blocks(item["content:encoded"]))
        if changed := items.parse_time(item["wp:post_modified_gmt"]):
            Essay.objects.filter(pk=essay.pk).update(changed=changed)
        self.add_authors(essay, item)
        essay.tags.add(*self.terms.tags_of(item))
        if item["wp:comment_status"] not in {"open", ""}:
            Discussion.objects.create(essay=essay, is_open=False)
        redirects.add_redirects(items.redirect_paths(item, meta, self.survey.site), essay, self.report)
        self.register_pictures(essay)
        self.register_cover(essay, meta)
        indexing.index(essay)
        self.add_to_report(essay, item, meta, text)
        return essay

    def clean_title(self, item: Record) -> str:
        """Return an item's title as plain text, shortened if necessary."""
        title = tidy_line(markup.plain_text(markup.clean_essay(item["title"])))
        if len(title) > MAX_TITLE:
            self.report.change("title(s) longer than 300 characters (was|were) shortened", title)
            title = title[: MAX_TITLE - 1].rstrip() + "…"
        return title

    def publication_time(self, item: Record, written: datetime | None, title: str) -> datetime | None:
        """Return when a post was or will be published; None for a draft."""
        status = item["wp:status"]
        name = title or f"#{item['wp:post_id']}"
        if item["wp:post_password"]:
            self.report.remark("password-protected post(s) (was|were) imported as (a draft|drafts)", name)
        elif status == "private":
            self.report.remark("private post(s) (was|were) imported as (a draft|drafts)", name)
        elif status in PUBLIC and written:
            return written
        elif status in PUBLIC:
            self.report.remark("post(s) without a date (was|were) imported as (a draft|drafts)", name)
        elif status not in DRAFTS:
            self.report.remark(
                "post(s) with a custom status (was|were) imported as (a draft|drafts)", f"{name} ({status[:30]})"
            )
        return None

    def add_authors(self, essay: Essay, item: Record) -> None:
        """Set the authors in their order: those that Co-Authors Plus names, else the post's author."""
        named = [record for record in item.inner_records("category") if record.attributes.get("domain") == "author"]
        people: dict[int, User] = {}
        for record in named:
            nicename_ = items.decode_path(record.attributes.get("nicename", "")).removeprefix("cap-")
            login = self.logins.get(nicename_) or self.logins.get(nicename(record[""])) or nicename_ or record[""]
            user = self.authors.get_or_create(login, record[""])
            people[user.pk] = user
        if not people and (login := item["dc:creator"]):
            user = self.authors.get_or_create(login)
            people[user.pk] = user
        Authorship.objects.bulk_create(
            Authorship(essay=essay, author=user, position=number) for number, user in enumerate(people.values())
        )

    def gallery_attachments(self, item: Record, numbers: list[str]) -> list[Attachment]:
        """Return the pictures with these numbers, or without numbers those uploaded to the post."""
        found = numbers or self.survey.gallery_numbers(item["wp:post_id"])
        attachments = (self.survey.attachments.get(number) for number in found)
        return [attachment for attachment in attachments if attachment and pictures.may_be_picture(attachment.url)]

    def register_pictures(self, essay: Essay) -> None:
        """Register the essay's pictures to be fetched, and drop those without an address."""
        wanted = pictures.find_pictures(essay.body, self.survey.address)
        nowhere = {written for written, address in wanted.items() if not address}
        WantedPicture.objects.bulk_create(
            WantedPicture(essay=essay, written_address=written, address=address)
            for written, address in wanted.items()
            if address
        )
        for written in nowhere:
            self.report.omit("picture(s) without a web address", written)
        pictures.drop_pictures(essay, nowhere)

    def register_cover(self, essay: Essay, meta: dict[str, list[str]]) -> None:
        """Register the featured image to be downloaded as the essay's cover picture."""
        number = next(iter(meta.get("_thumbnail_id", [])), "")
        if number in {"", "0", "-1"}:  # as WordPress writes none
            return
        attachment = self.survey.attachments.get(number)
        address = pictures.full_size_address(attachment.url, "") if attachment else ""
        if attachment is None or not address or not pictures.may_be_picture(address):
            self.report.omit("featured image(s) that (is|are) not in the file’s media library", str(essay))
            return
        alt = " ".join(attachment.alt.split())[:500]
        WantedPicture.objects.create(essay=essay, address=address, alt=alt, is_cover=True)
        self.report.remark("featured image(s) (is now a cover picture|are now cover pictures)", str(essay))

    def add_to_report(self, essay: Essay, item: Record, meta: dict[str, list[str]], text: PostText) -> None:
        """Count an essay, and report what was lost or changed in its text and fields."""
        name = str(essay)
        state = "published" if essay.is_published else "scheduled" if essay.published else "draft"
        self.report.counts[f"{essay.kind}(s), {state}"] += 1
        if item["wp:is_sticky"] == "1":
            self.report.remark("sticky post(s) (was|were) not pinned", name)
        for field in item.inner_records("wp:postmeta"):
            if not KNOWN_META.match(field["wp:meta_key"]):
                self.report.omit("plugin custom field(s)", field["wp:meta_key"])
        for kind, example in text.lost:
            self.report.omit(kind, example, place=name)
        for kind, example in text.changed:
            self.report.change(kind, example, place=name)


def is_in_menu(item: Record, kind: Essay.Kind, published: datetime | None, meta: dict[str, list[str]]) -> bool:
    """Whether a page is in the menu: as our own exports say, else the first few published top-level pages."""
    if kind != Essay.Kind.PAGE:
        return False
    if in_menu := meta.get("rejoinder_in_menu"):
        return in_menu[0] == "1" and Essay.objects.in_menu().count() < MENU_LIMIT
    is_at_the_top = published is not None and item["wp:post_parent"] in {"", "0"}
    return is_at_the_top and Essay.objects.in_menu().count() < MAX_IN_MENU


def identifying_names(item: Record) -> tuple[str, str]:
    """Return the slug and title by which a later import recognizes a post."""
    return items.decode_path(item["wp:post_name"])[:200], tidy_line(item["title"])[:MAX_TITLE]


def nicename(text: str) -> str:
    """Return a username or name as WordPress writes it in addresses."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]+", "", text.lower().replace(".", "-"))).strip("-")
