"""Steps of logging in that differ from allauth's."""

from allauth.account.stages import EmailVerificationStage
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse

from accounts import factors
from accounts.models import User


class AddressStage(EmailVerificationStage):
    """Somebody whom the owner made without an address has none to prove."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if not self.login.email and not getattr(self.login.user, "email", ""):
            return None, True
        return super().handle()  # type: ignore[no-untyped-call, no-any-return]


class SecondFactorStage(AuthenticateStage):
    """A reader who added a passkey on one device is not kept out on the next."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        return super()._should_handle(request) and isinstance(user, User) and factors.is_asked_of(user)
