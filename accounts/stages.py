"""A step of logging in that differs from allauth's."""

from allauth.account.stages import EmailVerificationStage
from django.http import HttpResponse


class AddressStage(EmailVerificationStage):
    """Somebody whom the owner made without an address has none to prove."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if not self.login.email and not getattr(self.login.user, "email", ""):
            return None, True
        return super().handle()  # type: ignore[no-untyped-call, no-any-return]
