"""Unsaved text and settings of essays, stored while they are typed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models.essay import Essay
from blog.models.revision import TEXT_FIELDS, Text


class Draft(models.Model):
    """Unsaved text and settings of an author's form: one row for each browser tab in which it was typed."""

    essay = models.ForeignKey(Essay, models.CASCADE, null=True, blank=True, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    tab = models.CharField(max_length=40, blank=True)  # key of the browser tab
    save_count = models.PositiveIntegerField(default=0)  # how often the tab has sent it
    base = models.CharField(max_length=60, blank=True)  # version of the text it began from: see blog.writing.revisions
    fields = models.JSONField(default=dict)
    # Changed settings by the name of the form's field: the saved value, the typed value and its label.
    settings = models.JSONField(default=dict, blank=True)
    changed = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("unsaved draft")
        verbose_name_plural = _("unsaved drafts")
        constraints = (
            models.UniqueConstraint(
                fields=["author", "essay", "tab"], condition=models.Q(essay__isnull=False), name="draft_of_essay"
            ),
            models.UniqueConstraint(fields=["author", "tab"], condition=models.Q(essay=None), name="draft_of_new"),
        )

    def __str__(self) -> str:
        return str(self.fields.get("title") or _("(no title)"))

    @property
    def text(self) -> Text:
        """Return the stored fields as a text."""
        lines: dict[str, Any] = {name: str(self.fields.get(name, "")) for name in TEXT_FIELDS}
        return Text(**lines, tags=tuple(self.fields.get("tags", ())))
