"""allauth's only seam: what a log-in means here."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as account_context
from django.conf import settings
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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails speak of the site by the owner's name for it, not by the host that was asked."""
        site = SimpleNamespace(name=str(account_context.request.site), domain=urlsplit(settings.SITE_URL).netloc)
        super().send_mail(template_prefix, email, {"current_site": site, **context})

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        user.username = user.username or self.generate_unique_username([user.name])
