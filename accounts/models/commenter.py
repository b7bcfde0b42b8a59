"""Commenters: one row for each guest and each user who has commented."""

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User

MAX_EMAIL_LENGTH = 100


def email_if_it_fits(email: str) -> str:
    """Return the address, or "" if it is too long for the column: a cut one could belong to another person."""
    return email if len(email) <= MAX_EMAIL_LENGTH else ""


class CommenterQuerySet(models.QuerySet["Commenter"]):
    def for_user(self, user: User) -> "Commenter":
        """Return the user's commenter, creating it at the first login."""
        if commenter := getattr(user, "commenter", None):
            return commenter  # type: ignore[no-any-return]
        name = user.get_full_name()
        defaults = {"name": name, "email": email_if_it_fits(user.email), "verified": True}
        return self.get_or_create(user=user, defaults=defaults)[0]

    def lock_for_update(self, commenter: "Commenter") -> bool:
        """Lock the commenter's row, save a changed website, and return whether the row still exists."""
        if commenter.has_unsaved_changes:
            return bool(self.filter(pk=commenter.pk).update(website=commenter.website, changed=commenter.changed))
        return bool(self.for_update(commenter.pk).values_list("pk"))

    def for_update(self, pk: Any) -> Self:
        """Select a commenter's row and lock it; also usable as a subquery."""
        return self.filter(pk=pk).select_for_update(no_key=True)

    def guests(self) -> Self:
        return self.filter(user=None)


class Commenter(models.Model):
    """A guest or user who comments. Typing a guest's address claims nothing: it takes their cookie, login or email."""

    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="commenter", verbose_name=_("account")
    )
    name = models.CharField(_("name"), max_length=245)
    email = models.EmailField(
        _("email"), max_length=MAX_EMAIL_LENGTH, blank=True, help_text=_("Never shown to readers.")
    )
    website = models.URLField(_("website"), max_length=200, blank=True)
    verified = models.BooleanField(_("verified"), default=False, editable=False)
    mark = models.CharField(
        _("verified through"),
        max_length=300,
        blank=True,
        editable=False,
        help_text=_("The connected account, such as “X: @name”."),
    )
    profile = models.URLField(_("profile"), max_length=500, blank=True, editable=False)
    # The key of the files that accounts.profiles.avatars stores.
    picture = models.CharField(_("picture"), max_length=64, blank=True, editable=False)
    picture_url = models.URLField(max_length=1000, blank=True, editable=False)  # at the provider
    picture_source = models.URLField(max_length=1000, blank=True, editable=False)  # the current one's URL
    has_chosen_picture = models.BooleanField(default=False, editable=False)  # or removed theirs
    has_lost_picture = models.BooleanField(_("picture removed"), default=False, editable=False)  # by a moderator
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    has_unsaved_changes = False  # whether the next comment saves the website on this object

    objects = CommenterQuerySet.as_manager()

    class Meta:
        verbose_name = _("commenter")
        verbose_name_plural = _("commenters")
        indexes = (
            models.Index(fields=["email", "name"], name="commenter_as_typed"),
            # Without this, SQLite's statistics count the many guests, and it never uses the index of `user`.
            models.Index(fields=["user"], condition=models.Q(user__isnull=False), name="commenter_with_user"),
        )

    def __str__(self) -> str:
        return self.name
