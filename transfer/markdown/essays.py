"""Import of Markdown files as essays and pages, with their authors, tags, series, redirects and pictures."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from accounts.profiles.names import tidy_line
from blog import actions, indexing
from blog.editor import Conversion
from blog.models import MENU_LIMIT, Authorship, Essay, typeset
from comments.models import Discussion
from transfer import losses, pictures, redirects
from transfer.authors import Authors
from transfer.fields.post import Post, parse_time, whole_number
from transfer.fields.terms import Terms, mappings
from transfer.markdown import conversion
from transfer.markdown.conversion import Converter
from transfer.markdown.files import Files
from transfer.models import ImportedEssay, WantedPicture
from transfer.report import Report
from transfer.slugs import free_slug

MAX_TITLE = 300
MAX_IN_MENU = 6  # pages of another site


class EssayImporter:
    def __init__(self, files: Files, site: Mapping[str, Any], authors: Authors, report: Report) -> None:
        self.files = files
        self.origin = authors.origin
        self.authors = authors
        self.people = {str(each.get("username")): each for each in mappings(site.get("authors"))}
        self.terms = Terms(site, report)
        self.converter = Converter(files)
        self.report = report
        # Of each essay only what links to it need, as there may be many; those imported before too.
        self.addresses: dict[str, str] = {}
        """The essays' addresses here by path."""
        self.by_id: dict[str, int] = {}
        """The essays' keys by their number on a site of ours."""
        self.new: set[int] = set()
        """The keys of the essays that are new."""
        self.translations: dict[str, list[int]] = defaultdict(list)
        """The keys of translations by the original's number on a site of ours."""
        self.linking: list[int] = []
        """The keys of the essays with links to other texts, which an import that was stopped left too."""

    def import_post(self, post: Post) -> Essay:
        """Return a file's essay: a new one, or the one from an earlier import, which stays unchanged."""
        source = self.source_of(post)
        essay = self.find_imported(post, source)
        if essay is None:
            with self.report.for_essay() as own:
                essay = self.create_essay(post, source)
            losses.store(essay, own)
            self.new.add(essay.pk)
        else:
            self.report.unchanged[f"{essay.kind}(s)"] += 1
        if conversion.has_linked_texts(essay.body):
            self.linking.append(essay.pk)
        self.addresses[post.path] = essay.get_absolute_url()
        if number := post.text("id"):
            self.by_id.setdefault(number, essay.pk)
        if post.is_own:
            self.link_translations(essay, number, post.text("translation_of"))
        return essay

    def link_translations(self, essay: Essay, number: str, original: str) -> None:
        """Link an essay to its original and its translations, in the transaction of the one that comes later.

        If both were imported earlier, their authors may have changed it since.
        """
        pairs = [(translation, essay.pk) for translation in self.translations.pop(number, ())]
        if original in self.by_id:
            pairs.append((essay.pk, self.by_id[original]))
        elif original:
            self.translations[original].append(essay.pk)
        for translation, pk in pairs:
            if translation != pk and not self.new.isdisjoint((translation, pk)):
                Essay.objects.filter(pk=translation).update(translation_of=pk)

    def source_of(self, post: Post) -> str:
        """Return what identifies a text among all sites: its number on a site of ours, else its path."""
        number = post.text("id") if post.is_own else ""
        return f"{self.origin}?id={number[:40]}" if number else f"{self.origin}#{post.path}"[:450]

    def find_imported(self, post: Post, source: str) -> Essay | None:
        """Return the text's earlier import, or the same essay of this site; numbers and paths alone can repeat."""
        slug, title = identifying_names(post)
        for each in ImportedEssay.objects.filter(source=source).select_related("essay").order_by("pk"):
            if (slug and slug == each.slug) or (title and title == each.title):
                return each.essay
        created = parse_time(post.text("created")) if post.is_own else None
        return Essay.objects.filter(kind=post.kind, slug=slug, created=created).first() if created else None

    def create_essay(self, post: Post, source: str) -> Essay:
        """Create an essay with its slug, authors, tags, redirects and pictures, and report it."""
        result = self.converter.convert(post)
        title = self.clean_title(post, result)
        published = self.publication_time(post)
        essay = Essay(
            kind=post.kind,
            title=title,
            deck=tidy_line(post.text("subtitle", "deck") or result.deck)[:MAX_TITLE],
            body=self.link_media(result.html) if post.is_own else result.html,
            excerpt=post.description,
            published=published,
            dated=post.address_day if published else None,
            created=parse_time(post.text("created")) or published or timezone.now(),
            language=post.language,
            canonical=post.canonical[:500],
            series=self.terms.series_of(post.text("series")),
            series_position=post.series_position,
            is_pinned=post.is_own and post.text("pinned") == "true",
            updated=parse_time(post.text("updated")) if post.is_own else None,
            update_note=post.text("update_note")[:300],
            is_in_menu=is_in_menu(post, published),
            menu_order=whole_number(post.text("menu_order", "weight")) or 0,
            source=None if Essay.objects.filter(source=source).exists() else source,
        )
        essay.slug = free_slug(essay, post.slug, title)
        actions.save_without_invalidation(essay)
        if changed := parse_time(post.text("lastmod", "modified", "last_modified_at")):
            Essay.objects.filter(pk=essay.pk).update(changed=changed)
        slug, name = identifying_names(post)
        ImportedEssay.objects.create(source=source, essay=essay, slug=slug, title=name)
        self.add_authors(essay, post)
        essay.tags.add(*self.terms.tags_of(post.tags))
        if post.has_closed_comments:
            Discussion.objects.create(essay=essay, is_open=False)
        layout = self.files.layout
        old_paths = post.old_paths(layout.permalink, layout.base_path, layout.language)
        redirects.add_redirects(old_paths, essay, self.report)
        self.register_pictures(essay, post)
        indexing.index(essay)
        self.add_to_report(essay, post, result)
        return essay

    def clean_title(self, post: Post, result: Conversion) -> str:
        """Return the title of a text, shortened if necessary; without one, it is named after the file."""
        title = tidy_line(post.title or result.title)
        if not title and not post.is_own:
            title = tidy_line(post.slug.replace("_", " ").replace("-", " ")).capitalize()
        if len(title) > MAX_TITLE:
            self.report.change("title(s) longer than 300 characters (was|were) shortened", title)
            title = title[: MAX_TITLE - 1].rstrip() + "…"
        return title

    def publication_time(self, post: Post) -> datetime | None:
        """Return when a text was or will be published; None for a draft."""
        if post.is_draft:
            return None
        if post.published is None and post.kind == Essay.Kind.PAGE and not post.is_own:
            return timezone.now()
        if post.published is None and not post.is_own:
            self.report.remark("file(s) without a readable date (was|were) imported as (a draft|drafts)", post.name)
        return post.published

    def add_authors(self, essay: Essay, post: Post) -> None:
        """Set the authors in their order."""
        people: dict[int, User] = {}
        for name in post.words("usernames") or post.words("authors") or post.words("author"):
            user = self.get_author(name)
            people[user.pk] = user
        Authorship.objects.bulk_create(
            Authorship(essay=essay, author=user, position=number) for number, user in enumerate(people.values())
        )

    def get_author(self, name: str) -> User:
        """Return the user for an author's name or username on the old site."""
        person = self.people.get(name, {})
        return self.authors.get_or_create(name, str(person.get("name") or name), str(person.get("email") or ""))

    def link_media(self, body: str) -> str:
        """Return a body of a site of ours, whose pictures and links to pictures have the archive's addresses."""

        def replacement(link: re.Match[str]) -> str:
            path = link["path"]
            if path not in self.files.archive or not pictures.is_picture(path):
                return link[0]
            self.converter.linked_pictures.add(url := self.files.picture_address(path))
            return f' {link["name"]}="{url}"'

        return re.sub(r' (?P<name>href|src)="/?(?P<path>media/[^"]+)"', replacement, body)

    def register_pictures(self, essay: Essay, post: Post) -> None:
        """Register the essay's pictures and its cover to be imported."""
        wanted = pictures.find_pictures(essay.body, "") | {each: each for each in self.converter.linked_pictures}
        WantedPicture.objects.bulk_create(
            WantedPicture(essay=essay, written_address=written, address=address)
            for written, address in wanted.items()
            if address
        )
        cover, alt = post.cover
        if not cover:
            return
        address = pictures.full_size_address(self.converter.resolver(post)(cover, alt), "")
        if address:
            WantedPicture.objects.create(essay=essay, address=address, alt=tidy_line(alt)[:500], is_cover=True)
        else:
            self.report.omit("cover picture(s) that (is|are) not in the folder", cover)

    def add_to_report(self, essay: Essay, post: Post, result: Conversion) -> None:
        """Count an essay, and report what was lost or changed in its text and fields."""
        state = "published" if essay.is_published else "scheduled" if essay.published else "draft"
        self.report.counts[f"{essay.kind}(s), {state}"] += 1
        for name in post.unknown_fields:
            self.report.omit("front matter field(s)", name)
        if date := post.unreadable_date:
            self.report.omit("date(s) that could not be read", f"{post.path}: {date}")
        for line in post.head.unreadable:
            self.report.omit("line(s) of front matter that could not be read", f"{post.path}, {line}")
        for line in post.head.as_text:
            self.report.change(
                "line(s) of front matter that (is|are) not valid YAML, read as text", f"{post.path}, {line}"
            )
        for kind, example in result.lost:
            self.report.omit(kind, example, place=post.name)
        for kind, example in result.changed:
            self.report.change(kind, example, place=post.name)

    def link_texts(self) -> Iterator[None]:
        """Let links to other files lead to the essays made from them."""
        for pk in self.linking:
            for body in Essay.objects.filter(pk=pk).values_list("body", flat=True):
                linked = conversion.link_texts(body, lambda path: self.addresses.get(path, ""))
                Essay.objects.filter(pk=pk).update(body=linked, typeset=typeset(linked))
            yield


def identifying_names(post: Post) -> tuple[str, str]:
    """Return the slug and title by which a later import recognizes a text."""
    return post.slug[:200], tidy_line(post.title)[:MAX_TITLE]


def is_in_menu(post: Post, published: datetime | None) -> bool:
    """Whether a page is in the menu: as our own export says, else the first few published pages."""
    if post.kind != Essay.Kind.PAGE:
        return False
    if post.is_own:
        return "menu_order" in post.fields and Essay.objects.in_menu().count() < MENU_LIMIT
    is_at_the_top = published is not None and len(post.folders) < 2
    return is_at_the_top and Essay.objects.in_menu().count() < MAX_IN_MENU
