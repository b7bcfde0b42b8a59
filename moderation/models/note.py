"""Notes about people, visible to moderators only."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter


class NoteManager(models.Manager["Note"]):
    def merge(self, old: Commenter, new: Commenter) -> None:
        """Move the notes about `old` to `new`."""
        self.filter(commenter=old.pk).update(commenter=new)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete the notes about a commenter; `addresses` is what other models need."""
        self.filter(commenter=commenter).delete()


class Note(models.Model):
    commenter = models.ForeignKey(Commenter, models.CASCADE, related_name="notes", verbose_name=_("about"))
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("added by")
    )
    text = models.TextField(_("note"), max_length=2000)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = NoteManager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.text[:60]
