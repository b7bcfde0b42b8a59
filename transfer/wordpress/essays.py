"""Posts and pages → essays and pages, with their authors, tags, old addresses and pictures."""

import re
from datetime import date, datetime, timedelta
from hashlib import blake2b

from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from accounts.profiles.names import tidy_line
from blog import actions, markup
from blog.images import renditions
from blog.models import MENU_LIMIT, Authorship, Essay
from comments.models import Discussion
from transfer import pictures, redirects
from transfer.authors import Authors
from transfer.models import ImportedEssay, WantedPicture
from transfer.report import Report
from transfer.wordpress import items
from transfer.wordpress.survey import Attachment, Survey
from transfer.wordpress.terms import Terms
from transfer.wordpress.text import Text, has_blocks
from transfer.wordpress.wxr import Record

KINDS = {"post": Essay.Kind.ESSAY, "page": Essay.Kind.PAGE, "": Essay.Kind.ESSAY}
PUBLIC = {"publish", "future"}
DRAFTS = {"draft", "pending", "private", ""}
NEVER = {"trash": "in the trash", "auto-draft": "never saved", "inherit": "saved as a revision"}
TITLE = 300
IN_MENU = 6  # of the pages of another site
# Custom fields that are read, or that say nothing outside of WordPress.
OURS = re.compile(
    r"footnotes$|rejoinder_(?:deck|in_menu)$|_(?:edit_|wp_|thumbnail_id$|pingme$|encloseme$|oembed_|publicize_|menu_item_|attachment_)"
)


