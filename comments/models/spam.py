"""Storage of the spam filter: hashed features and weights, no text."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SpamModelManager(models.Manager["SpamModel"]):
    def current(self) -> "SpamModel":
        """Return the one row, or an untrained one for a new site."""
        return self.first() or SpamModel(pk=1)

    def save_fields(self, **fields: Any) -> None:
        """Write these fields to the one row, creating it if necessary."""
        self.bulk_create(
            [SpamModel(pk=1, changed=timezone.now(), **fields)],
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=["changed", *fields],
        )


class SpamModel(models.Model):
    """One row: the weights in use, and the training examples from files that every new fit includes."""

    weights = models.BinaryField(default=bytes)
    stamp = models.CharField(max_length=16, blank=True, editable=False)
    examples = models.BinaryField(default=bytes)
    training_count = models.PositiveIntegerField(_("training runs"), default=0, editable=False)
    fitted_training_count = models.PositiveIntegerField(
        null=True, editable=False
    )  # how many of them the weights include
    spam = models.PositiveIntegerField(_("spam imported from files"), default=0, editable=False)
    good = models.PositiveIntegerField(_("good comments imported from files"), default=0, editable=False)
    decided = models.CharField(_("decisions learned from"), max_length=16, blank=True, editable=False)
    decided_spam = models.PositiveIntegerField(_("marked as spam by moderators"), default=0, editable=False)
    decided_good = models.PositiveIntegerField(_("approved by moderators"), default=0, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = SpamModelManager()

    class Meta:
        verbose_name = _("spam filter")
        verbose_name_plural = _("spam filter")
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="spam_model_is_one_row"),)

    def __str__(self) -> str:
        return str(_("Spam filter"))
