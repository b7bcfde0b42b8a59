"""allauth's only seam: what a log-in means here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import Commenter

VERIFY = "allauth.account.stages.EmailVerificationStage"


class AccountAdapter(DefaultAccountAdapter):
    def get_login_stages(self) -> list[str]:
        return ["accounts.stages.AddressStage" if stage == VERIFY else stage for stage in super().get_login_stages()]

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """Never made from the address: it stands in public ones."""
        return super().generate_unique_username(
            [text for text in txts if text and "@" not in text] or ["reader"], regex
        )

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        Commenter.objects.of(user)

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        user.username = user.username or self.generate_unique_username([user.name])
