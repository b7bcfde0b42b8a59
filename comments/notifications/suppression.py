"""Addresses whose server takes no mail for them: given up at once when nobody is there, else after a few failures."""

import re
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from comments.models import Address, Notice
from comments.models.subscription import PROBLEM_ROOM

MOST = 3
WITHIN = timedelta(days=30)
# RFC 3463: no such mailbox or host (but for what is wrong with the sender's address, 5.1.7 and 5.1.8), a mailbox that
# is closed, no way there. A full mailbox, a policy, or a delay that was too long may be over tomorrow.
FOR_GOOD = re.compile(r"5\.(1\.(0|1|2|3|4|6|9|10)|2\.1|4\.[14])")


def is_for_good(status: str) -> bool:
    return FOR_GOOD.fullmatch(status) is not None


@transaction.atomic
def count(email: str, status: str, said: str) -> bool:
    """A mail to this address, already marked as one that came back, did so; whether the address is given up now."""
    address = Address.objects.select_for_update().filter(email=email).first()
    if address is None:
        return False  # of those who write or keep order here: the notice itself says it
    now = timezone.now()
    lately = Notice.objects.filter(email=email, state=Notice.State.BOUNCED, changed__gt=now - WITHIN).count()
    address.bounces, address.bounced = min(address.bounces + 1, lately), now
    address.problem = said
    is_given_up = is_for_good(status) or address.bounces >= MOST
    if is_given_up and address.refused is None:
        address.refused = now
    address.save(update_fields=["bounces", "bounced", "problem", "refused"])
    return is_given_up


def give_up(email: str, said: str) -> None:
    Address.objects.filter(email=email, refused=None).update(refused=timezone.now(), problem=said)


def tidy(value: object) -> str:
    """What a server said, as one line that can be stored and shown."""
    line = " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())
    return "".join(sign for sign in line if sign.isprintable())[:PROBLEM_ROOM]
