"""Who speaks: people who log in, and the one row that stands for anybody who ever left a word."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

EMAIL_ROOM = 100


def email_with_room(email: str) -> str:
    """An address if it fits a Commenter's row: the half of one may be somebody else's."""
    return email if len(email) <= EMAIL_ROOM else ""


class UserManager(DjangoUserManager["User"]):
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **rest: Any
    ) -> Any:
        """An address that the owner typed on the server counts as proved: there may be no mail yet to prove it by."""
        user = super().create_superuser(username, email, password, **rest)
        user.prove_address()
        return user

    def with_login(self, login: str) -> models.QuerySet["User"]:
        """The account with this user name; if there is none, those with this email address."""
        named = self.filter(username=login)
        if named.exists():
            return named
        proved = models.Q(emailaddress__email__iexact=login, emailaddress__verified=True)
        return self.filter(models.Q(email__iexact=login) | proved).distinct().order_by("username")


class QueueMail(models.TextChoices):
    """How often a moderator is emailed about the queue."""

    SITE = "site", _("site default")
    EACH = "each", _("immediately")
    HOURLY = "hourly", _("once an hour")
    DAILY = "daily", _("once a day")
    NONE = "none", _("never")

    @classmethod
    def of_site(cls) -> list[tuple[str, Any]]:
        """The choices that the site itself has."""
        return [(value, label) for value, label in cls.choices if value != cls.SITE]


class User(AbstractUser):
    """Somebody with a log-in. One name, as they write it, since not everybody has a first and a last one."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=245, blank=True, help_text=_("Shown with essays and comments."))
    queue_mail = models.CharField(
        _("moderation emails"), max_length=6, choices=QueueMail.choices, default=QueueMail.SITE
    )

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    def get_absolute_url(self) -> str:
        from django.urls import reverse

        return reverse("author", args=[self.username])

    def prove_address(self) -> None:
        """Record the address on this row as this person's own, proved."""
        if self.email:
            self.emailaddress_set.exclude(email__iexact=self.email).update(primary=False)
            self.emailaddress_set.update_or_create(
                email=self.email.lower(), defaults={"verified": True, "primary": True}
            )


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


class Invitation(models.Model):
    """Somebody whom the owner asked to write or keep order here, until they come or it is withdrawn."""

    class Role(models.TextChoices):
        AUTHOR = "Authors", _("Author: writes essays")
        MODERATOR = "Moderators", _("Moderator: approves or rejects comments")

    email = models.EmailField(_("email"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=245)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="invitations", verbose_name=_("invited by")
    )
    nonce = models.CharField(max_length=22, editable=False)  # of the link that was mailed last; others are void
    sent = models.DateTimeField(_("invited"), editable=False)
    mailed = models.DateTimeField(_("emailed"), null=True, editable=False)
    error = models.TextField(_("last error"), blank=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"
