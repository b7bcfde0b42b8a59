"""A like that is saved in the session while its reader logs in, for half an hour, and applied once.

Only a POST from our own pages can save it, so that no link can make a person like something.
"""

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.login import redirects

KEY = "like"
MAX_AGE = settings.ACCOUNT_LOGIN_TIMEOUT  # seconds


def log_in(request: HttpRequest) -> HttpResponse:
    """Save the like of this address, and redirect to the login page, which returns here."""
    request.session[KEY] = {"path": request.path, "at": time.time()}
    request.session.set_expiry(redirects.DRAFTS_SECONDS)  # logging in extends it
    return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")


def is_due(request: HttpRequest) -> bool:
    """Return whether a like of this address was saved before the login, and delete it."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return False
    kept = request.session.get(KEY)
    if not kept or kept["path"] != request.path:
        return False
    del request.session[KEY]
    return bool(time.time() - kept["at"] < MAX_AGE)
