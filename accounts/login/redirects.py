"""Redirects after a login: to the page where it began, or to the last page of the login window."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.profiles import identity

DRAFTS_KEY = "carried"  # session key of drafts, which survive a login or logout
DRAFTS_SECONDS = 60 * 60
OUTCOMES = ("denied", "failed", "lost", "often", "out")
STAFF = "staff-"  # followed by the provider's key


def store_drafts(request: HttpRequest, drafts: Any) -> None:
    """Store drafts of comments in the session, which for an anonymous visitor expires with them."""
    request.session[DRAFTS_KEY] = drafts
    if not request.user.is_authenticated:
        request.session.set_expiry(DRAFTS_SECONDS)


def add_outcome(address: str, outcome: str) -> str:
    """Add the outcome of a login to a URL, whose page then shows it."""
    page, hash_sign, fragment = address.partition("#")
    separator = "&" if "?" in page else "?"
    return f"{page}{separator}{urlencode({'login': outcome})}{hash_sign}{fragment}"


def redirect_after_failure(request: HttpRequest, state: Any, outcome: str) -> HttpResponse:
    """Redirect to where the login began, as in allauth's `state`, or show an error if that was in another browser."""
    start = state.get("next") if isinstance(state, dict) else None
    if start:
        return HttpResponseRedirect(add_outcome(start, outcome))
    return render(request, "account/login_outcome.html", {"outcome": "lost"}, status=400)


def redirect_refused_staff(state: Any, key: str) -> HttpResponse:
    """Redirect to where the login began or to the login page, which tells staff to log in with their password first."""
    start = state.get("next") if isinstance(state, dict) else None
    return HttpResponseRedirect(add_outcome(start or reverse("account_login"), f"{STAFF}{key}"))


def staff_refusal_text(provider: str) -> str:
    """Return the message for staff whose account is not connected with this provider."""
    message = _("Log in with your password first, then connect %(provider)s in your account settings.")
    return message % {"provider": provider}


def staff_refusal(outcome: str) -> str:
    """Return the message for `?login=staff-KEY`, or "" for any other outcome."""
    if not outcome.startswith(STAFF):
        return ""
    provider = identity.provider_by_key(outcome.removeprefix(STAFF))
    return staff_refusal_text(provider.name) if provider else ""
