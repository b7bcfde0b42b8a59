"""The owner's own rules: conditions, and what happens where all of them hold."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Rule(models.Model):
    """Tried in order; the first that is on and whose conditions all hold decides."""

    class Action(models.TextChoices):
        PUBLISH = "publish", _("publish it")
        HOLD = "hold", _("hold it for a moderator")
        SPAM = "spam", _("put it under Spam")
        REFUSE = "refuse", _("send it back with a sentence")

    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(
        _("order"), default=0, help_text=_("The smallest number is tried first; what the first decides is decided.")
    )
    is_on = models.BooleanField(_("on"), default=False)
    action = models.CharField(_("then"), max_length=7, choices=Action.choices, default=Action.HOLD)
    sentence = models.TextField(
        _("sentence"), blank=True, max_length=500, help_text=_("What the writer is told when it is sent back.")
    )
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name


class Condition(models.Model):
    """One thing that must be so."""

    class Kind(models.TextChoices):
        LINKS = "links", _("at least … links")
        WORDS = "words", _("one of the words …")
        PATTERN = "pattern", _("matches the pattern …")
        EARLY = "early", _("among a person’s first … comments")
        NEW_ACCOUNT = "account", _("by somebody known here for less than … days")
        OLD_ESSAY = "essay", _("on an essay at least … days old")
        LANGUAGE = "language", _("in the language …")
        LONGER = "longer", _("longer than … characters")
        SHORTER = "shorter", _("shorter than … characters")
        CAPITALS = "capitals", _("at least … % capitals")
        REPEATED = "repeated", _("the same text was posted within … days before")
        ADDRESS = "address", _("from an address, domain or network: …")
        DISPOSABLE = "disposal", _("from an address made to be thrown away")
        LIKENESS = "likeness", _("at least … % like spam")
        REPORTED = "reported", _("reported at least … times")

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="conditions", verbose_name=_("rule"))
    kind = models.CharField(_("condition"), max_length=8, choices=Kind.choices)
    value = models.TextField(_("value"), blank=True, max_length=5000)
    is_not = models.BooleanField(_("not"), default=False)
    stopped = models.DateTimeField(_("stopped"), null=True, editable=False)  # the last time its pattern took too long
    stops = models.PositiveIntegerField(_("times stopped"), default=0, editable=False)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ("pk",)

    def __str__(self) -> str:
        """“fewer than 2 links”"""
        from comments.screening import rules_in_words

        return rules_in_words.condition(self.kind, self.value, self.is_not)
