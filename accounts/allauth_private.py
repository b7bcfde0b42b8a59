"""What we use of allauth's private code; no other module imports `allauth.*.internal` or overrides its private methods.

tests/test_private_names.py says what breaks when an upgrade of allauth changes one of these.
"""

from typing import Any

from allauth.account import auth_backends, views
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.flows.reauthentication import (
    is_reauthentication_required,
    raise_if_reauthentication_required,
    stash_and_reauthenticate,
)
from allauth.account.internal.userkit import filter_users_by_email, get_user_by_username
from allauth.core.internal.cryptokit import generate_user_code, normalize_user_code
from allauth.mfa import adapter, stages
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.recovery_codes.internal.flows import auto_generate_recovery_codes
from allauth.mfa.webauthn.internal.flows import signup_authenticator
from allauth.socialaccount.adapter import _build_apps_from_settings as build_apps_from_settings
from allauth.socialaccount.internal.statekit import get_states
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

__all__ = [
    "LoginCodeVerificationProcess",  # the public view only starts it for an address that was typed
    "auto_generate_recovery_codes",  # called by the view that our AddPasskeyView replaces
    "build_apps_from_settings",  # the public adapter method also queries a table that we do not use
    "filter_users_by_email",  # the public one cannot compare addresses exactly, as a login has to
    "generate_user_code",  # codes longer than the configured ones have to look like them
    "get_states",  # the public way to read the state of a provider login removes it
    "get_user_by_username",  # has no public form
    "is_reauthentication_required",  # the public decorator cannot resume a provider login afterwards
    "logout",  # the public view asks for confirmation and always redirects
    "normalize_user_code",  # two spellings of a code count as one
    "perform_login",  # the public one takes no Login, whose redirect survives a second factor
    "post_authentication",  # so that a person who has just used a new factor is not asked for it again
    "raise_if_reauthentication_required",  # the public decorator is for views; this is in a form
    "record_authentication",  # a link from an email counts as a login method, which allauth does not know
    "signup_authenticator",  # makes a passkey that can be logged in with, without one more password prompt
    "stash_and_reauthenticate",  # see is_reauthentication_required
]


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    def find_user(self, email: str, username: str) -> AbstractBaseUser | None:
        """Return the account with this email address or username, the only one whose password is checked."""
        raise NotImplementedError

    def _authenticate(self, request: Any, **credentials: Any) -> Any:
        """Check the password of one account. allauth tries each way to read the login, which shows in the time taken.

        `_check_password` and, if there is no account, `authenticate` cost one hash each.
        """
        user = self.find_user(credentials.get("email", ""), credentials.get("username", ""))
        return self._check_password(user, credentials.get("password", ""))


class MFAAdapter(adapter.DefaultMFAAdapter):
    def get_site_name(self) -> str:
        """Return the name that apps and devices show beside a code or passkey."""
        raise NotImplementedError

    def _get_site_name(self) -> str:
        return self.get_site_name()


class AuthenticateStage(stages.AuthenticateStage):
    def is_needed(self) -> bool:
        """Return whether a login that allauth would ask for a second factor really has to give one."""
        raise NotImplementedError

    def _should_handle(self, request: HttpRequest) -> bool:
        """Return whether allauth asks for a second factor and `is_needed` agrees."""
        return super()._should_handle(request) and self.is_needed()


class StateMixin:
    _process: Any

    @property
    def state(self) -> dict[str, Any]:
        """Return what the session stores about an emailed code, such as `email`."""
        state: dict[str, Any] = self._process.state
        return state


class ConfirmLoginCodeView(StateMixin, views.ConfirmLoginCodeView):
    @property
    def is_resending(self) -> bool:
        return self._action == "resend"

    def user_to_log_in(self, user: Any) -> Any:
        """Return the user that the correct code for this account logs in."""
        return user

    def _verify_form_valid(self, form: Any) -> HttpResponse:
        """Log in the user that `user_to_log_in` returns, now that the code was correct."""
        if self._process.user:
            self._process._user = self.user_to_log_in(self._process.user)
        response: HttpResponse = super()._verify_form_valid(form)
        return response


class ConfirmPasswordResetCodeView(StateMixin, views.ConfirmPasswordResetCodeView): ...
