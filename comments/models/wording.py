"""Versions of a comment's text."""

from django.db import models
from django.db.models import Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

BEGINNING = 40  # characters of a text that are indexed


class Beginning(Func):
    """The first characters of a text, the same expression in the query and in its index."""

    template = f"SUBSTR(%(expressions)s, 1, {BEGINNING})"
    output_field = models.TextField()


class Wording(models.Model):
    """One version of a comment's text: as typed, and as HTML cleaned when it was saved."""

    class Format(models.TextChoices):
        MARKDOWN = "markdown", _("Markdown")
        HTML = "html", _("HTML")

    comment = models.ForeignKey("comments.Comment", models.CASCADE, related_name="wordings")
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML as shown"), editable=False)
    format = models.CharField(
        _("format"), max_length=8, choices=Format.choices, default=Format.MARKDOWN, editable=False
    )
    reasons = models.JSONField(_("reasons for holding"), default=list, editable=False)
    network = models.CharField(_("IP network"), max_length=43, blank=True, editable=False)
    submission_key = models.CharField(
        _("submission key"),
        max_length=32,
        blank=True,
        editable=False,
        help_text=_("Used for a day to detect repeated submissions."),
    )
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = (
            models.UniqueConstraint(
                fields=["submission_key"], condition=~Q(submission_key=""), name="wording_sent_once"
            ),
        )
        indexes = (
            models.Index(Beginning("text"), name="wording_begins"),
            models.Index(fields=["network"], condition=~Q(network=""), name="wording_from"),
        )

    def __str__(self) -> str:
        return self.text[:60]
