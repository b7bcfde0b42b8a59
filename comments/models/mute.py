"""People whose comments are collapsed for a logged-in reader."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter


class MuteQuerySet(models.QuerySet["Mute"]):
    def merge(self, old: Commenter, new: Commenter) -> None:
        """Move the mutes by and of one person to another, without duplicates and without a mute of oneself."""
        for mute in self.filter(Q(commenter=old.pk) | Q(muted=old.pk)):
            by, of = (new.pk if pk == old.pk else pk for pk in (mute.commenter_id, mute.muted_id))
            if by == of or self.filter(commenter=by, muted=of).exists():
                mute.delete()
            else:
                self.filter(pk=mute.pk).update(commenter=by, muted=of)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete a person's mutes, by and of them."""
        self.filter(Q(commenter=commenter) | Q(muted=commenter)).delete()


class Mute(models.Model):
    """A person muted by a logged-in reader; a guest's mutes are in a cookie."""

    commenter = models.ForeignKey(
        Commenter, models.CASCADE, related_name="mutes", db_index=False, verbose_name=_("muted by")
    )
    muted = models.ForeignKey(Commenter, models.CASCADE, related_name="muted_by", verbose_name=_("muted person"))
    created = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    objects = MuteQuerySet.as_manager()

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        constraints = (
            models.UniqueConstraint(fields=["commenter", "muted"], name="mute_once"),
            models.CheckConstraint(condition=~Q(commenter=F("muted")), name="mute_of_another"),
        )

    def __str__(self) -> str:
        return f"{self.commenter} → {self.muted}"
