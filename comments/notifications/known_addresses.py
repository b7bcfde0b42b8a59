"""Whether a browser is known to be that of whoever reads an address: by their log-in, or since they confirmed here."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import cookies
from accounts.login import email_verification
from accounts.models import Commenter, User
from comments.models import Address
from comments.notifications.subscribing import Asker

SALT = "comments.notifications.known_addresses"


def asker(request: HttpRequest, email: str, commenter: Commenter | None) -> Asker:
    """Whoever asks for mail to this address."""
    return Asker(email.lower(), commenter, is_reader=reads(request, email))


def reads(request: HttpRequest, email: str) -> bool:
    return is_known(request, email) or (
        isinstance(request.user, User) and email_verification.is_proved(request.user, email)
    )


def is_known(request: HttpRequest, email: str) -> bool:
    """Whether the address was confirmed in this browser."""
    mark = cookies.signed(request, settings.ADDRESS_COOKIE_NAME, salt=SALT, max_age=settings.COMMENTER_COOKIE_AGE)
    return constant_time_compare(str(mark), mark_of(email))


def know(address: Address, response: HttpResponse) -> HttpResponse:
    """What this browser asks for with this address is confirmed from now on."""
    mark, age = mark_of(address.email), settings.COMMENTER_COOKIE_AGE
    return cookies.set_signed(response, settings.ADDRESS_COOKIE_NAME, mark, salt=SALT, max_age=age)


def mark_of(email: str) -> str:
    return salted_hmac(SALT, email.lower()).hexdigest()[:32]
