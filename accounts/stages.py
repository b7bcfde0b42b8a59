"""A step of logging in that differs from allauth's."""

from allauth.account.stages import EmailVerificationStage
from django.http import HttpResponse


class AddressStage(EmailVerificationStage):
    """Somebody whom the owner made without an address has none to prove."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        return super().handle() if self.login.user.email or self.login.email else (None, True)
