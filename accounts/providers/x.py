"""X (Twitter): allauth's provider, which also requests the email address that X has confirmed.

Fields and scope: X API v2, `GET /2/users/me`; `confirmed_email` comes with the scope `users.email`.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.twitter_oauth2.provider import TwitterOAuth2Account, TwitterOAuth2Provider
from allauth.socialaccount.providers.twitter_oauth2.views import TwitterOAuth2Adapter

from accounts.providers.requests import FromSettings


class XAdapter(TwitterOAuth2Adapter):
    authorize_url = FromSettings("AUTHORIZE_URL", TwitterOAuth2Adapter.authorize_url)
    access_token_url = FromSettings("ACCESS_TOKEN_URL", TwitterOAuth2Adapter.access_token_url)
    profile_url = FromSettings("PROFILE_URL", TwitterOAuth2Adapter.profile_url)


class XAccount(TwitterOAuth2Account):
    def get_avatar_url(self) -> str | None:
        """Return the URL of the 400-pixel picture; X sends that of a 48-pixel one."""
        url = super().get_avatar_url()  # type: ignore[no-untyped-call]
        return url.replace("_normal.", "_400x400.") if isinstance(url, str) else None


class XProvider(TwitterOAuth2Provider):
    name = "X (Twitter)"
    account_class = XAccount
    oauth2_adapter_class = XAdapter

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return the address that X has confirmed, as verified; X sends no other."""
        email = data.get("confirmed_email")
        return [EmailAddress(email=email, verified=True, primary=True)] if isinstance(email, str) and email else []
