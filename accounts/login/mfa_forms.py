"""Forms for two-factor codes and passkeys, with our rate limits and log lines."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.webauthn import forms as webauthn
from django.core.exceptions import ValidationError

from accounts.login import attempts
from accounts.login import log as login_log

MALFORMED_ERRORS = (LookupError, TypeError, ValueError, AttributeError)  # raised for malformed credentials


class CodeMixin:
    user: Any

    def clean_code(self) -> str:
        """Check a two-factor code; count and log a wrong one."""
        attempt = attempts.begin_two_factor(context.request, self.user)
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError:
            attempt.fail()
            raise
        attempt.succeed()
        return code


class AuthenticateForm(CodeMixin, forms.AuthenticateForm): ...


class ReauthenticateForm(CodeMixin, forms.ReauthenticateForm): ...


class PasskeyMixin:
    user: Any

    def clean_credential(self) -> Any:
        """Check a passkey; it cannot be guessed, so failures are logged and not limited."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (ValidationError, *MALFORMED_ERRORS) as error:
            login_log.log_failure(context.request, "passkey", self.user.username if self.user else "")
            if isinstance(error, ValidationError):
                raise
            raise get_adapter().validation_error("incorrect_code") from error


class AuthenticateWebAuthnForm(PasskeyMixin, webauthn.AuthenticateWebAuthnForm): ...


class LoginWebAuthnForm(PasskeyMixin, webauthn.LoginWebAuthnForm): ...


class ReauthenticateWebAuthnForm(PasskeyMixin, webauthn.ReauthenticateWebAuthnForm): ...
