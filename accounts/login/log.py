"""One log line for each successful or failed login, in the stable format of docs/fail2ban.md."""

import json
import logging

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest

from accounts.models import User
from accounts.profiles import identity

logger = logging.getLogger("rejoinder.login")
MAX_LENGTH = 100


def log_failure(request: HttpRequest, method: str, account: str = "") -> None:
    logger.warning("login failed: %s", describe(request, method, account))


def log_success(request: HttpRequest, user: User) -> None:
    logger.info("login succeeded: %s", describe(request, login_methods(request, user), user.username))


def describe(request: HttpRequest, method: str, account: str) -> str:
    """Return the line's fields. The account comes last, as it was typed: in ASCII, quoted and shortened."""
    return f"address={request.META['REMOTE_ADDR']} method={method} account={json.dumps(account[:MAX_LENGTH])}"


def login_methods(request: HttpRequest, user: User) -> str:
    """Return how a person logged in, such as `password+two-factor`."""
    records = get_authentication_records(request, user)
    return "+".join(dict.fromkeys(method_name(record) for record in records)) or "unknown"


def method_name(record: dict[str, str]) -> str:
    """Return the method in one of allauth's records of a login, or the provider, in the words of the log."""
    method = record.get("method", "")
    if method == "socialaccount":
        return str(identity.service_by_id(record.get("provider", "")).key)
    if method == "mfa":
        return "passkey" if record.get("passwordless") else "two-factor"
    return method
