"""The signed addresses that mails end with: each does one thing, says nothing by itself, and acts on POST alone."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from comments.models import Address, Subscription
from comments.models.subscription import WAITS_FOR

CONFIRM, ALL, STOP, DAILY = (f"comments.{purpose}" for purpose in ("confirm", "subscriptions", "stop", "daily"))


def to_confirm(address: Address) -> str:
    return _made("confirm-subscriptions", signing.dumps(address.pk, salt=CONFIRM))


def to_all(address: Address) -> str:
    """Everything that an address follows. Good for as long as the mail is kept that it stands in."""
    return _made("subscriptions-of", signing.dumps(address.pk, salt=ALL))


def to_stop(subscription: Subscription) -> str:
    return _made("stop-subscription", signing.dumps(subscription.pk, salt=STOP))


def to_stop_daily(address: Address) -> str:
    return _made("stop-daily", signing.dumps(address.pk, salt=DAILY))


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
