"""Essays and pages as readers see them, and their authors."""

import re
import unicodedata
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date as calendar_day
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast, Substr
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from blog import markup
from blog.markup.hosts import split_words
from blog.models.authorship import Authorship
from blog.models.image import Image
from blog.models.series import Series
from blog.models.tag import Tag
from server.prepared import Prepared

ESSAY_KEY = "essay:{}"  # of the pages that show the essay with this primary key
MENU_LIMIT = 20
FIRST_LETTER = re.compile(r"\s*<p[^>]*>(?P<letter>\w)")

# First parts of the site's own addresses, which no page may use.
RESERVED_SLUGS = split_words(
    "accounts admin archive author cards category comments feed healthz media moderation preview privacy readyz"
    " replies robots.txt search series sitemap.xml static subscriptions tag"
)


class EssayQuerySet(models.QuerySet["Essay"]):
    def published(self, now: Any = None) -> Self:
        """Return what readers see now. No job has to run for a scheduled essay to appear."""
        return self.filter(published__lte=now or timezone.now())

    def essays(self) -> Self:
        return self.filter(kind=Essay.Kind.ESSAY)

    def pages(self) -> Self:
        return self.filter(kind=Essay.Kind.PAGE)

    def in_menu(self) -> Self:
        """Return the pages of the menu in its order, with drafts and scheduled ones.

        A constraint keeps essays out. With a filter on `kind` too, SQLite would read and sort every page.
        """
        return self.filter(is_in_menu=True).order_by("menu_order", "title", "pk")

    def tagged(self, tag: Tag) -> Self:
        """Return essays with this tag. By EXISTS, as in `by_author`: an index returns them in order, without a sort."""
        row = Essay.tags.through._default_manager.filter(essay=models.OuterRef("pk"), tag=tag)
        return self.filter(models.Exists(row))

    def by_author(self, author: Any) -> Self:
        return self.filter(models.Exists(Authorship.objects.filter(essay=models.OuterRef("pk"), author=author)))

    def dated(self, year: int, month: int | None = None, day: int | None = None) -> Self:
        """Return those whose URL begins with this year, month or day; none for a date that does not exist."""
        try:
            first = calendar_day(year, month or 1, day or 1)
        except ValueError:
            return self.none()
        last = calendar_day(year, month or 12, day or monthrange(year, month or 12)[1])
        return self.filter(dated__range=(first, last))

    def changeable_by(self, user: Any) -> Self:
        """Return an author's own essays, or all for an editor."""
        return self if user.has_perm("blog.change_others") else self.filter(authors=user)

    def selectable_by(self, user: Any) -> Self:
        """Return the published essays of all authors, and all of the user's own."""
        return self.filter(models.Q(published__lte=timezone.now()) | models.Q(authors=user))

    def in_series(self) -> Self:
        """Sort by position in the series; those without one follow by date."""
        return self.order_by(models.F("series_position").asc(nulls_last=True), "published", "pk")

    def newest(self) -> Self:
        """Sort by publication, newest first."""
        return self.order_by("-published", "-pk")

    def by_date(self) -> Self:
        """Sort by the date in the URL, newest first."""
        return self.order_by("-dated", "-published", "-pk")

    def fetch_slice(self, start: int, stop: int, only: Sequence[str] = ()) -> "list[Essay]":
        """Return a slice as a list. An index finds its keys first, so that no text is read to sort or skip rows."""
        found = Essay.objects.filter(pk__in=self.values("pk")[start:stop]).order_by(*self.query.order_by)
        return list(found.only(*only) if only else found)

    def fetch_slice_pinned_first(self, start: int, stop: int) -> "list[Essay]":
        """Like `fetch_slice`, but pinned essays first. To sort by `is_pinned`, SQLite may read every essay."""
        pinned, rest = (self.filter(is_pinned=models.Value(is_pinned)) for is_pinned in (True, False))
        keys = list(pinned.values_list("pk", flat=True))
        first = pinned.fetch_slice(start, stop) if keys[start:stop] else []
        return first + rest.fetch_slice(max(0, start - len(keys)), max(0, stop - len(keys)))

    def years(self) -> list[tuple[int, int]]:
        """Return the years and their number of essays, newest first. SQLite cuts text without calling Python."""
        year = Substr(Cast("dated", models.TextField()), 1, 4)
        rows = self.filter(dated__isnull=False).order_by().values_list(year).annotate(models.Count("pk"))
        return sorted(((int(found), count) for found, count in rows), reverse=True)

    def for_essay_page(self) -> Self:
        """Fetch the series and the cover too, and set `is_translated` to whether there is a translation."""
        is_translated = models.Exists(Essay.objects.filter(translation_of=models.OuterRef("pk")))
        return self.select_related("series", "cover").annotate(is_translated=is_translated)

    def with_authors(self) -> Self:
        """Fetch the authors of all essays by one more query."""
        return self.prefetch_related(models.Prefetch("authorships", to_attr="fetched_authorships"))

    def next_change(self) -> datetime | None:
        """Return when the next scheduled essay appears in lists. Naming every kind lets the database use an index."""
        scheduled = self.filter(kind__in=Essay.Kind.values, published__gt=timezone.now())
        return scheduled.order_by("published").values_list("published", flat=True).first()