class Essays:
    def __init__(self, survey: Survey, origin: str, authors: Authors, terms: Terms, report: Report) -> None:
        self.survey = survey
        self.origin = origin
        self.authors = authors
        self.terms = terms
        self.report = report
        self.logins: dict[str, str] = {}
        """The authors' log-ins by how Co-Authors Plus writes them."""
        self.met: set[int] = set()
        """The essays that were in the file so far."""

    def knows(self, login: str, name: str) -> None:
        self.logins.setdefault(nicename(name), login)
        self.logins[nicename(login)] = login

    def bring(self, item: Record, offset: timedelta) -> Essay | None:
        """The essay that the item is here: a new one, or the one that an earlier import made, which stays as it is."""
        status = item["wp:status"]
        if status in NEVER:
            self.report.leave_out(f"{item['wp:post_type'] or 'post'}(s) {NEVER[status]}")
            return None
        source = self.source(item)
        known = self.known(item, source)
        if known is None:
            essay = self.make(item, self.own_source(item, source), offset)
        else:
            essay = known.essay
            self.report.known[f"{essay.kind}(s)"] += 1
        if essay.pk in self.met:
            self.report.remark(
                "post(s) with the same ID as an earlier post (was|were) treated as that post", item["title"]
            )
        self.met.add(essay.pk)
        self.remember(item, source, essay, known)
        return essay

    def known(self, item: Record, source: str) -> ImportedEssay | None:
        """The same post of an earlier import: the same number and the same slug or title; a number alone may repeat."""
        slug, title = names_of(item)
        for each in ImportedEssay.objects.filter(source=source).select_related("essay").order_by("pk"):
            is_same = (slug and slug == each.slug) or (title and title == each.title)
            if is_same or not item["wp:post_id"] or not (slug or title or each.slug or each.title):
                return each
        return None

    def remember(self, item: Record, source: str, essay: Essay, known: ImportedEssay | None) -> None:
        slug, title = names_of(item)
        row = known or ImportedEssay(source=source, essay=essay)
        if known is None or (row.slug, row.title) != (slug, title):
            row.slug, row.title = slug, title
            row.save()

    def own_source(self, item: Record, source: str) -> str:
        """A name that no other essay has, where another post had the same number."""
        if not Essay.objects.filter(source=source).exists():
            return source
        self.report.remark("post(s) with the same ID as another post (was|were) imported too", item["title"])
        digest = blake2b("\0".join(names_of(item)).encode(), digest_size=8).hexdigest()
        return f"{source}&{digest}"

    def source(self, item: Record) -> str:
        if number := item["wp:post_id"]:
            return f"{self.origin}?p={number[:40]}"
        return f"{self.origin}#{item['guid'] or item['link'] or item['title']}"[:400]

    def make(self, item: Record, source: str, offset: timedelta) -> Essay:
        kind = KINDS[item["wp:post_type"]]
        meta = items.meta_of(item)
        title = self.title(item)
        place = items.Place.of(item, meta, day_of(item))
        written = items.when(item, "wp:post", offset)
        published = self.published(item, written, title)
        text = Text(lambda numbers: self.gallery(item, numbers))
        essay = Essay(
            kind=kind,
            title=title,
            deck=tidy_line(next(iter(meta.get("rejoinder_deck", [])), ""))[:TITLE],
            body=text.html(item["content:encoded"], next(iter(meta.get("footnotes", [])), "")),
            excerpt=markup.plain(markup.essay(item["excerpt:encoded"], newlines=True)),
            published=published,
            dated=place.day if published else None,
            created=written or timezone.now(),
            source=source,
            is_in_menu=is_in_menu(item, kind, published, meta),
            menu_order=items.menu_order(item),
        )
        for name in renditions.unstorable(essay.body):
            self.report.leave_out("picture(s) without a web address", name)
        wishes = (place.name.removesuffix(".html"), title)
        essay.slug = actions.free_slug(essay, next((wish for wish in wishes if slugify(wish, allow_unicode=True)), ""))
        actions.write(essay, newlines=not has_blocks(item["content:encoded"]))
        if changed := items.moment(item["wp:post_modified_gmt"]):
            Essay.objects.filter(pk=essay.pk).update(changed=changed)
        self.credit(essay, item)
        essay.tags.add(*self.terms.of(item))
        if item["wp:comment_status"] not in {"open", ""}:
            Discussion.objects.create(essay=essay, is_open=False)
        self.keep_addresses(essay, place)
        self.want_pictures(essay)
        self.tell(essay, item, meta, text)
        return essay

    def title(self, item: Record) -> str:
        title = tidy_line(markup.plain(markup.essay(item["title"])))
        if len(title) > TITLE:
            self.report.remark("title(s) longer than 300 characters (was|were) shortened", title)
            title = title[: TITLE - 1].rstrip() + "…"
        return title

    def published(self, item: Record, written: datetime | None, title: str) -> datetime | None:
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
                "post(s) with a plugin’s status (was|were) imported as (a draft|drafts)", f"{name} ({status[:30]})"
            )
        return None

    def credit(self, essay: Essay, item: Record) -> None:
        """The authors in their order: those that Co-Authors Plus names, else the one of the post."""
        named = [record for record in item.each("category") if record.attributes.get("domain") == "author"]
        people: dict[int, User] = {}
        for record in named:
            nice = items.decoded(record.attributes.get("nicename", "")).removeprefix("cap-")
            login = self.logins.get(nice) or self.logins.get(nicename(record[""])) or nice or record[""]
            user = self.authors.of(login, record[""])
            people[user.pk] = user
        if not people and (login := item["dc:creator"]):
            user = self.authors.of(login)
            people[user.pk] = user
        Authorship.objects.bulk_create(
            Authorship(essay=essay, author=user, position=number) for number, user in enumerate(people.values())
        )

    def gallery(self, item: Record, numbers: list[str]) -> list[Attachment]:
        found = numbers or self.survey.gallery(item["wp:post_id"])
        attachments = (self.survey.attachments.get(number) for number in found)
        return [attachment for attachment in attachments if attachment and pictures.is_picture(attachment.url)]

    def keep_addresses(self, essay: Essay, place: items.Place) -> None:
        kept, elsewhere = redirects.keep(place.addresses(self.survey.site), essay)
        self.report.made["redirect(s) to (an essay or page|essays and pages)"] += kept
        for path in elsewhere:
            self.report.remark("old address(es) already redirect(s|) elsewhere", path)

    def want_pictures(self, essay: Essay) -> None:
        wanted = pictures.wanted_in(essay.body, self.survey.address)
        nowhere = {written for written, address in wanted.items() if not address}
        WantedPicture.objects.bulk_create(
            WantedPicture(essay=essay, written=written, address=address)
            for written, address in wanted.items()
            if address
        )
        for written in nowhere:
            self.report.leave_out("picture(s) without a web address", written)
        pictures.drop(essay, nowhere)

    def tell(self, essay: Essay, item: Record, meta: dict[str, list[str]], text: Text) -> None:
        name = str(essay)
        state = "published" if essay.is_published else "scheduled" if essay.published else "draft"
        self.report.made[f"{essay.kind}(s), {state}"] += 1
        if item["wp:is_sticky"] == "1":
            self.report.remark("sticky post(s) (was|were) imported unpinned", name)
        for field in item.each("wp:postmeta"):
            if not OURS.match(field["wp:meta_key"]):
                self.report.leave_out("plugin custom field(s)", field["wp:meta_key"])
        if "_thumbnail_id" in meta:
            self.report.remark("featured image(s) (is|are) not shown above essays here", name)
        for what, example in text.lost:
            self.report.leave_out(what, f"{example} in {name}" if example else f"in {name}")
        for what, example in text.changed:
            self.report.remark(what, f"{example} in {name}" if example else f"in {name}")


def is_in_menu(item: Record, kind: Essay.Kind, published: datetime | None, meta: dict[str, list[str]]) -> bool:
    """As our own export says; of another site, the first few published pages that are not below another one."""
    if kind != Essay.Kind.PAGE:
        return False
    if said := meta.get("rejoinder_in_menu"):
        return said[0] == "1" and Essay.objects.in_menu().count() < MENU_LIMIT
    is_at_the_top = published is not None and item["wp:post_parent"] in {"", "0"}
    return is_at_the_top and Essay.objects.in_menu().count() < IN_MENU


def names_of(item: Record) -> tuple[str, str]:
    """The slug and title by which a post is known again."""
    return items.decoded(item["wp:post_name"])[:200], tidy_line(item["title"])[:TITLE]


def nicename(text: str) -> str:
    """A log-in or a name as WordPress writes it into addresses."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]+", "", text.lower().replace(".", "-"))).strip("-")


def day_of(item: Record) -> date | None:
    """The day in the old address: by the old site's own clock."""
    here = items.moment(item["wp:post_date"])
    return here.date() if here else None
