"""Our variants of allauth's login stages."""

from allauth.account.stages import EmailVerificationStage, LoginByCodeStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.allauth_private import AuthenticateStage, LoginCodeVerificationProcess
from accounts.login import attempts, mfa
from accounts.models import User


class CodeStage(LoginByCodeStage):
    """Requires an emailed code after the right password while strangers guess at the account."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        email = attempts.code_address(self.request, user) if isinstance(user, User) and not self.state else ""
        if not email:
            return super().handle()  # type: ignore[no-untyped-call, no-any-return]
        LoginCodeVerificationProcess.initiate(request=self.request, user=user, email=email, stage=self)
        return redirect("account_confirm_login_code"), True


class AddressStage(EmailVerificationStage):
    """Skips email verification for users whom the owner created without an address."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if not self.login.email and not getattr(self.login.user, "email", ""):
            return None, True
        return super().handle()  # type: ignore[no-untyped-call, no-any-return]


class SecondFactorStage(AuthenticateStage):
    """Does not require the passkey of a reader, who may have added it on another device."""

    def is_needed(self) -> bool:
        return isinstance(self.login.user, User) and mfa.is_required_for(self.login.user)
