"""Whether the person using a browser has verified an email address: by their account, or by confirming it here."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import cookies
from accounts.login import email_verification
from accounts.models import Commenter, User
from comments.models import Address
from comments.notifications.subscribing import Subscriber

SALT = "comments.notifications.known_addresses"


def identify_subscriber(request: HttpRequest, email: str, commenter: Commenter | None) -> Subscriber:
    """Return the person who subscribes this address, and whether they have verified it."""
    user, is_verified = request.user, is_remembered(request, email)
    if isinstance(user, User):
        is_verified = is_verified or email_verification.is_verified(user, email)
    return Subscriber(email.lower(), commenter, is_verified=is_verified)


def is_remembered(request: HttpRequest, email: str) -> bool:
    """Return whether the address was confirmed in this browser."""
    digest = cookies.get_signed(request, settings.ADDRESS_COOKIE_NAME, salt=SALT, max_age=settings.COMMENTER_COOKIE_AGE)
    return constant_time_compare(str(digest), hash_email(email))


def remember(address: Address, response: HttpResponse) -> HttpResponse:
    """Remember in a cookie that the address was confirmed in this browser, so that it needs no confirmation again."""
    digest, age = hash_email(address.email), settings.COMMENTER_COOKIE_AGE
    return cookies.set_signed(response, settings.ADDRESS_COOKIE_NAME, digest, salt=SALT, max_age=age)


def hash_email(email: str) -> str:
    """Return the keyed hash of an address that is stored in the cookie."""
    return salted_hmac(SALT, email.lower()).hexdigest()[:32]
