"""The search index: one row for each essay, note of an essay and approved comment."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.IntegerChoices):
    """The kind of a text. Higher kinds come first when results are sorted by relevance."""

    COMMENT = 1, _("Comment")
    NOTE = 2, _("Note")
    ESSAY = 3, _("Essay")


# A key has the kind in its highest bits, then the time in seconds, then a number: sorted by key, texts are sorted by
# kind and time, which both databases do without reading a row.
TIME_BITS, NUMBER_BITS = 33, 28
EPOCH = 2_208_988_800  # seconds from 1900 to 1970


class TokensField(models.TextField[str, str]):
    """Tokens separated by spaces: a `tsvector` in PostgreSQL, plain text in SQLite, whose FTS5 table reads it."""

    def db_type(self, connection: Any) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"


class Entry(models.Model):
    """One text. `search.indexing` puts its kind and time into its key."""

    id = models.BigIntegerField(primary_key=True)
    essay = models.BigIntegerField()  # primary key of the essay, whose own entry has the title for all its texts
    number = models.BigIntegerField(default=0)  # of a note on its essay, or the primary key of a comment
    authors = models.CharField(max_length=500, blank=True)  # keys, which the people in search.sources turn into names
    language = models.CharField(max_length=12, blank=True)
    is_page = models.BooleanField(default=False)
    tags = models.TextField(blank=True)  # of an essay, one on a line: slug, tab, name
    title = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=500)
    text = models.TextField(blank=True)
    tokens = TokensField(blank=True)  # last, as SQLite reads a row up to the last column that is needed

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        indexes = (  # and those in migration 0002, which differ by database
            models.Index(fields=["authors"], name="search_entry_by"),
            models.Index(
                fields=["language"],
                condition=models.Q(id__gte=Kind.ESSAY << (TIME_BITS + NUMBER_BITS)),
                name="search_entry_languages",
            ),
        )

    def __str__(self) -> str:
        return self.title or self.address

    @property
    def kind(self) -> Kind:
        return Kind(self.id >> (TIME_BITS + NUMBER_BITS))
