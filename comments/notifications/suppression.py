"""The suppression list: addresses that bounce permanently, or several times in a month, get no more emails."""

import re
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from comments.models import Address, Notice
from comments.models.subscription import PROBLEM_ROOM

MAX_BOUNCES = 3
BOUNCE_WINDOW = timedelta(days=30)
# RFC 3463: no such mailbox or host (not a problem with the sender's address, 5.1.7 and 5.1.8), a closed mailbox, no
# route. A full mailbox, a policy or a long delay may be temporary.
PERMANENT = re.compile(r"5\.(1\.(0|1|2|3|4|6|9|10)|2\.1|4\.[14])")


def is_permanent(status: str) -> bool:
    """Return whether an RFC 3463 status code means that the address will never get emails."""
    return PERMANENT.fullmatch(status) is not None


@transaction.atomic
def record_bounce(email: str, status: str, message: str) -> bool:
    """Count a bounce whose notice is already marked; return whether the address is suppressed now."""
    address = Address.objects.select_for_update().filter(email=email).first()
    if address is None:
        return False  # an author's or moderator's: only the notice shows it
    now = timezone.now()
    recent = Notice.objects.filter(email=email, state=Notice.State.BOUNCED, changed__gt=now - BOUNCE_WINDOW).count()
    address.bounces, address.bounced = min(address.bounces + 1, recent), now
    address.problem = message
    is_suppressed = is_permanent(status) or address.bounces >= MAX_BOUNCES
    if is_suppressed and address.suppressed is None:
        address.suppressed = now
    address.save(update_fields=["bounces", "bounced", "problem", "suppressed"])
    return is_suppressed


def suppress(email: str, message: str) -> None:
    """Stop all emails to an address; `message` says why."""
    Address.objects.filter(email=email, suppressed=None).update(suppressed=timezone.now(), problem=message)


def one_line(value: object) -> str:
    """Return a server's message as one printable line of limited length."""
    line = " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())
    return "".join(character for character in line if character.isprintable())[:PROBLEM_ROOM]
