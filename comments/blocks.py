"""Who is trusted, held always or kept out: put down, taken back, and said in words."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Commenter, User
from comments.models import Block


def told(block: Block) -> str:
    """What whoever is kept out reads: “You are blocked here until 3 December.” and the moderator's sentence."""
    if block.until is None:
        words = _("You are blocked here: what you write is not taken.")
    else:
        local = timezone.localtime(block.until)
        is_midnight = (local.hour, local.minute) == (0, 0)
        moment = date_format(local, "DATE_FORMAT" if is_midnight else "DATETIME_FORMAT")
        words = _("You are blocked here until %(date)s.") % {"date": moment}
    return f"{words} {block.sentence}".strip()


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
