"""Passkeys and two-factor authentication: who needs it, and how authenticators are named, stored and removed."""

import logging
from collections import Counter

from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.allauth_private import MFAAdapter
from accounts.login import encryption, sessions
from accounts.models import User

logger = logging.getLogger("rejoinder.accounts")

Type = Authenticator.Type


class Adapter(MFAAdapter):
    error_messages = {
        **MFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is wrong or has expired. Please enter a new code."),
        "unverified_email": gettext_lazy("Please verify or remove your unverified email addresses first."),
    }

    def get_site_name(self) -> str:
        """Return the owner's name for the site, which apps and devices show."""
        return str(context.request.site)

    def build_totp_svg(self, url: str) -> str:
        """Return inline SVG, because our Content-Security-Policy forbids data: URLs."""
        return super().build_totp_svg(url).partition("?>")[2]

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a secret; raises PermissionDenied, with what to do, if its key is unknown."""
        try:
            return encryption.decrypt(encrypted_text)
        except InvalidToken:
            logger.error("A two-factor secret cannot be decrypted. Run: manage.py doctor")
            message = _(
                "We can’t check your codes. Ask the owner of this site to reset your two-factor authentication."
            )
            raise PermissionDenied(message) from None

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1} if count else _("Passkey")


def is_required_for(user: User) -> bool:
    """Return whether a login needs two-factor authentication: with an app, or with a passkey for staff."""
    types = [Type.TOTP, Type.WEBAUTHN] if user.is_staff else [Type.TOTP]
    return Authenticator.objects.filter(user=user, type__in=types).exists()


def url_before_admin(request: HttpRequest, user: User) -> str:
    """Return the URL where a staff member first sets up or uses two-factor authentication, or "" if that is done."""
    types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    if not types & {Type.TOTP, Type.WEBAUTHN}:
        return reverse("mfa_index")
    if any(record.get("method") == "mfa" for record in get_authentication_records(request, user)):
        return ""
    view = "mfa_reauthenticate_webauthn" if types == {Type.WEBAUTHN} else "mfa_reauthenticate"
    return f"{reverse(view)}?{urlencode({'next': request.get_full_path()})}"


@transaction.atomic
def reset(user: User) -> tuple[list[str], int]:
    """Remove all authenticators and end all sessions; return names of what was removed and the number of sessions.

    The lost device may be logged in, so no session may remain.
    """
    rows = Authenticator.objects.filter(user=user)
    counts = Counter(rows.values_list("type", flat=True))
    if not counts:
        return [], 0
    rows.delete()
    ended = [sessions.end(session) for session in sessions.for_user(user)]
    passkeys = f"{counts[Type.WEBAUTHN]} passkeys" if counts[Type.WEBAUTHN] > 1 else "a passkey"
    descriptions = {Type.TOTP: "an authenticator app", Type.WEBAUTHN: passkeys, Type.RECOVERY_CODES: "recovery codes"}
    return [text for kind, text in descriptions.items() if counts[kind]], len(ended)
