"""What the spam filter has learnt: hashes and weights, no words."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from comments.spam import ENOUGH, Filter, in_hundredths


class SpamModelManager(models.Manager["SpamModel"]):
    def current(self) -> "SpamModel":
        """The one row with all it was taught, or what a new site starts with."""
        return self.first() or SpamModel(pk=1)

    def described(self) -> str:
        """What it knows, and where it draws the line, for the owner."""
        row = self.defer("lessons").first() or SpamModel(pk=1)
        if not row.weights:
            return row.knowledge()
        line = Filter.unpacked(bytes(row.weights)).threshold
        return " ".join(
            (row.knowledge(), gettext("Its automatic threshold is %(line).2f.") % {"line": in_hundredths(line)})
        )

    def settle(self, **fields: Any) -> None:
        """Write these fields into the one row, made if there is none."""
        self.bulk_create(
            [SpamModel(pk=1, changed=timezone.now(), **fields)],
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=["changed", *fields],
        )


class SpamModel(models.Model):
    """One row: the weights that judge, and the lessons from files that every new fit starts with."""

    weights = models.BinaryField(default=bytes)
    stamp = models.CharField(max_length=16, blank=True, editable=False)
    lessons = models.BinaryField(default=bytes)
    taught = models.PositiveIntegerField(_("trainings"), default=0, editable=False)
    taught_with = models.PositiveIntegerField(null=True, editable=False)  # of those times, how many the weights know
    spam = models.PositiveIntegerField(_("spam from files"), default=0, editable=False)
    good = models.PositiveIntegerField(_("good comments from files"), default=0, editable=False)
    decided = models.CharField(_("decisions learned"), max_length=16, blank=True, editable=False)
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

    def knowledge(self) -> str:
        """How much it knows, and whether that is enough."""
        counts = {"spam": self.spam + self.decided_spam, "good": self.good + self.decided_good, "enough": ENOUGH}
        if min(counts["spam"], counts["good"]) < ENOUGH:
            words = gettext(
                "The filter has learned from %(spam)d spam and %(good)d good comments. Until it has %(enough)d of "
                "each, it holds only comments that are almost certainly spam."
            )
        else:
            words = gettext("The filter has learned from %(spam)d spam and %(good)d good comments.")
        return words % counts
