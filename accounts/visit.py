"""The guest who commented last in this browser, until it is closed or 24 hours have passed.

Someone who types the same name and email again there is the same guest: a conversation has two people and not ten.
The cookie does nothing else: it fills in no form, opens no page, and no page depends on it.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import cookies
from accounts.models import Commenter

SALT = "accounts.visit"


def remember(commenter: Commenter, response: HttpResponse) -> HttpResponse:
    return cookies.set_signed(response, settings.VISIT_COOKIE_NAME, commenter.pk, salt=SALT, max_age=None)


def guest(request: HttpRequest, *, name: str, email: str) -> Commenter | None:
    """The last guest, if these are their name and email."""
    pk = cookies.signed(request, settings.VISIT_COOKIE_NAME, salt=SALT, max_age=settings.VISIT_COOKIE_AGE)
    return Commenter.objects.guests().filter(pk=pk, name=name, email=email).first() if pk else None
