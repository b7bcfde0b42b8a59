"""Our variants of allauth's login stages."""

from allauth.account.stages import EmailVerificationStage, LoginByCodeStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.allauth_private import AuthenticateStage, LoginCodeVerificationProcess
from accounts.login import attempts, mfa
from accounts.models import User


class CodeStage(LoginByCodeStage):
    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Require an emailed code after the right password while strangers guess at the account."""
        user = self.login.user
        email = attempts.code_address(self.request, user) if isinstance(user, User) and not self.state else ""
        if not email:
            return super().handle()  # type: ignore[no-untyped-call, no-any-return]
        LoginCodeVerificationProcess.initiate(request=self.request, user=user, email=email, stage=self)
        return redirect("account_confirm_login_code"), True


class AddressStage(EmailVerificationStage):
    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Skip email verification for users whom the owner created without an address."""
        if not self.login.email and not getattr(self.login.user, "email", ""):
            return None, True
        return super().handle()  # type: ignore[no-untyped-call, no-any-return]


class SecondFactorStage(AuthenticateStage):
    def is_needed(self) -> bool:
        """Return whether this login needs two-factor authentication; a reader's passkey may be on another device."""
        return isinstance(self.login.user, User) and mfa.is_required_for(self.login.user)
