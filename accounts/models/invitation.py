"""Invitations to become an author or moderator."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User


class Invitation(models.Model):
    """An invitation to become an author or moderator, until it is accepted or withdrawn."""

    class Role(models.TextChoices):
        AUTHOR = "Authors", _("Author: writes essays")
        MODERATOR = "Moderators", _("Moderator: approves or rejects comments")

    email = models.EmailField(_("email"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=245)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="invitations", verbose_name=_("invited by")
    )
    nonce = models.CharField(max_length=22, editable=False)  # of the last link sent; earlier ones are invalid
    sent = models.DateTimeField(_("invited"), editable=False)
    emailed = models.DateTimeField(_("emailed"), null=True, editable=False)
    error = models.TextField(_("last error"), blank=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"
