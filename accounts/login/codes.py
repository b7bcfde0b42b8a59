"""Emailed codes. Each works once before it expires, in any browser that requested one, and no one can flood a mailbox.

So people can log in even while strangers keep requesting codes for their address: once the limit of emails is reached,
the code in the last one works in their browser too.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.allauth_private import generate_user_code, normalize_user_code
from accounts.login import attempts, devices
from accounts.login.backends import find_user_by_login
from server.http import ratelimit

# The purpose of each of allauth's email templates. Each purpose has its own rate limit.
PURPOSES = {
    "account/email/login_code": "log in",
    "account/email/password_reset_code": "reset",
    "account/email/email_confirmation": "verify",
    "account/email/email_confirmation_signup": "verify",
    "account/email/unknown_account": "unknown",
    "account/email/account_already_exists": "exists",
}
LIFETIME = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT
PER_HOUR = 5  # then one every 12 minutes, before the last code expires
LONG_FORMAT: Any = {**settings.ALLAUTH_USER_CODE_FORMAT, "length": 16}


def may_email(request: HttpRequest, purpose: str, email: str) -> bool:
    """Count an email and return whether it may be sent; known users and browsers have limits of their own."""
    if request.user.is_authenticated:
        recipient = f"user {request.user.pk}"
    else:
        recipient = devices.known_browser(request, find_user_by_login(email, "")) or email.lower()
    return not ratelimit.acquire(f"email {purpose}", recipient, 3600, count=PER_HOUR)


def issue(purpose: str, email: str, code: str) -> str:
    """Make a code valid and return it, or another, longer one while strangers guess at the codes for this address."""
    if attempts.guess_limit("code", email.lower()).is_spent():
        code = generate_user_code(**LONG_FORMAT)
    ratelimit.issue(f"code {purpose}", code_key(email, code), LIFETIME)
    return code


def redeem(request: HttpRequest, purpose: str, email: str, code: str) -> bool:
    """Use up a code and return whether it was valid. Raises ValidationError if the person has to wait."""
    attempt = attempts.begin_emailed_code(request, email)
    if ratelimit.redeem(f"code {purpose}", code_key(email, code)):
        attempt.succeed()
        return True
    attempt.fail()
    return False


def code_key(email: str, code: str) -> str:
    """Return a text that is the same for all spellings of an address and a code."""
    return f"{email.lower()} {normalize_user_code(code)}"


def prepare_context(request: HttpRequest, template: str, email: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return the context of one of allauth's emails with a valid code, or None if the email may not be sent."""
    purpose = PURPOSES.get(template)
    if purpose is None:
        return context
    if not may_email(request, purpose, email):
        return None
    return {**context, "code": issue(purpose, email, context["code"])} if "code" in context else context
