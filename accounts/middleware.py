"""Middleware that finds the commenter of a request and checks logins, sessions and two-factor authentication."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests
from allauth.account.adapter import get_adapter
from allauth.utils import get_request_param
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts import cookies
from accounts.allauth_private import get_states
from accounts.login import log as login_log
from accounts.login import mfa, redirects
from accounts.login.sessions import BEGAN, USED, start_limits
from accounts.models import Commenter, User
from accounts.profiles import identity
from server.http.middleware import Middleware

logger = logging.getLogger("rejoinder.accounts")
View = TypeVar("View", bound=Callable[..., Any])

COOKIE_SALT = "accounts.remember"
HOUR = 60 * 60
IDLE_PRECISION = 5 * 60  # of the idle time of staff sessions, so that few pages write to the session
# What allauth raises for malformed or simultaneous responses of a provider; it handles its own errors itself.
PROVIDER_ERRORS = (
    LookupError, TypeError, ValueError, AttributeError, ImproperlyConfigured, IntegrityError, requests.RequestException,
)  # fmt: skip


class Request(HttpRequest):
    """A request as views see it, after the middleware."""

    commenter: Commenter | None
    user: User | AnonymousUser
    is_origin_verified: bool


def find_commenter(request: HttpRequest) -> Commenter | None:
    """Return the commenter of the logged-in user, or the guest that the cookie names."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, User):
        return Commenter.objects.for_user(request.user)
    name, age = settings.COMMENTER_COOKIE_NAME, settings.COMMENTER_COOKIE_AGE
    pk = cookies.get_signed(request, name, salt=COOKIE_SALT, max_age=age) if name in request.COOKIES else None
    return Commenter.objects.guests().filter(pk=pk).first() if pk else None


class CommenterMiddleware(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.commenter = SimpleLazyObject(lambda: find_commenter(request))  # type: ignore[attr-defined]
        return self.get_response(request)


class ProviderMiddleware(Middleware):
    def process_view(self, request: HttpRequest, *args: Any) -> None:
        """Keep the state of a login, which allauth removes from the session, for `process_exception`."""
        if is_provider_callback(request):
            state_id = get_request_param(request, "state") or ""
            request.login_state = (get_states(request).get(state_id) or [None])[0]  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Redirect to where a login began and show an error there if the provider's response is malformed."""
        is_login = is_provider_callback(request) or is_provider_login(request)
        if not is_login or not isinstance(exception, PROVIDER_ERRORS):
            return None
        logger.warning("Login at %s failed: %r", request.path, exception)
        login_log.log_failure(request, provider_key(request))
        if is_provider_login(request):
            return redirect(redirects.add_outcome(reverse("account_login"), "failed"))
        return redirects.redirect_after_failure(request, request.login_state, "failed")  # type: ignore[attr-defined]


class RetryAfterMiddleware(Middleware):
    """Respond with 429 and Retry-After where a rate limit rejected a form (accounts.login.attempts)."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        seconds = getattr(request, "retry_after", 0)
        if seconds and response.status_code in {200, 400}:
            response.status_code = 429
            response.headers["Retry-After"] = str(seconds)
        return response


class StaffSessionMiddleware(Middleware):
    """Log staff out after a session that is too old or was idle too long. Readers' sessions are not affected."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_staff_session(request) and has_expired(request.session):
            get_adapter(request).logout(request)
            if request.path_info.startswith(reverse("admin:index")):
                messages.info(request, _("Your session has expired. Please log in again."))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *args: Any) -> None:
        """Note that a staff session was used, if a person made the request."""
        if is_staff_session(request) and is_activity(request, view):
            mark_used(request.session)


def is_staff_session(request: HttpRequest) -> bool:
    """Return whether the request has the session of a user with access to the admin."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    user = request.user
    return isinstance(user, User) and (user.is_staff or user.is_superuser)


def has_expired(session: SessionBase) -> bool:
    """Return whether a staff session is too old or was idle too long. One without times begins now."""
    if BEGAN not in session:
        start_limits(session)
    age, idle = (time.time() - session.get(key, 0) for key in (BEGAN, USED))
    return bool(age >= settings.STAFF_SESSION_DAYS * 24 * HOUR or idle >= settings.STAFF_IDLE_HOURS * HOUR)


def mark_used(session: SessionBase) -> None:
    """Store when a staff session was last used, in steps of IDLE_PRECISION."""
    if time.time() - session[USED] >= IDLE_PRECISION:
        session[USED] = int(time.time())


def background_request(view: View) -> View:
    """Mark a view that scripts in an open tab call by themselves; such requests are no activity of a person."""
    view.is_unattended = True  # type: ignore[attr-defined]
    return view


def is_activity(request: HttpRequest, view: Any) -> bool:
    """Return whether a person made the request, not a script that keeps an open tab up to date."""
    if getattr(view, "is_unattended", False):
        return False
    is_safe = request.method in {"GET", "HEAD"}
    return not is_safe or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


class StaffTwoFactorMiddleware(Middleware):
    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        """Require two-factor authentication for the admin if STAFF_SECOND_FACTOR is set."""
        if not settings.STAFF_SECOND_FACTOR or not request.path_info.startswith(reverse("admin:index")):
            return None
        user = request.user
        if not isinstance(user, User) or not user.is_staff:
            return None
        target = mfa.url_before_admin(request, user)
        if target == reverse("mfa_index"):
            message = _("This site requires two-factor authentication for the admin. Set it up here.")
            messages.warning(request, message)
        return redirect(target) if target else None


def is_provider_callback(request: HttpRequest) -> bool:
    return url_name(request).endswith("_callback")


def is_provider_login(request: HttpRequest) -> bool:
    """Return whether this is allauth's own login URL of a provider, which our buttons do not use."""
    return url_name(request).endswith("_login") and url_name(request) != "account_login"


def provider_key(request: HttpRequest) -> str:
    """Return the key of the provider that this URL belongs to."""
    provider_id = request.resolver_match.kwargs.get("provider_id") if request.resolver_match else None
    return str(identity.service_by_id(provider_id or url_name(request).rpartition("_")[0]).key)


def url_name(request: HttpRequest) -> str:
    """Return the name of the request's URL pattern, or ""."""
    return (request.resolver_match and request.resolver_match.url_name) or ""


def set_commenter_cookie(commenter: Commenter, response: HttpResponse) -> HttpResponse:
    """Set the cookie by which this browser is the same guest next time."""
    age = settings.COMMENTER_COOKIE_AGE
    return cookies.set_signed(response, settings.COMMENTER_COOKIE_NAME, commenter.pk, salt=COOKIE_SALT, max_age=age)


def delete_commenter_cookie(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(settings.COMMENTER_COOKIE_NAME, samesite="Lax")
    return response
