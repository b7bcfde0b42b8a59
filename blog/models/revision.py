"""Complete copies of an essay's text, one for each save, to read, compare and restore."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from blog import markup
from blog.models.essay import Essay, EssayQuerySet
from blog.models.typesetting import typeset
from blog.slugs import tidy_slug

NOTES_SECTION = re.compile(r'<section [^>]*role="doc-endnotes"[^>]*>')
TEXT_FIELDS = ("title", "deck", "body", "excerpt", "slug")


@dataclass(frozen=True)
class Text:
    """The written parts of an essay, as opposed to its settings."""

    title: str = ""
    deck: str = ""
    body: str = ""
    excerpt: str = ""
    slug: str = ""
    tags: tuple[str, ...] = ()

    @classmethod
    def from_essay(cls, essay: Essay) -> "Text":
        tags = sorted(tag.name for tag in essay.tags.all()) if essay.pk else []
        return cls(**{name: getattr(essay, name) for name in TEXT_FIELDS}, tags=tuple(tags))

    def cleaned(self) -> "Text":
        """Return the text cleaned for storage."""
        return Text(
            title=markup.tidy_line(self.title),
            deck=markup.tidy_line(self.deck),
            body=markup.clean_essay(self.body),
            excerpt=markup.tidy_text(self.excerpt).strip(),
            slug=tidy_slug(self.slug),
            tags=tuple(sorted(set(self.tags))),
        )

    @property
    def lines(self) -> list[str]:
        """The values of all fields of the text but the tags."""
        return [getattr(self, name) for name in TEXT_FIELDS]

    @property
    def fingerprint(self) -> str:
        """Return a hash of the text without tags and slug, which may change without it."""
        words = "\0".join((self.title, self.deck, self.body, self.excerpt))
        return hashlib.sha256(words.encode()).hexdigest()[:32]

    @property
    def rendered(self) -> SafeString:
        """Render the body for a page with several texts; its notes are no landmark there for screen readers."""
        html = NOTES_SECTION.sub("<div>", markup.render(typeset(self.body) or self.body, f"t{self.fingerprint[:8]}-"))
        if html.endswith("</section>"):
            html = f"{html.removesuffix('</section>')}</div>"
        return mark_safe(html)  # noqa: S308 – cleaned when it was saved

    def apply_to(self, essay: Essay) -> Essay:
        """Set an essay's fields to the text and return the essay; saving it and its tags is up to the caller."""
        for name in TEXT_FIELDS:
            setattr(essay, name, getattr(self, name) or (essay.slug if name == "slug" else ""))
        essay.word_count = markup.count_words(essay.body)
        essay.typeset = typeset(essay.body)
        return essay


class RevisionQuerySet(models.QuerySet["Revision"]):
    def saved_from(self, tab: str, author: Any) -> "Revision | None":
        """Return the newest revision that a form saved: if it sends its text again, it did not get the answer."""
        return self.filter(author=author, tab=tab).newest() if tab else None

    def newest(self) -> "Revision | None":
        return self.order_by("-pk").first()

    def public(self, essay: Essay | models.OuterRef, now: Any = None) -> Self:
        """Return the revisions of an essay that readers can or could see, newest first."""
        return self.filter(essay=essay, public_from__lte=now or timezone.now()).order_by("-pk")

    def annotate_shown(self, essays: EssayQuerySet, now: Any) -> EssayQuerySet:
        """Add `revision`, the key of the one that readers see; None if there is none, as after an import."""
        newest = self.public(models.OuterRef("pk"), now).values("pk")[:1]
        return essays.annotate(revision=models.Subquery(newest))  # type: ignore[no-redef]

    def for_list(self) -> Self:
        """Return the revisions newest first, with their authors but without their long texts."""
        return self.select_related("author").defer("body", "excerpt").order_by("-pk")


class Revision(models.Model):
    """A complete copy of an essay's text, and what created it."""

    class Kind(models.TextChoices):
        SAVE = "save", _("saved")
        PUBLISH = "publish", _("published")
        RESTORE = "restore", _("restored")
        DRAFT = "draft", _("unpublished")

    essay = models.ForeignKey(Essay, models.CASCADE, related_name="revisions", verbose_name=_("essay"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="revisions",
        verbose_name=_("author"),
    )
    kind = models.CharField(_("type"), max_length=7, choices=Kind.choices, default=Kind.SAVE)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    title = models.CharField(_("title"), max_length=300, blank=True)
    deck = models.CharField(_("subtitle"), max_length=300, blank=True)
    body = models.TextField(_("body"), blank=True)
    excerpt = models.TextField(_("excerpt"), blank=True)
    slug = models.CharField(_("slug"), max_length=200, blank=True)
    tags = models.JSONField(_("tags"), default=list)
    word_count = models.PositiveIntegerField(_("words"), default=0)
    essay_fingerprint = models.CharField(max_length=32, blank=True, editable=False)  # of its text then
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    is_public_note = models.BooleanField(_("shown to readers"), default=False)
    # When readers could first see the text, None if they never can. Some versions have the same text and number.
    public_from = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(_("version"), null=True, editable=False)
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False, db_default=False, editable=False)
    tab = models.CharField(max_length=40, blank=True, editable=False)  # key of the form that saved it: see Draft.tab

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.essay_id}/{self.pk}"

    @property
    def text(self) -> Text:
        return Text(**{name: getattr(self, name) for name in TEXT_FIELDS}, tags=tuple(self.tags))
