"""Who is speaking: somebody logged in, a guest this browser remembers, or nobody yet."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.models import Commenter, User

SALT = "accounts.remember"


class Request(HttpRequest):
    """A request as views see it, after the middleware."""

    commenter: Commenter | None
    user: User | AnonymousUser
    origin_proved: bool


def who_speaks(request: HttpRequest) -> Commenter | None:
    if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, User):
        return Commenter.objects.of(request.user)
    if cookie := request.COOKIES.get(settings.COMMENTER_COOKIE_NAME):
        try:
            pk = signing.loads(cookie, salt=SALT, max_age=settings.COMMENTER_COOKIE_AGE)
        except signing.BadSignature:
            return None
        return Commenter.objects.guests().filter(pk=pk).first()
    return None


class CommenterMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.commenter = SimpleLazyObject(lambda: who_speaks(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def remember(commenter: Commenter, response: HttpResponse) -> HttpResponse:
    """Let this browser speak as the same guest the next time."""
    response.set_cookie(
        settings.COMMENTER_COOKIE_NAME,
        signing.dumps(commenter.pk, salt=SALT),
        max_age=settings.COMMENTER_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(settings.COMMENTER_COOKIE_NAME, samesite="Lax")
    return response
