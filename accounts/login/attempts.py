"""Limits of failed logins, per account and network; browsers that have logged in before have limits of their own.

So a stranger's failures slow down only the stranger's network. Against guessing from many networks, after MAX_GUESSES
failures the right password needs an emailed code as well, and after as many wrong codes the codes become longer.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.login import devices
from accounts.login import log as login_log
from accounts.login.backends import find_user_by_login
from accounts.models import User
from server.http import proxies, ratelimit

MINUTE, MONTH = 60.0, 30 * 24 * 60 * 60.0
MAX_GUESSES = 20  # failures from unknown browsers within a month


class Limit(NamedTuple):
    """A rate limit: the arguments of ratelimit.acquire()."""

    purpose: str
    who: str
    seconds: float
    times: int

    def acquire(self) -> float:
        """Count an attempt and return 0, or return the seconds to wait if there were too many."""
        return ratelimit.acquire(self.purpose, self.who, self.seconds, count=self.times)

    def release(self) -> None:
        """Return an attempt that acquire() has counted."""
        ratelimit.release(self.purpose, self.who, self.seconds, count=self.times)

    def is_spent(self) -> bool:
        """Return whether the next attempt would have to wait."""
        return ratelimit.is_exhausted(self.purpose, self.who, self.seconds, count=self.times)


@dataclass
class Attempt:
    """An attempt to enter a password or a code, counted as failed until it succeeds."""

    request: HttpRequest
    method: str
    login: str
    user: User | None
    acquired: list[Limit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.login = self.login.strip().lower()
        self.is_known = bool(devices.known_browser(self.request, self.user))

    def begin(self) -> None:
        """Count the attempt. Raises ValidationError for a browser or network that has to wait."""
        account = Limit(self.method, limited_sender(self.request, self.login, self.user), 5 * MINUTE, 5)
        network = Limit("failed logins", self.request.META["REMOTE_ADDR"], MINUTE, 30)
        for limit in [account] if self.is_known else [account, network]:
            if seconds := limit.acquire():
                login_log.log_failure(self.request, self.method, self.login)
                raise too_many_error(self.request, seconds)
            self.acquired.append(limit)

    def is_guessed_at(self, account: str) -> bool:
        """Count a guess at this account, and return whether unknown browsers have failed MAX_GUESSES times."""
        limit = guess_limit(self.method, account)
        if self.is_known:
            return False
        if limit.acquire():
            return True
        self.acquired.append(limit)
        return False

    def succeed(self) -> None:
        """Remove the attempt from the limits that have counted it."""
        for limit in self.acquired:
            limit.release()

    def fail(self) -> None:
        """Log the failure; the attempt remains counted."""
        login_log.log_failure(self.request, self.method, self.login)


def limited_sender(request: HttpRequest, account: str, user: User | None) -> str:
    """Return who has a rate limit of their own: a known browser, or else a network for each account that it types."""
    return devices.known_browser(request, user) or f"{account} {proxies.network(request.META['REMOTE_ADDR'])}"


def guess_limit(method: str, account: str) -> Limit:
    """Return the limit of wrong codes or passwords for this account, from all unknown browsers together."""
    return Limit("wrong codes" if method == "code" else "wrong logins", account, MONTH, MAX_GUESSES)


def too_many_error(request: HttpRequest, seconds: float) -> ValidationError:
    """Return an error with the minutes to wait, and set the request's Retry-After."""
    request.retry_after = math.ceil(seconds)  # type: ignore[attr-defined]
    minutes = math.ceil(seconds / MINUTE)
    message = ngettext(
        "Too many attempts. Please wait %(minutes)d minute and try again.",
        "Too many attempts. Please wait %(minutes)d minutes and try again.",
        minutes,
    )
    return ValidationError(message, code="too_many", params={"minutes": minutes})


# Passwords and codes


def begin_password(request: HttpRequest, login: str, user: User | None) -> Attempt:
    """Begin an attempt at a password. While strangers guess at it, the right one needs an emailed code as well."""
    attempt = Attempt(request, "password", login, user)
    attempt.begin()
    # An unknown login costs the same work.
    request.is_guessed_at = attempt.is_guessed_at(str(user.pk if user else 0))  # type: ignore[attr-defined]
    return attempt


def code_address(request: HttpRequest, user: User) -> str:
    """Return the address for the emailed code that this password login needs, or "" if it needs or can have none."""
    return verified_address(user) if getattr(request, "is_guessed_at", False) else ""


def verified_address(user: User) -> str:
    """Return a verified address of the user, preferably the primary one, or ""."""
    verified = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    return verified.values_list("email", flat=True).first() or ""


def begin_two_factor(request: HttpRequest, user: User) -> Attempt:
    """Begin an attempt at a two-factor code, after the password."""
    attempt = Attempt(request, "two-factor", user.username, user)
    attempt.begin()
    if attempt.is_guessed_at(str(user.pk)) and not has_used_code(request, user) and verified_address(user):
        attempt.fail()
        raise ValidationError(_("Too many attempts. Please log in again; we’ll also email you a code."))
    return attempt


def has_used_code(request: HttpRequest, user: User) -> bool:
    """Return whether an emailed code was part of this login."""
    return any(record.get("method") == "code" for record in get_authentication_records(request, user))


def begin_emailed_code(request: HttpRequest, email: str) -> Attempt:
    """Begin an attempt at a code that was emailed to this address."""
    attempt = Attempt(request, "code", email, find_user_by_login(email, ""))
    attempt.begin()
    attempt.is_guessed_at(attempt.login)
    return attempt


# Requests for emails and accounts


def limit_email_request(request: HttpRequest, purpose: str, email: str) -> None:
    """Count a request for an email. Raises ValidationError for a browser or network that has to wait."""
    user = find_user_by_login(email, "")
    account = Limit(f"ask {purpose}", limited_sender(request, email.lower(), user), MINUTE, 5)
    network = Limit("ask for emails", request.META["REMOTE_ADDR"], MINUTE, 30)
    for limit in [account] if devices.known_browser(request, user) else [account, network]:
        if seconds := limit.acquire():
            raise too_many_error(request, seconds)


def limit_sign_up(request: HttpRequest) -> None:
    """Count a new account. Raises ValidationError for a network that has to wait."""
    address = request.META["REMOTE_ADDR"]
    for limit in (Limit("sign up", address, MINUTE, 5), Limit("sign up in an hour", address, 60 * MINUTE, 20)):
        if seconds := limit.acquire():
            raise too_many_error(request, seconds)
