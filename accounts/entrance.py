"""The forms by which people come in, in our words. Apart from `forms`, from which allauth's own derive."""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import get_adapter
from django.utils.translation import gettext_lazy as _

from accounts import proving
from accounts.forms import EmailField


def address() -> EmailField:
    field = EmailField(
        label=_("Email"), max_bytes=100, error_messages={"required": _("Please give your email address.")}
    )
    field.widget.attrs["autocomplete"] = "email"
    return field


class AddressMixin:
    """An address of no more bytes than a comment's writer may have."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = address()


class SignupForm(AddressMixin, forms.SignupForm):
    """Name and address. The mailed code is the key; a password can be made later by those who want one."""

    field_order = ["name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password1", None)


class RequestLoginCodeForm(AddressMixin, forms.RequestLoginCodeForm):
    def clean_email(self) -> str:
        self.cleaned_data["email"] = self.cleaned_data["email"].lower()
        return super().clean_email()


class ResetPasswordForm(AddressMixin, forms.ResetPasswordForm):
    def clean_email(self) -> str:
        """Who only claims an address is not reached by it: the account would be theirs as much as the reader's."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if proving.is_proved(user, email)]
        return email


class AddEmailForm(AddressMixin, forms.AddEmailForm): ...


class ChangeEmailForm(AddressMixin, forms.ChangeEmailForm):
    def clean_email(self) -> str:
        self.cleaned_data["email"] = self.cleaned_data["email"].lower()
        return super().clean_email()


class ConfirmAddressForm(forms.ConfirmEmailVerificationCodeForm):
    def clean_code(self) -> str:
        """That somebody else only claims the address keeps nobody from proving it."""
        code: str = forms.BaseConfirmCodeForm.clean_code(self)
        if proving.is_somebody_elses(self.email, self.user):
            raise get_adapter().validation_error("email_taken")
        return code
