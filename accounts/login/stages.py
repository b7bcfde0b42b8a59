"""Steps of logging in that differ from allauth's."""

from allauth.account.stages import EmailVerificationStage, LoginByCodeStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.allauth_private import AuthenticateStage, LoginCodeVerificationProcess
from accounts.login import attempts, mfa
from accounts.models import User


class CodeStage(LoginByCodeStage):
    """Ask for an emailed code after the right password while strangers guess at the account."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        email = attempts.code_address(self.request, user) if isinstance(user, User) and not self.state else ""
        if not email:
            return super().handle()  # type: ignore[no-untyped-call, no-any-return]
        LoginCodeVerificationProcess.initiate(request=self.request, user=user, email=email, stage=self)
        return redirect("account_confirm_login_code"), True


class AddressStage(EmailVerificationStage):
    """Somebody whom the owner made without an address has none to prove."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if not self.login.email and not getattr(self.login.user, "email", ""):
            return None, True
        return super().handle()  # type: ignore[no-untyped-call, no-any-return]


class SecondFactorStage(AuthenticateStage):
    """A reader who added a passkey on one device is not kept out on the next."""

    def is_needed(self) -> bool:
        return isinstance(self.login.user, User) and mfa.is_asked_of(self.login.user)
