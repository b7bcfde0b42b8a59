"""Where a log-in leads: back to the page it began on, or to the small window's last page, which tells that one."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.profiles import identity

CARRIED = "carried"  # in the session: what stays whoever it belongs to, such as words that were being written
CARRIED_FOR = 60 * 60
OUTCOMES = ("denied", "failed", "lost", "often", "out")
STAFF = "staff-"  # followed by the provider's key


def carry(request: HttpRequest, what: Any) -> None:
    """In a session that is there for this alone, until somebody logs in, and ends with it."""
    request.session[CARRIED] = what
    if not request.user.is_authenticated:
        request.session.set_expiry(CARRIED_FOR)


def done() -> str:
    return reverse("login_done")


def with_outcome(address: str, outcome: str) -> str:
    """The address, which then says in words how the log-in ended."""
    page, mark, part = address.partition("#")
    joint = "&" if "?" in page else "?"
    return f"{page}{joint}{urlencode({'login': outcome})}{mark}{part}"


def after_failure(request: HttpRequest, state: Any, outcome: str) -> HttpResponse:
    """A log-in that began in this browser comes back to its beginning; another one ends here."""
    begun_at = state.get("next") if isinstance(state, dict) else None
    if begun_at:
        return HttpResponseRedirect(with_outcome(begun_at, outcome))
    return render(request, "account/done.html", {"outcome": "lost"}, status=400)


def after_refusing_staff(state: Any, key: str) -> HttpResponse:
    """Back to where the login began, or to the login page, which names the provider and says what to do."""
    begun_at = state.get("next") if isinstance(state, dict) else None
    return HttpResponseRedirect(with_outcome(begun_at or reverse("account_login"), f"{STAFF}{key}"))


def staff_sentence(provider: str) -> str:
    """What a staff member reads whose account is not connected with this provider."""
    words = _("Log in with your password first, then connect %(provider)s in your account settings.")
    return words % {"provider": provider}


def staff_refusal(outcome: str) -> str:
    """The sentence for `?login=staff-KEY`, or nothing for any other outcome."""
    if not outcome.startswith(STAFF):
        return ""
    provider = identity.provider_called(outcome.removeprefix(STAFF))
    return staff_sentence(provider.name) if provider else ""
