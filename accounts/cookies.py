"""Signed cookies, for this site only and hidden from scripts. The privacy page lists each of them."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse


def set_signed(response: HttpResponse, name: str, value: Any, *, salt: str, max_age: int | None) -> HttpResponse:
    """Set a signed cookie for `max_age` seconds, or until the browser is closed if it is None."""
    response.set_cookie(
        name,
        signing.dumps(value, salt=salt),
        max_age=max_age,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def get_signed(request: HttpRequest, name: str, *, salt: str, max_age: int) -> Any:
    """Return a cookie's value, or None if it is missing, forged or older than `max_age` seconds."""
    try:
        return signing.loads(request.COOKIES.get(name, ""), salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None
