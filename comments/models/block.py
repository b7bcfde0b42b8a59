"""People and places that are treated apart: trusted, held always, or kept out."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter


class BlockManager(models.Manager["Block"]):
    def join(self, old: Commenter, new: Commenter) -> None:
        """What is said of one of two, who are one person, is said of the other."""
        self.filter(commenter=old.pk).update(commenter=new)

    def forget(self, commenter: Commenter, *, words_stay: bool, addresses: list[str]) -> None:
        """Nobody is treated apart any more; an address or a network that is blocked names nobody and stays so."""
        self.filter(commenter=commenter).delete()


class Block(models.Model):
    """Whose comments are published, held or refused whatever the rules say; by person, proved address or network."""

    class Kind(models.TextChoices):
        TRUST = "trust", _("always publish")
        HOLD = "hold", _("always hold")
        BLOCK = "block", _("block")

    kind = models.CharField(_("what"), max_length=5, choices=Kind.choices, default=Kind.BLOCK)
    commenter = models.ForeignKey(
        Commenter, models.CASCADE, null=True, blank=True, related_name="blocks", verbose_name=_("person")
    )
    email = models.EmailField(_("proved address"), blank=True)
    network = models.CharField(_("network"), max_length=43, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: for good."))
    sentence = models.CharField(_("told to the person"), max_length=300, blank=True)
    why = models.TextField(_("why"), blank=True, max_length=1000, help_text=_("Between moderators."))
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("by")
    )
    created = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = BlockManager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = (
            models.CheckConstraint(
                condition=Q(commenter__isnull=False) | ~Q(email="") | ~Q(network=""), name="block_is_of_somebody"
            ),
        )
        indexes = (
            models.Index(fields=["email"], condition=~Q(email=""), name="block_by_email"),
            models.Index(fields=["network"], condition=~Q(network=""), name="block_by_network"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.commenter or self.email or self.network}"
