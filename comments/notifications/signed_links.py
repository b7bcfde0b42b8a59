"""The signed addresses that mails end with: each does one thing, says nothing by itself, and acts on POST alone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User
from comments.models import Address, Comment, Subscription
from comments.models.subscription import WAITS_FOR

CONFIRM, ALL, STOP, DAILY = (f"comments.{purpose}" for purpose in ("confirm", "subscriptions", "stop", "daily"))
DECIDE, APPEAL = "comments.decide", "comments.appeal"
DECIDES_FOR, APPEALS_FOR = timedelta(days=7), timedelta(days=60)


@dataclass(frozen=True)
class Decidable:
    """What a link to decide by is good for: one comment as it stood, in one wording, and one person."""

    comment: int
    user: int
    wording: int | None
    status: str


def to_confirm(address: Address) -> str:
    return _made("confirm-subscriptions", signing.dumps(address.pk, salt=CONFIRM))


def to_all(address: Address) -> str:
    """Everything that an address follows. Good for as long as the mail is kept that it stands in."""
    return _made("subscriptions-of", signing.dumps(address.pk, salt=ALL))


def to_stop(subscription: Subscription) -> str:
    return _made("stop-subscription", signing.dumps(subscription.pk, salt=STOP))


def to_stop_daily(address: Address) -> str:
    return _made("stop-daily", signing.dumps(address.pk, salt=DAILY))


def to_decide(comment: Comment, user: User) -> str:
    """For whoever it is mailed to, logged in or not; what is asked of them stands behind it, as `?do=`."""
    said = [comment.pk, user.pk, comment.wording_id, comment.status]
    return _made("decide-by-mail", signing.dumps(said, salt=DECIDE))


def to_appeal(comment: Comment) -> str:
    """For the writer of a comment that was refused, whom a browser may not know any more."""
    token = signing.dumps(comment.pk, salt=APPEAL)
    return f"{settings.SITE_URL}{reverse('appeal-comment', args=[comment.pk])}?by={token}"


def deciding(token: str) -> Decidable | None:
    """Raises SignatureExpired when it once was one."""
    try:
        return Decidable(*signing.loads(token, salt=DECIDE, max_age=DECIDES_FOR))
    except signing.SignatureExpired:
        raise
    except (signing.BadSignature, TypeError):
        return None


def appealing(token: str) -> int | None:
    found: int | None = _read(token, APPEAL, APPEALS_FOR)
    return found


def confirming(token: str) -> Address | None:
    return Address.objects.filter(pk=_read(token, CONFIRM, WAITS_FOR)).first()


def all_of(token: str) -> Address | None:
    return Address.objects.filter(pk=_read(token, ALL)).first()


def stopping(token: str) -> Subscription | None:
    rows = Subscription.objects.select_related("address", "essay", "comment__essay", "comment__commenter", "commenter")
    return rows.filter(pk=_read(token, STOP)).first()


def stopping_daily(token: str) -> Address | None:
    return Address.objects.filter(pk=_read(token, DAILY)).first()


def _made(view: str, token: str) -> str:
    return f"{settings.SITE_URL}{reverse(view, args=[token])}"


def _read(token: str, salt: str, lasts: timedelta | None = None) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=lasts)
    except signing.BadSignature:
        return None
