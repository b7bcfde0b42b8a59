"""The signed links in emails: each is for one purpose, reveals nothing by itself, and acts only on POST."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts.models import Commenter, User
from comments.models import Address, Comment, Subscription
from comments.models.subscription import WAITS_FOR

CONFIRM, ALL, STOP, STOP_DAILY = (f"comments.{purpose}" for purpose in ("confirm", "subscriptions", "stop", "daily"))
DECISION_SALT, APPEAL, CLAIM = "comments.decide", "comments.appeal", "comments.claim"
DECISION_MAX_AGE, APPEAL_MAX_AGE, CLAIM_MAX_AGE = timedelta(days=7), timedelta(days=60), timedelta(days=1)


@dataclass(frozen=True)
class DecisionToken:
    """What a decision link is valid for: a comment with this wording and status, and one moderator."""

    comment: int
    user: int
    wording: int | None
    status: str


@dataclass(frozen=True)
class ClaimToken:
    """A link for all guest comments with the guest's address, which works once."""

    guest: Commenter
    nonce: str


def confirm_url(address: Address) -> str:
    """Link to confirm the subscriptions of an address."""
    return _build_url("confirm-subscriptions", signing.dumps(address.pk, salt=CONFIRM))


def subscriptions_url(address: Address) -> str:
    """Link to all subscriptions of an address. It never expires."""
    return _build_url("subscriptions", signing.dumps(address.pk, salt=ALL))


def unsubscribe_url(subscription: Subscription) -> str:
    """Link to end one subscription."""
    return _build_url("stop-subscription", signing.dumps(subscription.pk, salt=STOP))


def unsubscribe_daily_url(address: Address) -> str:
    """Link to end all subscriptions in the daily digest."""
    return _build_url("stop-daily", signing.dumps(address.pk, salt=STOP_DAILY))


def decision_url(comment: Comment, user: User) -> str:
    """Link for a moderator to decide without logging in; the action is added as `?do=`."""
    values = [comment.pk, user.pk, comment.wording_id, comment.status]
    return f"{settings.SITE_URL}/{settings.DECISION_PATH}{signing.dumps(values, salt=DECISION_SALT)}/"


def appeal_url(comment: Comment) -> str:
    """Link for the author of a rejected comment, whose browser may no longer be recognized."""
    token = signing.dumps(comment.pk, salt=APPEAL)
    return f"{settings.SITE_URL}{reverse('appeal-comment', args=[comment.pk])}?by={token}"


def claim_url(guest: Commenter) -> str:
    """Link for a guest to add their comments to an account."""
    values = [guest.pk, hash_email(guest.email), secrets.token_urlsafe(12)]
    return _build_url("account_claim", signing.dumps(values, salt=CLAIM))


def hash_email(email: str) -> str:
    """Return a short hash for a link, which must not contain the address because links end up in logs."""
    return salted_hmac(CLAIM, email.lower()).hexdigest()[:16]


def read_decision_token(token: str) -> DecisionToken | None:
    """Return what the link is valid for, or None. Raises SignatureExpired."""
    try:
        return DecisionToken(*signing.loads(token, salt=DECISION_SALT, max_age=DECISION_MAX_AGE))
    except signing.SignatureExpired:
        raise
    except (signing.BadSignature, TypeError):
        return None


def read_appeal_token(token: str) -> int | None:
    """Return the primary key of the comment that an appeal link is for; None if invalid or expired."""
    found: int | None = load_token(token, APPEAL, APPEAL_MAX_AGE)
    return found


def read_claim_token(token: str) -> ClaimToken | None:
    """Return what a claim link is for; None if invalid or expired, or if the guest has another address now."""
    pk, email_hash, nonce = load_token(token, CLAIM, CLAIM_MAX_AGE) or (0, "", "")
    guest = Commenter.objects.guests().filter(pk=pk).first()
    return ClaimToken(guest, nonce) if guest and hash_email(guest.email) == email_hash else None


def read_confirm_token(token: str) -> Address | None:
    """Return the address that a confirmation link is for; None if invalid, expired or deleted."""
    return Address.objects.filter(pk=load_token(token, CONFIRM, WAITS_FOR)).first()


def read_subscriptions_token(token: str) -> Address | None:
    """Return the address whose subscriptions a link shows; None if invalid or deleted."""
    return Address.objects.filter(pk=load_token(token, ALL)).first()


def read_unsubscribe_token(token: str) -> Subscription | None:
    """Return the subscription that a link ends; None if invalid or deleted."""
    rows = Subscription.objects.select_related("address", "essay", "comment__essay", "comment__commenter", "commenter")
    return rows.filter(pk=load_token(token, STOP)).first()


def read_unsubscribe_daily_token(token: str) -> Address | None:
    """Return the address whose daily digest a link ends; None if invalid or deleted."""
    return Address.objects.filter(pk=load_token(token, STOP_DAILY)).first()


def is_of_deleted(token: str, salt: str) -> bool:
    """Return whether a link that leads to nothing is one of ours: what it was for has been deleted."""
    return load_token(token, salt) is not None


def _build_url(view: str, token: str) -> str:
    return f"{settings.SITE_URL}{reverse(view, args=[token])}"


def load_token(token: str, salt: str, max_age: timedelta | None = None) -> Any:
    """Return what was signed, or None if the token is invalid or has expired."""
    try:
        return signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None
