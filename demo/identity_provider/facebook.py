"""Facebook's login dialog and Graph API v24.0, imitated.

Sources:

- URLs, commas between scopes, `appsecret_proof` and a token request by GET: allauth's facebook. PKCE is checked if a
  challenge was sent; allauth's GET drops the verifier then, and Facebook refuses.
- Only the requested fields and `id` are returned; a field without permission is silently left out (`email` without
  the scope or an address, `link` without `user_link`), an unknown one is error 100; `public_profile` is always granted,
  an unknown scope stops the dialog; `picture.width(256)` returns data: url, height, width and is_silhouette, and the
  url expires after some weeks: Graph API reference, from memory.
- Errors are {"error": {message, type, code, error_subcode, fbtrace_id}} with 400: "This authorization code has been
  used." is 100 (laravel/socialite#385), another redirect_uri 100 with 36008, a wrong secret 1, an unknown app 101, bad
  token 190, a wrong proof GraphMethodException 100 (all in public code), a verifier without a challenge 1
  (better-auth/better-auth#186), a wrong one "Invalid code verifier…" (expo/expo#15980). From memory: 191 for no
  redirect_uri, 2500 for no token, the subcodes 36007 (expired) and 36009 (used), the code of a wrong verifier.
- Denial returns error_reason=user_denied, error_code=200, "Permissions error" (ngrx/store#160); every return URL ends
  with `#_=_` (jaredhanson/passport#378), which browsers keep through later redirects.
- `email` does not say whether it is confirmed.
"""

import hashlib
import hmac
import re
import secrets
import time
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_noop as _

from demo.identity_provider.grants import AuthorizationRequest, BadCode, ExpiredCode, Grant, UsedCode
from demo.identity_provider.http_messages import ErrorResponse, Request, Response, json_response
from demo.identity_provider.people import Person, Picture
from demo.identity_provider.pictures import picture_response
from demo.identity_provider.service import CLIENT, SECRET, Service

FIELD = re.compile(r"(\w+)((?:\.\w+\([\w, ]*\))*)(?:\{[\w, ]*\})?")
SIZE = re.compile(r"\.(width|height)\((\d{1,4})\)")
DEFAULT_FIELDS = "id,name"
SIXTY_DAYS = 60 * 60 * 24 * 60
NODE_FIELDS = {
    *("id", "name", "first_name", "middle_name", "last_name", "name_format", "short_name", "email", "link", "picture"),
    *("verified", "locale", "timezone", "gender", "updated_time", "birthday", "hometown", "location", "age_range"),
}


