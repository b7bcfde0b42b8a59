"""People who comment: one row for each guest and each login."""

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User

EMAIL_ROOM = 100


def email_with_room(email: str) -> str:
    """An address if it fits a Commenter's row: the half of one may be somebody else's."""
    return email if len(email) <= EMAIL_ROOM else ""


class CommenterQuerySet(models.QuerySet["Commenter"]):
    def of(self, user: User) -> "Commenter":
        """The one row that speaks for this log-in, made when it first comes in."""
        if commenter := getattr(user, "commenter", None):
            return commenter  # type: ignore[no-any-return]
        name = user.get_full_name()
        fresh = {"name": name, "email": email_with_room(user.email), "verified": True}
        return self.get_or_create(user=user, defaults=fresh)[0]

    def hold(self, commenter: "Commenter") -> bool:
        """Keep somebody as they are until the transaction ends, with what is new of them; whether they still are."""
        if commenter.has_news:
            return bool(self.filter(pk=commenter.pk).update(website=commenter.website, changed=commenter.changed))
        return bool(self.held(commenter).values_list("pk"))

    def held(self, commenter: "Commenter") -> Self:
        """The row that is kept as it is by whoever asks for it; to be asked for within another question, too."""
        return self.filter(pk=commenter.pk).select_for_update(no_key=True)

    def guests(self) -> Self:
        return self.filter(user=None)


class Commenter(models.Model):
    """Whoever speaks. A guest's typed address claims nothing: only cookie, log-in or a mailed link lead back here."""

    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="commenter", verbose_name=_("account")
    )
    name = models.CharField(_("name"), max_length=245)
    email = models.EmailField(_("email"), max_length=EMAIL_ROOM, blank=True, help_text=_("Never shown to readers."))
    website = models.URLField(_("website"), max_length=200, blank=True)
    verified = models.BooleanField(_("verified"), default=False, editable=False)
    mark = models.CharField(
        _("verified by"),
        max_length=300,
        blank=True,
        editable=False,
        help_text=_("The connected account, such as “X: @name”."),
    )
    profile = models.URLField(_("profile"), max_length=500, blank=True, editable=False)
    picture = models.CharField(
        _("picture"), max_length=64, blank=True, editable=False
    )  # its files: accounts.profiles.avatars
    picture_url = models.URLField(max_length=1000, blank=True, editable=False)  # where the provider has it
    picture_from = models.URLField(max_length=1000, blank=True, editable=False)  # where the one that is shown was
    has_chosen_picture = models.BooleanField(default=False, editable=False)  # their own, or none: not the provider's
    has_lost_picture = models.BooleanField(_("picture removed"), default=False, editable=False)  # by a moderator
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    has_news = False  # whether what is on this object is to be saved with its next word

    objects = CommenterQuerySet.as_manager()

    class Meta:
        verbose_name = _("commenter")
        verbose_name_plural = _("commenters")
        indexes = (
            models.Index(fields=["email", "name"], name="commenter_as_typed"),
            # Most are guests. Where SQLite's statistics count those too, it takes the index of `user` for useless.
            models.Index(fields=["user"], condition=models.Q(user__isnull=False), name="commenter_with_user"),
        )

    def __str__(self) -> str:
        return self.name
