"""Who is trusted, held always or kept out: put down, taken back, and said in words."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Commenter, User
from comments.models import Block
from comments.models.block import network_of

WIDEST = {4: 8, 6: 16}  # what is wider is a good part of everybody


def clean_network(text: str) -> str:
    """As it is kept, in one way of writing. Raises ValidationError."""
    if not text.strip():
        return ""
    network = network_of(text)
    if network is None:
        raise ValidationError(
            _("“%(text)s” is not a network. Enter one such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48.")
            % {"text": text.strip()[:60]}
        )
    if network.prefixlen < WIDEST[network.version]:
        raise ValidationError(
            _("%(network)s is too large. The largest network you can enter is a /%(bits)d.")
            % {"network": network, "bits": WIDEST[network.version]}
        )
    return str(network)


def clean_email(text: str) -> str:
    """In small letters, as it is compared. Raises ValidationError."""
    email = text.strip().lower()
    if email:
        validate_email(email)
    return email


def told(block: Block) -> str:
    """What whoever is kept out reads: “You are blocked here until 3 December.” and the moderator's sentence."""
    if block.until is None:
        words = _("You are blocked from commenting here.")
    else:
        words = _("You are blocked from commenting here until %(date)s.") % {"date": day_of(block.until)}
    return f"{words} {block.sentence}".strip()


def day_of(moment: datetime) -> str:
    """With its hour only where it does not end with a day."""
    local = timezone.localtime(moment)
    return date_format(local, "DATE_FORMAT" if (local.hour, local.minute) == (0, 0) else "DATETIME_FORMAT")


def put(
    kind: str,
    *,
    by: User,
    commenter: Commenter | None = None,
    email: str = "",
    network: str = "",
    until: datetime | None = None,
    sentence: str = "",
    why: str = "",
) -> Block:
    """Treat a person, a proved address or a network apart; what was said of the very same before is replaced."""
    who = {"commenter": commenter, "email": email.lower(), "network": network}
    Block.objects.filter(**who).delete()
    block: Block = Block.objects.create(kind=kind, moderator=by, until=until, sentence=sentence, why=why, **who)
    return block
