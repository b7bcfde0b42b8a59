"""A like that waits while its reader logs in: kept in their session for half an hour, and given once.

Only a POST from a page of ours puts it there, so that no link can make a person like something.
"""

import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.login import redirects

KEY = "like"
KEPT_FOR = settings.ACCOUNT_LOGIN_TIMEOUT  # seconds


def log_in(request: HttpRequest) -> HttpResponse:
    """Keep the like that was sent to this address, and lead to the login page, which leads back here."""
    request.session[KEY] = {"path": request.path, "at": time.time()}
    request.session.set_expiry(redirects.CARRIED_FOR)  # a login makes it last as long as any
    return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")


def is_due(request: HttpRequest) -> bool:
    """Whether a like of what is at this address was kept before the login. It is forgotten with the answer."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return False
    kept = request.session.get(KEY)
    if not kept or kept["path"] != request.path:
        return False
    del request.session[KEY]
    return bool(time.time() - kept["at"] < KEPT_FOR)