class Facebook(Service):
    key = "facebook"
    digits = 17
    name = "Facebook"
    authorize_path = "/v24.0/dialog/oauth"
    token_path = "/v24.0/oauth/access_token"  # noqa: S105
    token_methods = frozenset({"GET", "POST"})
    profile_path = "/v24.0/me"
    default_type = "code"
    scopes = {
        "public_profile": _("your name and picture"),
        "email": _("your email address"),
        "user_link": _("the link to your profile"),
    }
    error_messages = {
        "": "Sorry, something went wrong.",
        "client": "Invalid App ID: The provided app ID does not look like a valid app ID.",
        "redirect": "URL blocked: the redirect URI is not allowed in the app’s client OAuth settings.",
        "scope": "Invalid Scopes. This message is only shown to developers.",
    }

    def split_scopes(self, scope: str) -> tuple[str, ...]:
        """Split scopes at commas and spaces; `public_profile` is always granted."""
        return tuple(dict.fromkeys(["public_profile", *filter(None, re.split(r"[,\s]+", scope))]))

    def callback_url(self, authorization: AuthorizationRequest, **parameters: str) -> str:
        """Return the redirect to the site with `#_=_` at its end, as Facebook does."""
        return f"{super().callback_url(authorization, **parameters)}#_=_"

    def denial_url(self, authorization: AuthorizationRequest) -> str:
        """Return the redirect for a person who denies access, with Facebook's own error fields."""
        return self.callback_url(
            authorization,
            error="access_denied",
            error_code="200",
            error_description="Permissions error",
            error_reason="user_denied",
        )

    def exchange(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Exchange a code for a token; return its grant and the response's fields. Raises ErrorResponse."""
        parameters = {**request.query, **request.form}
        if parameters.get("client_id") != CLIENT:
            raise graph_error("Error validating application. Cannot get application info due to a system error.", 101)
        if parameters.get("client_secret") != SECRET:
            raise graph_error("Error validating client secret.", 1)
        if not parameters.get("redirect_uri"):
            raise graph_error("Missing redirect_uri parameter.", 191)
        grant = self.redeem_code(parameters.get("code", ""))
        if parameters["redirect_uri"] != grant.authorization.redirect_uri:
            advice = "Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request"
            raise graph_error(f"Error validating verification code. {advice}", 100, 36008)
        verifier = parameters.get("code_verifier", "")
        if verifier and not grant.authorization.challenge:
            raise graph_error("code_verifier param is provided without a code_challenge in authorization request.", 1)
        if not grant.accepts_verifier(verifier):
            raise graph_error("Invalid code verifier.", 1)
        token = self.grants.issue_token(grant, "EAA")
        return grant, {"access_token": token, "token_type": "bearer", "expires_in": SIXTY_DAYS}

    def redeem_code(self, code: str) -> Grant:
        """Return the code's grant, or raise Facebook's error for it."""
        try:
            return self.grants.redeem(self.key, code)
        except UsedCode:
            raise graph_error("This authorization code has been used.", 100, 36009) from None
        except ExpiredCode:
            raise graph_error("This authorization code has expired.", 100, 36007) from None
        except BadCode:
            raise graph_error("Invalid verification code format.", 100, 36009) from None

    def profile(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Return the grant of an access token, and the fields of its person's profile. Raises ErrorResponse."""
        token = request.query.get("access_token") or request.bearer_token
        if not token:
            message = "An active access token must be used to query information about the current user."
            raise graph_error(message, 2500)
        grant = self.grants.find_grant(self.key, token)
        if not grant:
            raise graph_error("Invalid OAuth access token - Cannot parse access token", 190)
        check_proof(token, request.query.get("appsecret_proof"))
        user = self.profile_fields(grant)
        response = {}
        for name, modifiers in parse_fields(request.query.get("fields") or DEFAULT_FIELDS):
            if name == "picture":
                user["picture"] = self.picture_field(grant.person, modifiers)
            if name in user:
                response[name] = user[name]
        return grant, {**response, "id": user["id"]}

    def profile_fields(self, grant: Grant) -> dict[str, Any]:
        """Return all fields that the scopes permit."""
        person, scopes = grant.person, grant.authorization.scopes
        identity = self.user_id(person)
        user: dict[str, Any] = {
            "id": identity,
            "name": person.name,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "short_name": person.first_name,
            "name_format": "{first} {last}",
        }
        if "email" in scopes and person.email:
            user["email"] = person.email
        if "user_link" in scopes:
            user["link"] = f"{self.base}/app_scoped_user_id/{identity}/"
        return user

    def picture_field(self, person: Person, modifiers: str) -> dict[str, Any]:
        """Return the `picture` field in the size that the modifiers ask for."""
        sizes = dict(SIZE.findall(modifiers))
        width = int(sizes.get("width") or sizes.get("height") or 50)
        expires = int(time.time()) + SIXTY_DAYS // 2
        query = f"asid={self.user_id(person)}&height={width}&width={width}&ext={expires}&hash=Abg"
        return {
            "data": {
                "height": width,
                "is_silhouette": person.picture is Picture.NONE,
                "url": f"{self.base}/platform/profilepic/?{query}",
                "width": width,
            }
        }

    def serve_picture(self, request: Request) -> Response | None:
        if request.path != "/platform/profilepic/":
            return None
        person = self.person_by_id(request.query.get("asid", ""))
        return picture_response(person, request.query.get("width", "50")) if person else None


def parse_fields(fields: str) -> list[tuple[str, str]]:
    """Parse `id,name,picture.width(256)` into names and their modifiers."""
    found = [(match[1], match[2]) for match in FIELD.finditer(fields)]
    for name, _modifiers in found:
        if name not in NODE_FIELDS:
            raise graph_error(f"(#100) Tried accessing nonexisting field ({name}) on node type (User)", 100)
    return found


def check_proof(token: str, proof: str | None) -> None:
    """Check the HMAC of the token, which calls from a server need. Raises ErrorResponse."""
    if proof is None:
        message = "API calls from the server require an appsecret_proof argument"
        raise graph_error(message, 100, kind="GraphMethodException")
    expected = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), proof.encode()):
        message = "Invalid appsecret_proof provided in the API argument"
        raise graph_error(message, 100, kind="GraphMethodException")


def graph_error(message: str, code: int, subcode: int = 0, kind: str = "OAuthException") -> ErrorResponse:
    """Return an error of the Graph API."""
    body = {"message": message, "type": kind, "code": code, "fbtrace_id": secrets.token_urlsafe(8)}
    if subcode:
        body["error_subcode"] = subcode
    return ErrorResponse(json_response({"error": body}, HTTPStatus.BAD_REQUEST))
