"""People, email addresses and networks that are trusted, always held or blocked."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_network(text: str) -> Network | None:
    """Parse an IP address or network in any notation; return None if it is neither.

    An IPv4 address in IPv6 notation becomes IPv4; in a network larger than all of them it is a mistake.
    """
    try:
        entered = ipaddress.ip_interface(text.strip())
    except ValueError:
        return None
    mapped = entered.ip.ipv4_mapped if isinstance(entered, ipaddress.IPv6Interface) else None
    if mapped is None:
        return entered.network
    bits = entered.network.prefixlen - 96
    return ipaddress.ip_network((mapped, bits), strict=False) if bits >= 0 else None


@lru_cache(1000)
def enclosing_networks(address: str) -> list[str]:
    """Every network that contains an address, the address itself first."""
    network = parse_network(address)
    if network is None:
        return []
    return [str(network), *(str(network.supernet(new_prefix=bits)) for bits in range(network.prefixlen - 1, -1, -1))]


class BlockQuerySet(models.QuerySet["Block"]):
    def active(self, now: Any = None) -> Self:
        return self.filter(Q(until=None) | Q(until__gt=now or timezone.now()))

    def matching(self, commenter: Commenter, address: str) -> Self:
        """Blocks that apply to a person at an IP address, most specific first: person, verified email address, network.

        Of two equally specific ones the stricter comes first.
        """
        return self.applying(commenter.pk, commenter.user_id, enclosing_networks(address))

    def applying(self, commenter: Any, user: Any, networks: Sequence[Any], now: Any = None) -> Self:
        """The same for primary keys, None if there is none, and networks; each may be a Parameter."""
        applies = Q(network__in=networks) & ~Q(network="")
        if commenter:
            applies |= Q(commenter=commenter)
        if user:
            verified = EmailAddress.objects.filter(user=user, verified=True)
            applies |= ~Q(email="") & Q(email__in=verified.values(lower=Lower("email")))
        rank = Case(When(commenter__isnull=False, then=0), When(email="", then=2), default=1)
        strictness = Case(When(kind="block", then=0), When(kind="hold", then=1), default=2)
        return self.active(now).filter(applies).order_by(rank, strictness, "-pk")


class BlockManager(models.Manager.from_queryset(BlockQuerySet)):  # type: ignore[misc]
    def merge(self, old: Commenter, new: Commenter) -> None:
        """Give one person's blocks to the account that they are merged into."""
        self.filter(commenter=old.pk).update(commenter=new)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete a person's blocks; blocked email addresses and networks identify no one and remain."""
        self.filter(commenter=commenter).delete()


class Block(models.Model):
    """A person, email address or network whose comments are published, held or rejected whatever the rules say."""

    class Kind(models.TextChoices):
        TRUST = "trust", _("always publish")
        HOLD = "hold", _("always hold")
        BLOCK = "block", _("block")

    kind = models.CharField(_("action"), max_length=5, choices=Kind.choices, default=Kind.BLOCK)
    commenter = models.ForeignKey(
        Commenter, models.CASCADE, null=True, blank=True, related_name="blocks", verbose_name=_("person")
    )
    email = models.EmailField(_("verified email address"), blank=True)
    network = models.CharField(_("IP network"), max_length=43, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Leave empty for no end date."))
    sentence = models.CharField(_("message to the person"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=1000, help_text=_("Visible to moderators only."))
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("set by")
    )
    created = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects = BlockManager()

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("trusted, held and blocked people")
        constraints = (
            models.CheckConstraint(
                condition=Q(commenter__isnull=False) | ~Q(email="") | ~Q(network=""), name="block_is_of_somebody"
            ),
        )
        indexes = (
            models.Index(fields=["email"], condition=~Q(email=""), name="block_by_email"),
            models.Index(fields=["network"], condition=~Q(network=""), name="block_by_network"),
        )

    @property
    def is_active(self) -> bool:
        return self.until is None or self.until > timezone.now()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.commenter or self.email or self.network}"