class Essay(models.Model):
    """An essay, or a page, which has no date in its address and is in no list."""

    class Kind(models.TextChoices):
        ESSAY = "essay", _("essay")
        PAGE = "page", _("page")

    kind = models.CharField(_("type"), max_length=5, choices=Kind.choices, default=Kind.ESSAY)
    title = models.CharField(_("title"), max_length=300, blank=True)
    slug = models.SlugField(_("slug"), max_length=200, allow_unicode=True, help_text=_("The last part of the URL."))
    deck = models.CharField(_("subtitle"), max_length=300, blank=True, help_text=_("One line below the title."))
    excerpt = models.TextField(
        _("excerpt"), blank=True, help_text=_("For lists and search results. Leave empty to show the first words.")
    )
    authors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Authorship", related_name="essays", verbose_name=_("authors"), blank=True
    )
    tags = models.ManyToManyField(Tag, related_name="essays", verbose_name=_("tags"), blank=True)
    series = models.ForeignKey(
        Series, models.SET_NULL, null=True, blank=True, db_index=False, related_name="essays", verbose_name=_("series")
    )  # essay_in_series is its index
    series_position = models.PositiveSmallIntegerField(
        _("position in the series"),
        null=True,
        blank=True,
        help_text=_("Leave empty to sort this essay by date, after the numbered ones."),
    )
    is_pinned = models.BooleanField(_("pinned"), default=False, help_text=_("Shown first on the home page."))
    is_in_menu = models.BooleanField(
        _("show in the menu"), default=False, help_text=_("Only for pages. The menu appears at the top of every page.")
    )
    menu_order = models.PositiveSmallIntegerField(
        _("order in the menu"), default=0, help_text=_("Lower numbers come first.")
    )
    language = models.CharField(
        _("language"),
        max_length=12,
        choices=settings.LANGUAGES,
        blank=True,
        help_text=_("Leave empty for the site’s language."),
    )
    translation_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,  # its index is essay_translations
        related_name="translations",
        verbose_name=_("translation of"),
        help_text=_("The original essay. Readers see links between the two."),
    )
    canonical = models.URLField(
        _("canonical URL"),
        max_length=500,
        blank=True,
        help_text=_("The original URL, if the text was first published on another site."),
    )
    published = models.DateTimeField(
        _("published"),
        null=True,
        blank=True,
        help_text=_("Leave empty for a draft. Set a future date to schedule the essay."),
    )
    dated = models.DateField(_("date in the URL"), null=True, blank=True, editable=False)
    cover = models.ForeignKey(
        Image,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="covered_essays",
        verbose_name=_("cover picture"),
        help_text=_("For links to the essay on other sites. If empty, they show its first large picture or its title."),
    )
    word_count = models.PositiveIntegerField(_("words"), default=0, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    updated = models.DateTimeField(_("updated"), null=True, blank=True, editable=False)  # as shown to readers
    update_note = models.CharField(_("what changed"), max_length=300, blank=True, editable=False)
    source = models.CharField(max_length=500, null=True, blank=True, unique=True, editable=False)
    import_losses = models.TextField(blank=True, default="", db_default="", editable=False)  # one in a line
    # These two are last: SQLite reads a row up to the last column that is needed.
    body = models.TextField(_("body"), blank=True)
    # With formulas and highlighted code; "" if it has none. Backups made before this column have no value for it.
    typeset = models.TextField(blank=True, default="", db_default="", editable=False)

    is_translated = True  # or whether for_essay_page() found a translation of it
    revision: int | None = None  # key of the one that readers see, after Revision.objects.annotate_shown()
    previous_key: int | None = None  # of its neighbors by date, after blog.onward.with_neighbors()
    next_key: int | None = None
    next_change: datetime | None = None

    objects = EssayQuerySet.as_manager()

    class Meta:
        verbose_name = _("essay")
        verbose_name_plural = _("essays")
        ordering = ("-published", "-pk")
        permissions = (
            ("publish_essay", _("Can publish essays")),
            ("change_others", _("Can change and publish other authors’ essays")),
        )
        constraints = (
            models.UniqueConstraint(fields=["kind", "slug"], name="essay_slug"),
            models.CheckConstraint(
                condition=models.Q(is_in_menu=False) | models.Q(kind="page"), name="essay_only_pages_in_menu"
            ),
        )
        indexes = (
            models.Index(fields=["kind", "-published"], name="essay_newest"),
            models.Index(fields=["kind", "-is_pinned", "-published"], name="essay_on_home"),
            models.Index(fields=["kind", "-dated", "-published"], name="essay_by_date"),
            models.Index(fields=["-changed"], condition=models.Q(published__isnull=False), name="essay_changed"),
            models.Index(
                fields=["series", "kind", "published", "series_position", "dated"],
                condition=models.Q(series__isnull=False),
                name="essay_in_series",
            ),
            models.Index(
                fields=["translation_of"], condition=models.Q(translation_of__isnull=False), name="essay_translations"
            ),
            # Few are pages. `kind` is a column too, so that SQLite takes this index whatever its statistics say.
            models.Index(fields=["kind", "published"], condition=models.Q(kind="page"), name="essay_pages"),
            models.Index(
                fields=["menu_order", "title", "id"], condition=models.Q(is_in_menu=True), name="essay_in_menu"
            ),
        )

    def __str__(self) -> str:
        return self.title or str(_("(no title)"))

    @property
    def cache_key(self) -> str:
        return ESSAY_KEY.format(self.pk)

    @property
    def id_prefix(self) -> str:
        """Return the prefix that makes ids of notes and headings unique on pages with several essays."""
        return f"e{self.pk}-"

    @property
    def is_published(self) -> bool:
        return self.published is not None and self.published <= timezone.now()

    @property
    def reading_minutes(self) -> int:
        """Return the reading time at 230 words a minute (Brysbaert 2019: silent readers of English average 238)."""
        return max(1, round(self.word_count / 230))

    @property
    def direction(self) -> str:
        return "rtl" if self.language and get_language_info(self.language)["bidi"] else "ltr"

    @property
    def lang(self) -> SafeString:
        """Return the `lang` and `dir` attributes if its language differs from the page's, else nothing."""
        if self.language in {"", get_language()}:
            return SafeString("")
        return format_html(' lang="{}" dir="{}"', self.language, self.direction)

    @property
    def title_html(self) -> SafeString:
        """Return its title for a sentence in the page's language, with its own language marked if it differs."""
        return format_html("<span{}>{}</span>", self.lang, self) if self.lang else conditional_escape(str(self))

    @property
    def day(self) -> calendar_day:
        """Return the date in its URL; for a draft the date that it would have."""
        return self.dated or timezone.localdate(self.published or self.created)

    @property
    def summary(self) -> str:
        """Return the excerpt, or the first words, for lists."""
        return self.excerpt or self.first_words

    @property
    def first_words(self) -> str:
        return markup.excerpt(self.body)

    @property
    def description(self) -> str:
        """Return one line about the essay for search engines and preview cards."""
        return self.excerpt or self.deck or self.summary

    @property
    def body_html(self) -> SafeString:
        """Render the body for its page, with back links from its notes, and an id for each paragraph and heading."""
        source = self.typeset or self.body
        html = markup.render(source, self.id_prefix, self.pictures, paragraphs_have_ids=True)
        return mark_safe(html)  # noqa: S308 – cleaned when it was saved

    @cached_property
    def pictures(self) -> dict[str, Any]:
        """Return its stored pictures by URL; no query after renditions.prefetch_pictures()."""
        return Image.objects.in_html(self.body) if "<img " in self.body else {}

    @cached_property
    def shown_tags(self) -> list[Tag]:
        """Its tags, or in a preview those that the preview sets."""
        return TAGS.fetch(essay=self.pk)

    @property
    def contents(self) -> list[tuple[str, str]]:
        """Return the id and text of each level 2 heading if there are at least two."""
        found = markup.table_of_contents(self.typeset or self.body, self.id_prefix)
        return found if len(found) > 1 else []

    @property
    def has_drop_cap(self) -> bool:
        """Return whether it may have a drop cap: its first paragraph begins with a Latin, Greek or Cyrillic letter."""
        first = FIRST_LETTER.match(self.body)
        return first is not None and unicodedata.name(first["letter"], "").startswith(("LATIN", "GREEK", "CYRILLIC"))

    @cached_property
    def bylines(self) -> list[Any]:
        """Return its authors, as users, in order; no query after with_authors() or prefetch_bylines()."""
        fetched = getattr(self, "fetched_authorships", None)
        return [row.author for row in (AUTHORSHIPS.fetch(essay=self.pk) if fetched is None else fetched)]

    def may_change(self, user: Any) -> bool:
        """Return whether the user is one of its authors or an editor."""
        return bool(user.has_perm("blog.change_others") or self.authorships.filter(author=user).exists())

    def may_publish(self, user: Any) -> bool:
        return bool(user.has_perm("blog.publish_essay") and self.may_change(user))

    def get_absolute_url(self) -> str:
        return essay_url(None if self.kind == self.Kind.PAGE else self.day, self.slug)


@lru_cache(maxsize=1000)
def essay_url(day: calendar_day | None, slug: str) -> str:
    """Return the path of an essay, or without a day of a page; a page about an essay asks for it twenty times."""
    if day is None:
        return reverse("page", args=[slug])
    return reverse("essay", args=[day.year, f"{day.month:02}", f"{day.day:02}", slug])


AUTHORSHIPS = Prepared(lambda essay: Authorship.objects.filter(essay=essay), essay=models.BigAutoField())
TAGS = Prepared(lambda essay: Tag.objects.filter(essays=essay), essay=models.BigAutoField())


def prefetch_bylines(essays: Collection[Essay]) -> None:
    """Set each essay's `bylines` with one query that reads only the authors' names.

    Django's prefetch takes four times as long for ten essays.
    """
    authors = defaultdict(list)
    rows = Authorship.objects.filter(essay__in=essays).select_related(None).select_related("author")
    for authorship in rows.only("essay", "author__name", "author__username"):
        authors[authorship.essay_id].append(authorship.author)
    for essay in essays:
        essay.bylines = authors[essay.pk]
