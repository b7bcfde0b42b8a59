"""allauth's login and sign-up forms, with our texts. A module of its own, because allauth's forms import `forms`."""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from accounts.login import attempts, codes, email_verification
from accounts.profiles.forms import EmailField


class EmailMixin:
    """Limits the address to the length of a commenter's."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        messages = {"required": _("Enter your email address.")}
        self.fields["email"] = EmailField(
            max_bytes=100, autocomplete="email", label=_("Email"), error_messages=messages
        )


class SignupForm(EmailMixin, forms.SignupForm):
    """Asks for name and address only: people log in by emailed codes and may set a password later."""

    field_order = ["name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password1", None)

    def clean_email(self) -> str:
        """Count the sign-up for its rate limit, before the address is looked up."""
        attempts.limit_sign_up(context.request)
        return super().clean_email()

    def try_save(self, request: HttpRequest) -> Any:
        """Do the work of a new account also for a known address, or the response time would reveal it."""
        if self.account_already_exists:
            email, unused = self.cleaned_data["email"], f"{get_random_string(12)}@example.invalid"
            self.cleaned_data["email"], self.account_already_exists = unused, False
            with transaction.atomic():
                self.save(request)
                transaction.set_rollback(True)
            self.cleaned_data["email"], self.account_already_exists = email, True
        return super().try_save(request)


class RequestLoginCodeForm(EmailMixin, forms.RequestLoginCodeForm):
    def clean_email(self) -> str:
        """Count the request for an email for its rate limit, before the address is looked up."""
        self.cleaned_data["email"] = self.cleaned_data["email"].lower()
        attempts.limit_email_request(context.request, "log in", self.cleaned_data["email"])
        return super().clean_email()


class ResetPasswordForm(EmailMixin, forms.ResetPasswordForm):
    def clean_email(self) -> str:
        """Reset only accounts that have verified the address: others belong to people who may not read its email."""
        attempts.limit_email_request(context.request, "reset", self.cleaned_data["email"])
        email: str = super().clean_email()
        self.users = [user for user in self.users if email_verification.is_verified(user, email)]
        return email


class AddEmailForm(EmailMixin, forms.AddEmailForm): ...


class ChangeEmailForm(EmailMixin, forms.ChangeEmailForm):
    def clean_email(self) -> str:
        """Return the address in lower case, as verified addresses are stored."""
        self.cleaned_data["email"] = self.cleaned_data["email"].lower()
        return super().clean_email()


class CodeMixin:
    """`expected_code` is empty where allauth only pretends to have emailed one."""

    purpose: str
    email: str
    expected_code: str | None
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Check a code emailed to this address, whichever browser requested it, instead of allauth's own copy."""
        code: str = self.cleaned_data["code"]
        is_valid = codes.redeem(context.request, self.purpose, self.email, code)
        if not is_valid or not self.expected_code:
            raise get_adapter().validation_error("incorrect_code")
        return code


class TypedAddressMixin(CodeMixin):
    """Takes the address from the view, where allauth's form knows none."""

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        self.email = email
        super().__init__(*args, **kwargs)


class ConfirmLoginCodeForm(TypedAddressMixin, forms.ConfirmLoginCodeForm):
    purpose = "log in"


class ConfirmResetCodeForm(TypedAddressMixin, forms.ConfirmPasswordResetCodeForm):
    purpose = "reset"


class ConfirmAddressForm(CodeMixin, forms.ConfirmEmailVerificationCodeForm):
    purpose = "verify"

    def clean_code(self) -> str:
        """Reject an address that another account has verified; one that it only claimed may be verified here."""
        code = super().clean_code()
        if email_verification.is_verified_by_another(self.email, self.user):
            raise get_adapter().validation_error("email_taken")
        return code
