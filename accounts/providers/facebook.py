"""Facebook: allauth's provider, with PKCE carried through to the token and a picture of useful size.

allauth asks for the token by GET, and then drops the code's verifier.
"""

from typing import Any

from allauth.socialaccount.providers.facebook.provider import FacebookAccount as Account
from allauth.socialaccount.providers.facebook.provider import FacebookProvider as Provider
from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter


class FacebookAdapter(FacebookOAuth2Adapter):
    access_token_method = "POST"  # noqa: S105


class FacebookAccount(Account):
    def get_avatar_url(self) -> str | None:
        picture: Any = self.account.extra_data.get("picture")
        data = picture.get("data") if isinstance(picture, dict) else None
        if not isinstance(data, dict) or data.get("is_silhouette"):  # what it draws for those who have none
            return None
        return str(data.get("url") or "")


class FacebookProvider(Provider):
    account_class = FacebookAccount
    oauth2_adapter_class = FacebookAdapter
