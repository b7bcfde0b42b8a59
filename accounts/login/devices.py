"""The signed cookie of browsers that have logged in before, whose attempts have their own limits.

See OWASP, "Slow Down Online Guessing Attacks with Device Cookies". The cookie holds one token for each account that
logged in here. A token is bound to the account's password, so changing the password invalidates all of them.
"""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

MAX_ACCOUNTS = 5
SEPARATOR = "~"


def known_browser(request: HttpRequest, user: User | None) -> str:
    """Return this browser's random name if the user has logged in here before, else ""."""
    if user is None:
        return ""
    return next((name for token in tokens(request) if (name := browser_name(token, user))), "")


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Add a token of the user to the cookie, first of those of other accounts."""
    others = [token for token in tokens(request) if not browser_name(token, user)]
    token = signer(user).sign(secrets.token_urlsafe(12))
    text, age = SEPARATOR.join([token, *others][:MAX_ACCOUNTS]), settings.DEVICE_COOKIE_AGE
    options: dict[str, Any] = {"secure": settings.SESSION_COOKIE_SECURE, "httponly": True, "samesite": "Lax"}
    response.set_cookie(settings.DEVICE_COOKIE_NAME, text, max_age=age, **options)


def delete_cookie(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(settings.DEVICE_COOKIE_NAME, samesite="Lax")
    return response


def tokens(request: HttpRequest) -> list[str]:
    """Return the tokens in the cookie, not yet verified."""
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    return [token for token in cookie.split(SEPARATOR)[:MAX_ACCOUNTS] if token]


def browser_name(token: str, user: User) -> str:
    """Return the random name in a token if this user logged in with it, else ""."""
    try:
        return signer(user).unsign(token, max_age=settings.DEVICE_COOKIE_AGE)
    except signing.BadSignature:
        return ""


def signer(user: User) -> signing.TimestampSigner:
    """Return the signer of this user's tokens, which a new password invalidates."""
    return signing.TimestampSigner(salt=f"accounts.login.devices {user.pk} {user.password}")
