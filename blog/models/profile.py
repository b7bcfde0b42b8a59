"""An author's public page and time zone."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from blog.models.site import validate_time_zone

MAX_LINKS = 10
FEDIVERSE_HANDLE = re.compile(r"@?(?P<name>[\w.-]+)@(?P<server>(?:[\w-]+\.)+[\w-]{2,})")
FEDIVERSE_URL = re.compile(r"https?://(?P<server>(?:[\w-]+\.)+[\w-]{2,})/(?:@|users/)(?P<name>[\w.-]+)/?")


def validate_links(text: str) -> None:
    """Raise ValidationError for too many or incomplete links in a text with one on each line."""
    lines = text.split()
    if len(lines) > MAX_LINKS:
        raise ValidationError(_("Enter at most %(n)d links."), params={"n": MAX_LINKS})
    for line in lines:
        try:
            URLValidator(schemes=["http", "https"])(line)
        except ValidationError as error:
            raise ValidationError(
                _("“%(line)s” is not a complete URL. Enter one such as https://example.org."), params={"line": line}
            ) from error


def parse_fediverse_handle(typed: str) -> str:
    """Return a handle as `@name@server`, also from a profile's URL. Raises ValidationError."""
    text = typed.strip()
    found = FEDIVERSE_HANDLE.fullmatch(text) or FEDIVERSE_URL.fullmatch(text)
    if not found:
        raise ValidationError(_("Enter a handle with its server, such as @name@mastodon.social."))
    return f"@{found['name']}@{found['server'].lower()}"


def validate_fediverse_handle(text: str) -> None:
    parse_fediverse_handle(text)


class ProfileManager(models.Manager["Profile"]):
    def for_user(self, user: Any) -> "Profile":
        """Return the user's profile, or an unsaved one with the defaults."""
        return self.filter(user=user).first() or Profile(user=user)


class Profile(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile", verbose_name=_("author"), editable=False
    )
    about = models.TextField(
        _("about"), max_length=2000, blank=True, help_text=_("A few sentences about you, shown on your author page.")
    )
    links = models.TextField(
        _("links"),
        max_length=2000,
        blank=True,
        validators=[validate_links],
        help_text=_("Your other sites and profiles, one URL per line."),
    )
    fediverse = models.CharField(
        _("fediverse handle"),
        max_length=200,
        blank=True,
        validators=[validate_fediverse_handle],
        help_text=_("Your account, such as @name@mastodon.social. Mastodon shows it with links to your essays."),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Used for dates and times in the admin."),
    )

    objects = ProfileManager()

    class Meta:
        verbose_name = _("author page")
        verbose_name_plural = _("your author page")

    def __str__(self) -> str:
        return str(self.user)

    @property
    def labeled_links(self) -> list[tuple[str, str]]:
        """Return each link with its label: the address without scheme and `www.`."""
        return [(line, line.partition("://")[2].removeprefix("www.").rstrip("/")) for line in self.links.split()]
