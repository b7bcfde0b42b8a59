"""Mute and unmute people: for an account in the database, for a guest in a signed cookie. Repeating changes nothing."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse

from accounts import cookies
from accounts.models import Commenter
from accounts.profiles import merging
from comments.models import Mute
from comments.posting.actions import CommenterChanged, CommentGone, RateLimited
from comments.threads.viewer import MUTES_SALT
from server.http import ratelimit

MINUTE = 60
MUTES_A_MINUTE = 60  # by one account
MAX_IN_BROWSER = 50


@transaction.atomic
def mute(*, commenter: Commenter, muted: int) -> None:
    """Mute a person for an account. Raises RateLimited, CommenterChanged, or CommentGone if that person is gone."""
    if wait := ratelimit.acquire("mute", f"commenter:{commenter.pk}", MINUTE, count=MUTES_A_MINUTE):
        raise RateLimited(wait)
    rows = merging.lock_rows(Commenter, commenter.pk, muted)
    if commenter.pk not in rows:
        raise CommenterChanged
    if muted not in rows:
        raise CommentGone
    Mute.objects.get_or_create(commenter=commenter, muted=rows[muted])


def unmute(*, commenter: Commenter, muted: int) -> None:
    """Unmute a person for an account."""
    Mute.objects.filter(commenter=commenter, muted=muted).delete()


def store_in_browser(response: HttpResponse, keys: Sequence[int]) -> HttpResponse:
    """Store the people muted last in the cookie. Without any, delete it, so the browser gets cached pages again."""
    if keys:
        newest, age = list(keys[-MAX_IN_BROWSER:]), settings.MUTES_COOKIE_AGE
        return cookies.set_signed(response, settings.MUTES_COOKIE_NAME, newest, salt=MUTES_SALT, max_age=age)
    response.delete_cookie(settings.MUTES_COOKIE_NAME, samesite="Lax")
    return response
