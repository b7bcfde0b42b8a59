"""WordPress.com, which allauth does not support: OAuth 2, then `GET /rest/v1.1/me/`.

Fields: developer.wordpress.com, "OAuth2 Authentication" and the reference of `/me`. Tokens are for one site; the scope
`auth` gives access to the identity only.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.base.provider import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.http import HttpRequest

from accounts.providers.requests import FromSettings, get_json

HOME = "https://public-api.wordpress.com"


class WordPressAdapter(OAuth2Adapter):
    provider_id = "wordpress"
    authorize_url = FromSettings("AUTHORIZE_URL", f"{HOME}/oauth2/authorize")
    access_token_url = FromSettings("ACCESS_TOKEN_URL", f"{HOME}/oauth2/token")
    profile_url = FromSettings("PROFILE_URL", f"{HOME}/rest/v1.1/me/")

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Fetch the person's profile from WordPress.com, and return allauth's login."""
        provider: Any = self.get_provider()  # type: ignore[no-untyped-call]
        data = get_json(self.profile_url, headers={"Authorization": f"Bearer {token.token}"})
        return provider.sociallogin_from_response(request, data)  # type: ignore[no-any-return]


class WordPressAccount(ProviderAccount):
    def get_profile_url(self) -> Any:
        return self.account.extra_data.get("profile_URL")

    def get_avatar_url(self) -> Any:
        return self.account.extra_data.get("avatar_URL")


class WordPressProvider(OAuth2Provider):
    id = "wordpress"
    name = "WordPress.com"
    account_class = WordPressAccount
    oauth2_adapter_class = WordPressAdapter
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return ["auth"]

    def extract_uid(self, data: dict[str, Any]) -> str:
        return str(data["ID"])

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"username": data.get("username"), "name": data.get("display_name"), "email": data.get("email")}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return the email address, which we do not trust WordPress.com to have verified."""
        email = data.get("email")
        return [EmailAddress(email=email, verified=False, primary=True)] if email else []
