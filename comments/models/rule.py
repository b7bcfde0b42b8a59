"""The owner's moderation rules: an action, and the conditions that must all match."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Rule(models.Model):
    """A moderation rule. Rules run in order; the first active one whose conditions all match decides."""

    class Action(models.TextChoices):
        PUBLISH = "publish", _("publish it")
        HOLD = "hold", _("hold it for moderation")
        SPAM = "spam", _("mark it as spam")
        REFUSE = "refuse", _("reject it with a message")

    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(
        _("order"), default=0, help_text=_("Rules with lower numbers run first. The first matching rule wins.")
    )
    is_on = models.BooleanField(_("on"), default=False)
    action = models.CharField(_("action"), max_length=7, choices=Action.choices, default=Action.HOLD)
    sentence = models.TextField(
        _("message"), blank=True, max_length=500, help_text=_("Shown to the commenter if the comment is rejected.")
    )
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("moderation rule")
        verbose_name_plural = _("moderation rules")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name


class Condition(models.Model):
    """One condition of a rule."""

    class Kind(models.TextChoices):
        LINKS = "links", _("at least … links")
        WORDS = "words", _("contains one of the words …")
        PATTERN = "pattern", _("matches the pattern …")
        EARLY = "early", _("among a person’s first … comments")
        NEW_ACCOUNT = "account", _("by a person first seen less than … days ago")
        OLD_ESSAY = "essay", _("on an essay at least … days old")
        LANGUAGE = "language", _("in the language …")
        LONGER = "longer", _("longer than … characters")
        SHORTER = "shorter", _("shorter than … characters")
        CAPITALS = "capitals", _("at least …% capital letters")
        REPEATED = "repeated", _("same text posted in the last … days")
        ADDRESS = "address", _("from an email address, domain or network: …")
        DISPOSABLE = "disposal", _("from a disposable email address")
        LIKENESS = "likeness", _("spam score of at least …%")
        REPORTED = "reported", _("reported at least … times")

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="conditions", verbose_name=_("rule"))
    kind = models.CharField(_("condition"), max_length=8, choices=Kind.choices)
    value = models.TextField(_("value"), blank=True, max_length=5000)
    is_not = models.BooleanField(_("not"), default=False)
    stopped = models.DateTimeField(
        _("last timed out"), null=True, editable=False
    )  # the last time its pattern took too long
    stops = models.PositiveIntegerField(_("timeouts"), default=0, editable=False)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}".strip()
