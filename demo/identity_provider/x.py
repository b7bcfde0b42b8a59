"""X (Twitter) with its API v2, imitated.

Sources:

- URLs, HTTP Basic and the scopes `users.read tweet.read`: allauth's twitter_oauth2. Without `tweet.read` the
  profile is 403 (pilcrowonpaper/arctic#44).
- `users.email` and `confirmed_email`, which is present only if the address is confirmed: X's announcement of April
  2025 (laravel/socialite#744, unasuke/omniauth-twitter2#10).
- `id`, `name` and `username` are always returned, other fields on request: docs.x.com, "User lookup: integrate".
- Picture URLs are those of the small `_normal` size, 48 pixels; there is `_400x400` as well, which public code uses
  instead.
- Token errors: "Missing valid authorization header" with 401 (tweepy/tweepy#2035), "Missing required
  parameter [code_verifier]." (xdevplatform/twitter-api-typescript-sdk#15), "Value passed for the authorization code
  was invalid." for used, expired and unknown codes alike (plhery/node-twitter-api-v2#496). "Value passed for the
  redirect uri did not match …" and "… for the code verifier did not match …" are from developers' notes.
- Profile errors are RFC 7807 problems (plhery/node-twitter-api-v2#425).
- `state` is required, up to 500 characters (from memory, not confirmed); so is PKCE, where we accept only S256.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_noop as _

from demo.identity_provider.grants import BadCode, Grant
from demo.identity_provider.http_messages import ErrorResponse, Request, Response, json_response
from demo.identity_provider.people import Person, Picture
from demo.identity_provider.pictures import picture_response
from demo.identity_provider.service import CREDENTIALS, InvalidAuthorization, Service, error_response

PROFILE_SCOPES = {"users.read", "tweet.read"}
FIELDS = {
    "affiliation", "confirmed_email", "connection_status", "created_at", "description", "entities", "id",
    "is_identity_verified", "location", "most_recent_tweet_id", "name", "parody", "pinned_tweet_id",
    "profile_banner_url", "profile_image_url", "protected", "public_metrics", "receives_your_dm",
    "subscription", "subscription_type", "url", "username", "verified", "verified_followers_count",
    "verified_type", "withheld",
}  # fmt: skip
ALWAYS = ("id", "name", "username")
IMAGE = re.compile(r"/profile_images/(\d+)/\w+?(?:_(normal|bigger|mini|400x400))?\.png")
OUTLINE = "/sticky/default_profile_images/default_profile_normal.png"
SIZES = {"mini": 24, "normal": 48, "bigger": 73, "400x400": 400, None: 800}
LONGEST_STATE = 500


class X(Service):
    key = "x"
    digits = 18
    name = "X (Twitter)"
    authorize_path = "/i/oauth2/authorize"
    token_path = "/2/oauth2/token"  # noqa: S105
    profile_path = "/2/users/me"
    scopes = {
        "users.read": _("your name, handle and picture"),
        "tweet.read": _("the posts you can see"),
        "users.email": _("your email address, if it is confirmed"),
        "offline.access": _("access until you revoke it"),
    }
    error_messages = {"": "Something went wrong. You weren’t able to give access to the App."}

    def check_authorization(self, query: Mapping[str, str], scopes: tuple[str, ...]) -> None:
        """Require a state, PKCE and known scopes."""
        if not 0 < len(query.get("state", "")) <= LONGEST_STATE:
            raise InvalidAuthorization("state")
        if not query.get("code_challenge"):
            raise InvalidAuthorization("challenge")
        if not scopes:
            raise InvalidAuthorization("scope")
        super().check_authorization(query, scopes)

    def exchange(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Exchange a code for a token; return its grant and the response's fields. Raises ErrorResponse."""
        form = request.form
        if request.basic_credentials != CREDENTIALS:
            raise error_response("unauthorized_client", "Missing valid authorization header", HTTPStatus.UNAUTHORIZED)
        for needed in ("grant_type", "code", "redirect_uri", "code_verifier"):
            if not form.get(needed):
                raise error_response("invalid_request", f"Missing required parameter [{needed}].")
        if form["grant_type"] != "authorization_code":
            raise error_response("unsupported_grant_type", "Value passed for the grant_type was invalid.")
        try:
            grant = self.grants.redeem(self.key, form["code"])
        except BadCode:
            raise error_response("invalid_request", "Value passed for the authorization code was invalid.") from None
        if form["redirect_uri"] != grant.authorization.redirect_uri:
            message = "Value passed for the redirect uri did not match the uri of the authorization code."
            raise error_response("invalid_request", message)
        if not grant.accepts_verifier(form["code_verifier"]):
            message = "Value passed for the code verifier did not match the code challenge"
            raise error_response("invalid_request", message)
        response = {
            "token_type": "bearer",
            "expires_in": 7200,
            "access_token": self.grants.issue_token(grant),
            "scope": " ".join(grant.authorization.scopes),
        }
        if "offline.access" in grant.authorization.scopes:
            response["refresh_token"] = self.grants.issue_token(grant, "refresh-")
        return grant, response

    def profile(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Return the grant of an access token, and the fields of its person's profile. Raises ErrorResponse."""
        grant = self.grants.find_grant(self.key, request.bearer_token)
        if not grant:
            raise problem_response(HTTPStatus.UNAUTHORIZED)
        if not set(grant.authorization.scopes) >= PROFILE_SCOPES:
            raise problem_response(HTTPStatus.FORBIDDEN)
        requested = [field for field in request.query.get("user.fields", "").split(",") if field]
        if unknown := [field for field in requested if field not in FIELDS]:
            raise ErrorResponse(json_response(unknown_fields_problem(unknown), HTTPStatus.BAD_REQUEST))
        user = self.profile_fields(grant)
        return grant, {"data": {field: user[field] for field in (*ALWAYS, *requested) if field in user}}

    def profile_fields(self, grant: Grant) -> dict[str, Any]:
        """Return all fields that the scopes permit."""
        person = grant.person
        user = {
            "id": self.user_id(person),
            "name": person.name,
            "username": person.handle,
            "created_at": "2019-03-02T08:15:00.000Z",
            "description": "",
            "verified": False,
            "verified_type": "none",
            "protected": False,
            "profile_image_url": self.picture_url(person),
            "public_metrics": {"followers_count": 41, "following_count": 63, "tweet_count": 907, "listed_count": 1},
        }
        if "users.email" in grant.authorization.scopes and person.email and person.is_confirmed:
            user["confirmed_email"] = person.email
        return user

    def picture_url(self, person: Person) -> str:
        """Return the URL of a person's small picture."""
        if person.picture is Picture.NONE:
            return f"{self.base}{OUTLINE}"
        return f"{self.base}/profile_images/{self.user_id(person)}/{person.handle}_normal.png"

    def serve_picture(self, request: Request) -> Response | None:
        if request.path == OUTLINE:
            return picture_response(None, SIZES["normal"])
        match = IMAGE.fullmatch(request.path)
        person = self.person_by_id(match[1]) if match else None
        return picture_response(person, SIZES[match[2]]) if match and person else None


def problem_response(status: HTTPStatus) -> ErrorResponse:
    """Return an error as an RFC 7807 problem."""
    body = {"title": status.phrase, "type": "about:blank", "status": status.value, "detail": status.phrase}
    return ErrorResponse(json_response(body, status, "application/problem+json"))


def unknown_fields_problem(unknown: list[str]) -> dict[str, Any]:
    """Return the problem that X describes for requested fields that don't exist."""
    message = f"The `user.fields` query parameter value [{unknown[0]}] is not one of [{','.join(sorted(FIELDS))}]"
    return {
        "errors": [{"parameters": {"user.fields": unknown}, "message": message}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }
