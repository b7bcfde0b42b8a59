"""Signed cookies, for this site only and hidden from scripts. The privacy page lists each of them.

The visit cookie names the last guest who commented in this browser, until it is closed or 24 hours have passed. A
person who types the same name and email again is the same guest, so that two people who talk are not ten commenters.
It does nothing else: it fills in no form, gives no access, and no page depends on it.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import BigAutoField, CharField
from django.http import HttpRequest, HttpResponse

from accounts.models import Commenter
from server.prepared import Prepared

VISIT_SALT = "accounts.visit"


def set_signed(response: HttpResponse, name: str, value: Any, *, salt: str, max_age: int | None) -> HttpResponse:
    """Set a signed cookie for `max_age` seconds, or until the browser is closed if it is None."""
    text, is_secure = signing.dumps(value, salt=salt), settings.SESSION_COOKIE_SECURE
    response.set_cookie(name, text, max_age=max_age, secure=is_secure, httponly=True, samesite="Lax")
    return response


def get_signed(request: HttpRequest, name: str, *, salt: str, max_age: int) -> Any:
    """Return a cookie's value, or None if it is missing, forged or older than `max_age` seconds."""
    try:
        return signing.loads(request.COOKIES.get(name, ""), salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None


def remember_visit(commenter: Commenter, response: HttpResponse) -> HttpResponse:
    """Set the cookie that names the guest who has just commented in this browser."""
    return set_signed(response, settings.VISIT_COOKIE_NAME, commenter.pk, salt=VISIT_SALT, max_age=None)


def find_guest_of_visit(request: HttpRequest, *, name: str, email: str) -> Commenter | None:
    """Return the guest who last commented in this browser if they have this name and email address, else None."""
    pk = get_signed(request, settings.VISIT_COOKIE_NAME, salt=VISIT_SALT, max_age=settings.VISIT_COOKIE_AGE)
    return GUEST.first(pk=pk, name=name, email=email) if pk else None


GUEST = Prepared(
    lambda pk, name, email: Commenter.objects.guests().filter(pk=pk, name=name, email=email),
    pk=BigAutoField(),
    name=CharField(),
    email=CharField(),
)
