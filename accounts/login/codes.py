"""Emailed codes. Each works once within its time in any browser that asked for one, and no one can flood a mailbox.

So people whose address strangers keep asking codes for still log in: once an address has had its emails for now, the
code of the last one works for them too.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.allauth_private import generate_user_code, normalize_user_code
from accounts.login import attempts, devices
from accounts.login.backends import user_named
from server.http import ratelimit

# What an email is for, by allauth's template. Each purpose has a count of its own.
PURPOSES = {
    "account/email/login_code": "log in",
    "account/email/password_reset_code": "reset",
    "account/email/email_confirmation": "verify",
    "account/email/email_confirmation_signup": "verify",
    "account/email/unknown_account": "unknown",
    "account/email/account_already_exists": "exists",
}
LASTS = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT
AN_HOUR = 5  # one each 12 minutes once they are used up: sooner than the last code expires
LONG: Any = {**settings.ALLAUTH_USER_CODE_FORMAT, "length": 16}


def may_email(request: HttpRequest, purpose: str, email: str) -> bool:
    """Whether another email of this kind may go out; people and browsers that we know have counts of their own."""
    if request.user.is_authenticated:
        who = f"user {request.user.pk}"
    else:
        who = devices.known(request, user_named(email, "")) or email.lower()
    return not ratelimit.take(f"email {purpose}", who, 3600, count=AN_HOUR)


def issue(purpose: str, email: str, code: str) -> str:
    """Make a code valid. Returns it, or a longer one while strangers guess at the codes for this address."""
    if attempts.guesses("code", email.lower()).is_spent():
        code = generate_user_code(**LONG)
    ratelimit.issue(f"code {purpose}", named(email, code), LASTS)
    return code


def redeem(request: HttpRequest, purpose: str, email: str, code: str) -> bool:
    """Use up a code. Returns whether it was valid; raises ValidationError for who has to wait."""
    attempt = attempts.emailed_code(request, email)
    if ratelimit.redeem(f"code {purpose}", named(email, code)):
        attempt.succeed()
        return True
    attempt.fail()
    return False


def named(email: str, code: str) -> str:
    return f"{email.lower()} {normalize_user_code(code)}"


def prepared(request: HttpRequest, template: str, email: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """The context of one of allauth's emails, with a code that is valid from now on; None if it may not go out."""
    purpose = PURPOSES.get(template)
    if purpose is None:
        return context
    if not may_email(request, purpose, email):
        return None
    return {**context, "code": issue(purpose, email, context["code"])} if "code" in context else context
