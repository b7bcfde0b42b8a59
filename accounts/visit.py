"""The cookie of the last guest who commented in this browser, until it is closed or 24 hours have passed.

A person who types the same name and email again is the same guest, so that two people who talk are not ten commenters.
The cookie does nothing else: it fills in no form, gives no access, and no page depends on it.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts import cookies
from accounts.models import Commenter

SALT = "accounts.visit"


def remember(commenter: Commenter, response: HttpResponse) -> HttpResponse:
    return cookies.set_signed(response, settings.VISIT_COOKIE_NAME, commenter.pk, salt=SALT, max_age=None)


def find_guest(request: HttpRequest, *, name: str, email: str) -> Commenter | None:
    """Return the last guest if the name and email are theirs."""
    pk = cookies.get_signed(request, settings.VISIT_COOKIE_NAME, salt=SALT, max_age=settings.VISIT_COOKIE_AGE)
    return Commenter.objects.guests().filter(pk=pk, name=name, email=email).first() if pk else None
