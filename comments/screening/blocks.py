"""Validation, creation and description of trusted, held and blocked people and networks."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Commenter, User
from comments.models import Block
from comments.models.block import parse_network

SHORTEST_PREFIX = {4: 8, 6: 16}  # prefix lengths by IP version; shorter ones match too many people


def clean_network(text: str) -> str:
    """Validate a network and return it in canonical form."""
    if not text.strip():
        return ""
    network = parse_network(text)
    if network is None:
        message = _("“%(text)s” is not an IP address or network. Enter one, such as 203.0.113.7 or 203.0.113.0/24.")
        raise ValidationError(message % {"text": text.strip()[:60]})
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        message = _("%(network)s is too large. The largest network you can enter is a /%(bits)d.")
        raise ValidationError(message % {"network": network, "bits": SHORTEST_PREFIX[network.version]})
    return str(network)


def clean_email(text: str) -> str:
    """Validate an email address and return it in lower case."""
    email = text.strip().lower()
    if email:
        validate_email(email)
    return email


def message_for(block: Block) -> str:
    """The message to a blocked person: that they are blocked, until when, and the moderator's sentence."""
    if block.until is None:
        text = _("You are blocked from commenting here.")
    else:
        text = _("You are blocked from commenting here until %(date)s.") % {"date": format_until(block.until)}
    return f"{text} {block.sentence}".strip()


def format_until(moment: datetime) -> str:
    """Format an end time, without the hour if it is midnight."""
    local = timezone.localtime(moment)
    return date_format(local, "DATE_FORMAT" if (local.hour, local.minute) == (0, 0) else "DATETIME_FORMAT")


def save_block(
    kind: str,
    *,
    by: User,
    commenter: Commenter | None = None,
    email: str = "",
    network: str = "",
    until: datetime | None = None,
    sentence: str = "",
    note: str = "",
) -> Block:
    """Trust, hold or block a person, verified email address or network; an earlier block of it is replaced."""
    target = {"commenter": commenter, "email": email.lower(), "network": network}
    Block.objects.filter(**target).delete()
    block: Block = Block.objects.create(kind=kind, moderator=by, until=until, sentence=sentence, note=note, **target)
    return block
