"""WordPress.com's OAuth 2 endpoints and REST API v1.1, imitated.

Sources:

- URLs, id and secret in the body, `scope=auth` for a login, `error=access_denied`: developer.wordpress.com,
  "OAuth2 authentication" and "WordPress.com Connect"; allauth has no such provider.
- The token response has blog_id and blog_url as text, scope, and no expires_in: the same pages, and
  wordpress-mobile/WordPress-FluxC-Android, WPcomAuthorizationCodeResponse.
- The profile's fields, `ID` a number, `avatar_URL` with `?s=96&d=identicon`: responses of /rest/v1.1/me in public code.
  `email_verified` says whether the address is confirmed; `verified` is about the account.
- Errors: {"error", "error_description"} with 400 at the token, such as "Mismatch in redirect_uri.", and
  {"error", "message"} at the API: "The OAuth2 token is invalid.", "That API call is not allowed for this account."
  The other messages are not confirmed.
- PKCE is not documented for these endpoints; here it is checked if a challenge was sent.
"""

import re
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_noop as _

from demo.identity_provider.grants import BadCode, Grant
from demo.identity_provider.http_messages import ErrorResponse, Request, Response, json_response
from demo.identity_provider.pictures import picture_response
from demo.identity_provider.service import CLIENT, SECRET, Service, error_response

AVATAR = re.compile(r"/avatar/(\d+)")


class WordPress(Service):
    key = "wordpress"
    digits = 9
    name = "WordPress.com"
    authorize_path = "/oauth2/authorize"
    token_path = "/oauth2/token"  # noqa: S105
    profile_path = "/rest/v1.1/me"
    scopes = {
        "auth": _("your name, email address and picture"),
        "global": _("permission to act as you on all your sites"),
    }
    error_messages = {
        "": "Invalid request, please go back and try again. Error Code: invalid_request",
        "client": "Invalid request, please go back and try again. Error Code: invalid_client",
        "redirect": "Error Code: invalid_request. Error Message: Mismatch in redirect_uri.",
    }

    def exchange(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Exchange a code for a token; return its grant and the response's fields. Raises ErrorResponse."""
        form = request.form
        for needed in ("client_id", "client_secret", "grant_type", "code", "redirect_uri"):
            if not form.get(needed):
                raise error_response("invalid_request", f'The required "{needed}" parameter is missing.')
        if form["client_id"] != CLIENT:
            raise error_response("invalid_client", "Unknown client_id.")
        if form["client_secret"] != SECRET:
            raise error_response("invalid_client", "Incorrect client_secret.")
        if form["grant_type"] != "authorization_code":
            raise error_response("unsupported_grant_type", "The grant_type is not supported.")
        try:
            grant = self.grants.redeem(self.key, form["code"])
        except BadCode:
            raise error_response("invalid_grant", "Invalid authorization_code.") from None
        if form["redirect_uri"] != grant.authorization.redirect_uri:
            raise error_response("invalid_request", "Mismatch in redirect_uri.")
        if not grant.accepts_verifier(form.get("code_verifier", "")):
            raise error_response("invalid_grant", "Invalid code_verifier.")
        return grant, {
            "access_token": self.grants.issue_token(grant),
            "token_type": "bearer",
            "blog_id": str(grant.person.id_at("blog", 9)),
            "blog_url": self.blog_url(grant),
            "scope": " ".join(grant.authorization.scopes),
        }

    def profile(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Return the grant of an access token, and the fields of its person's profile. Raises ErrorResponse."""
        if not request.bearer_token:
            message = "An active access token must be used to query information about the current user."
            raise api_error_response("authorization_required", message, HTTPStatus.FORBIDDEN)
        grant = self.grants.find_grant(self.key, request.bearer_token)
        if not grant:
            raise api_error_response("invalid_token", "The OAuth2 token is invalid.", HTTPStatus.BAD_REQUEST)
        if not set(grant.authorization.scopes) & set(self.scopes):
            message = "That API call is not allowed for this account."
            raise api_error_response("unauthorized", message, HTTPStatus.FORBIDDEN)
        return grant, self.profile_fields(grant)

    def profile_fields(self, grant: Grant) -> dict[str, Any]:
        """Return the fields of /me."""
        person = grant.person
        identity = int(self.user_id(person))
        url = f"{self.base}{self.profile_path}"
        return {
            "ID": identity,
            "display_name": person.name,
            "username": person.username,
            "email": person.email,
            "primary_blog": person.id_at("blog", 9),
            "primary_blog_url": self.blog_url(grant),
            "primary_blog_is_jetpack": False,
            "language": "en",
            "locale_variant": "",
            "token_site_id": False,
            "token_scope": list(grant.authorization.scopes),
            "avatar_URL": f"{self.base}/avatar/{identity}?s=96&d=identicon",
            "profile_URL": f"{self.base}/profile/{person.username}",
            "verified": person.is_confirmed,
            "email_verified": bool(person.email) and person.is_confirmed,
            "date": "2019-06-03T15:57:15-07:00",
            "site_count": 1,
            "visible_site_count": 1,
            "has_unseen_notes": False,
            "newest_note_type": "",
            "phone_account": False,
            "meta": {"links": {"self": url, "help": f"{url}/help"}},
            "is_valid_google_apps_country": True,
            "user_ip_country_code": "",
            "social_login_connections": None,
        }

    def blog_url(self, grant: Grant) -> str:
        """Return the URL of the person's main blog."""
        return f"{self.base}/blog/{grant.person.username}"

    def serve_picture(self, request: Request) -> Response | None:
        match = AVATAR.fullmatch(request.path)
        person = self.person_by_id(match[1]) if match else None
        return picture_response(person, request.query.get("s", "80")) if person else None


def api_error_response(error: str, message: str, status: int) -> ErrorResponse:
    """Return an error of the REST API."""
    return ErrorResponse(json_response({"error": error, "message": message}, status))
