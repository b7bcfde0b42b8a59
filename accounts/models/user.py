"""Users: people who log in."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(DjangoUserManager["User"]):
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **rest: Any
    ) -> Any:
        """Create an owner whose address counts as verified: email may not be set up yet."""
        user = super().create_superuser(username, email, password, **rest)
        user.verify_address()
        return user

    def with_login(self, login: str) -> models.QuerySet["User"]:
        """Select the user with this username or, if there is none, the users with this email address."""
        by_username = self.filter(username=login)
        if by_username.exists():
            return by_username
        is_verified = models.Q(emailaddress__email__iexact=login, emailaddress__verified=True)
        return self.filter(models.Q(email__iexact=login) | is_verified).distinct().order_by("username")


class QueueMail(models.TextChoices):
    """How often a moderator is emailed about the queue."""

    SITE = "site", _("site default")
    EACH = "each", _("immediately")
    HOURLY = "hourly", _("once an hour")
    DAILY = "daily", _("once a day")
    NONE = "none", _("never")

    @classmethod
    def site_choices(cls) -> list[tuple[str, Any]]:
        """Return value and label of the choices for the whole site, without “site default”."""
        return [(value, label) for value, label in cls.choices if value != cls.SITE]


class User(AbstractUser):
    """A person who can log in. There is one name field: not everyone has a first and a last name."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=245, blank=True, help_text=_("Shown with essays and comments."))
    queue_mail = models.CharField(
        _("moderation emails"), max_length=6, choices=QueueMail.choices, default=QueueMail.SITE
    )

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        indexes = (
            models.Index(
                fields=["id"], condition=models.Q(is_staff=True) | models.Q(is_superuser=True), name="user_is_staff"
            ),
        )

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    def verify_address(self) -> None:
        """Mark the user's email address as verified and primary."""
        if self.email:
            self.emailaddress_set.exclude(email__iexact=self.email).update(primary=False)
            self.emailaddress_set.update_or_create(
                email=self.email.lower(), defaults={"verified": True, "primary": True}
            )
