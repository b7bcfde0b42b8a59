"""Signed cookies: sent to this site alone, out of reach of scripts. The privacy page has a row for each of them."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse


def set_signed(response: HttpResponse, name: str, value: Any, *, salt: str, max_age: int | None) -> HttpResponse:
    """Let the browser keep a value for `max_age` seconds; with None until it is closed."""
    response.set_cookie(
        name,
        signing.dumps(value, salt=salt),
        max_age=max_age,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def signed(request: HttpRequest, name: str, *, salt: str, max_age: int) -> Any:
    """The value that the browser sent; None if there is none, or it was forged or signed over `max_age` seconds ago."""
    try:
        return signing.loads(request.COOKIES.get(name, ""), salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None
