"""The signed links in emails: each is for one purpose, reveals nothing by itself, and acts only on POST."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.models import User
from comments.models import Address, Comment, Subscription
from comments.models.subscription import WAITS_FOR

CONFIRM, ALL, STOP, STOP_DAILY = (f"comments.{purpose}" for purpose in ("confirm", "subscriptions", "stop", "daily"))
DECIDE, APPEAL = "comments.decide", "comments.appeal"
DECISION_MAX_AGE, APPEAL_MAX_AGE = timedelta(days=7), timedelta(days=60)


@dataclass(frozen=True)
class Decidable:
    """What a decision link is valid for: a comment with this wording and status, and one moderator."""

    comment: int
    user: int
    wording: int | None
    status: str


def to_confirm(address: Address) -> str:
    return _build_url("confirm-subscriptions", signing.dumps(address.pk, salt=CONFIRM))


def to_all(address: Address) -> str:
    """Link to all subscriptions of an address. It never expires."""
    return _build_url("subscriptions-of", signing.dumps(address.pk, salt=ALL))


def to_stop(subscription: Subscription) -> str:
    return _build_url("stop-subscription", signing.dumps(subscription.pk, salt=STOP))


def to_stop_daily(address: Address) -> str:
    return _build_url("stop-daily", signing.dumps(address.pk, salt=STOP_DAILY))


def to_decide(comment: Comment, user: User) -> str:
    """Link for a moderator to decide without logging in; the action is added as `?do=`."""
    values = [comment.pk, user.pk, comment.wording_id, comment.status]
    return _build_url("decide-by-mail", signing.dumps(values, salt=DECIDE))


def to_appeal(comment: Comment) -> str:
    """Link for the author of a rejected comment, whose browser may no longer be recognized."""
    token = signing.dumps(comment.pk, salt=APPEAL)
    return f"{settings.SITE_URL}{reverse('appeal-comment', args=[comment.pk])}?by={token}"


def deciding(token: str) -> Decidable | None:
    """Return what the link is valid for, or None. Raises SignatureExpired."""
    try:
        return Decidable(*signing.loads(token, salt=DECIDE, max_age=DECISION_MAX_AGE))
    except signing.SignatureExpired:
        raise
    except (signing.BadSignature, TypeError):
        return None


def appealing(token: str) -> int | None:
    found: int | None = _load_token(token, APPEAL, APPEAL_MAX_AGE)
    return found


def confirming(token: str) -> Address | None:
    return Address.objects.filter(pk=_load_token(token, CONFIRM, WAITS_FOR)).first()


def all_of(token: str) -> Address | None:
    return Address.objects.filter(pk=_load_token(token, ALL)).first()


def stopping(token: str) -> Subscription | None:
    rows = Subscription.objects.select_related("address", "essay", "comment__essay", "comment__commenter", "commenter")
    return rows.filter(pk=_load_token(token, STOP)).first()


def stopping_daily(token: str) -> Address | None:
    return Address.objects.filter(pk=_load_token(token, STOP_DAILY)).first()


def _build_url(view: str, token: str) -> str:
    return f"{settings.SITE_URL}{reverse(view, args=[token])}"


def _load_token(token: str, salt: str, max_age: timedelta | None = None) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None
