"""Facebook: allauth's provider, with working PKCE and without silhouettes as pictures.

allauth requests the token by GET, which drops the code verifier, and reads Facebook's URLs only once.
"""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.facebook.constants import GRAPH_API_URL
from allauth.socialaccount.providers.facebook.flows import compute_appsecret_proof
from allauth.socialaccount.providers.facebook.provider import FacebookAccount as Account
from allauth.socialaccount.providers.facebook.provider import FacebookProvider as Provider
from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter
from django.http import HttpRequest

from accounts.providers.requests import FromSettings, get_json


class FacebookAdapter(FacebookOAuth2Adapter):
    authorize_url = FromSettings("AUTHORIZE_URL", FacebookOAuth2Adapter.provider_default_auth_url)
    graph_url = FromSettings("GRAPH_API_URL", GRAPH_API_URL)
    access_token_method = "POST"  # noqa: S105

    @property
    def access_token_url(self) -> str:  # type: ignore[override]
        return f"{self.graph_url}/oauth/access_token"

    def complete_login(self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Fetch the person's profile from Facebook, and return allauth's login."""
        provider: Any = get_adapter(request).get_provider(request, self.provider_id)
        proof, fields = compute_appsecret_proof(app, token), ",".join(provider.get_fields())
        parameters = {"fields": fields, "access_token": token.token, "appsecret_proof": proof}
        data = get_json(f"{self.graph_url}/me", params=parameters)
        return provider.sociallogin_from_response(request, data)  # type: ignore[no-any-return]


class FacebookAccount(Account):
    def get_avatar_url(self) -> str | None:
        """Return the picture's URL, or None for the placeholder of people without a picture."""
        picture: Any = self.account.extra_data.get("picture")
        data = picture.get("data") if isinstance(picture, dict) else None
        if not isinstance(data, dict) or data.get("is_silhouette"):
            return None
        return str(data.get("url") or "")


class FacebookProvider(Provider):
    account_class = FacebookAccount
    oauth2_adapter_class = FacebookAdapter
