"""Facebook, as its login dialog and Graph API v24.0 behave.

Where it comes from:

- Addresses, commas between scopes, `appsecret_proof` and a token request by GET: allauth's facebook. PKCE is checked
  when a challenge was sent; allauth's GET forgets the verifier then, and Facebook refuses.
- Only the fields that were asked for come, and `id`; one that the token has no permission for is left out without a
  word (`email` without the scope or without an address, `link` without `user_link`), one that does not exist is error
  100; `public_profile` is always granted, an unknown scope stops the dialog; `picture.width(256)` answers data: url,
  height, width and is_silhouette, and the url ends some weeks on: Graph API reference, from memory.
- Errors are {"error": {message, type, code, error_subcode, fbtrace_id}} with 400: "This authorization code has been
  used." is 100 (laravel/socialite#385), another redirect_uri 100 with 36008, a wrong secret 1, an unknown app 101, bad
  token 190, a wrong proof GraphMethodException 100 (all in public code that met them), a verifier without a challenge 1
  (better-auth/better-auth#186), a wrong one "Invalid code verifier…" (expo/expo#15980). From memory: 191 for no
  redirect_uri, 2500 for no token, the subcodes 36007 (expired) and 36009 (used), the code of a wrong verifier.
- Who denies comes back with error_reason=user_denied, error_code=200, "Permissions error" (ngrx/store#160); whoever
  comes back has `#_=_` at the end of the address (jaredhanson/passport#378), which browsers carry through every
  redirect after it.
- `email` says nothing about whether it was confirmed.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.utils.translation import gettext_noop as _

from demo.identity_provider.grants import Asked, BadCode, ExpiredCode, Grant, UsedCode
from demo.identity_provider.people import Person, Picture
from demo.identity_provider.service import CLIENT, SECRET, Service, Unasked, picture_of
from demo.identity_provider.wire import Answer, Refused, Request, as_json

FIELD = re.compile(r"(\w+)((?:\.\w+\([\w, ]*\))*)(?:\{[\w, ]*\})?")
SIZE = re.compile(r"\.(width|height)\((\d{1,4})\)")
DEFAULT_FIELDS = "id,name"
WEEKS = 60 * 60 * 24 * 60
NODE_FIELDS = {
    *("id", "name", "first_name", "middle_name", "last_name", "name_format", "short_name", "email", "link", "picture"),
    *("verified", "locale", "timezone", "gender", "updated_time", "birthday", "hometown", "location", "age_range"),
}


class Facebook(Service):
    key = "facebook"
    digits = 17
    name = "Facebook"
    authorize = "/v24.0/dialog/oauth"
    token = "/v24.0/oauth/access_token"  # noqa: S105
    token_methods = frozenset({"GET", "POST"})
    me = "/v24.0/me"
    default_type = "code"
    scopes = {
        "public_profile": _("your name and picture"),
        "email": _("your email address"),
        "user_link": _("the link to your profile"),
    }
    says = {
        "": "Sorry, something went wrong.",
        "client": "Invalid App ID: The provided app ID does not look like a valid app ID.",
        "redirect": "URL blocked: the redirect URI is not allowed in the app’s client OAuth settings.",
        "scope": "Invalid Scopes. This message is only shown to developers.",
    }

    def split(self, scope: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(["public_profile", *filter(None, re.split(r"[,\s]+", scope))]))

    def check(self, query: Mapping[str, str], scopes: tuple[str, ...]) -> None:
        if not set(scopes) <= set(self.scopes):
            raise Unasked("scope")

    def back(self, asked: Asked, **parameters: str) -> str:
        return f"{super().back(asked, **parameters)}#_=_"

    def denied(self, asked: Asked) -> str:
        return self.back(
            asked,
            error="access_denied",
            error_code="200",
            error_description="Permissions error",
            error_reason="user_denied",
        )

    def exchange(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        given = {**request.query, **request.form}
        if given.get("client_id") != CLIENT:
            raise error("Error validating application. Cannot get application info due to a system error.", 101)
        if given.get("client_secret") != SECRET:
            raise error("Error validating client secret.", 1)
        if not given.get("redirect_uri"):
            raise error("Missing redirect_uri parameter.", 191)
        grant = self.used(given.get("code", ""))
        if given["redirect_uri"] != grant.asked.redirect_uri:
            words = "Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request"
            raise error(f"Error validating verification code. {words}", 100, 36008)
        verifier = given.get("code_verifier", "")
        if verifier and not grant.asked.challenge:
            raise error("code_verifier param is provided without a code_challenge in authorization request.", 1)
        if not grant.is_proved_by(verifier):
            raise error("Invalid code verifier.", 1)
        token = self.grants.token(grant, "EAA")
        return grant, {"access_token": token, "token_type": "bearer", "expires_in": WEEKS}

    def used(self, code: str) -> Grant:
        try:
            return self.grants.use(self.key, code)
        except UsedCode:
            raise error("This authorization code has been used.", 100, 36009) from None
        except ExpiredCode:
            raise error("This authorization code has expired.", 100, 36007) from None
        except BadCode:
            raise error("Invalid verification code format.", 100, 36009) from None

    def profile(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        token = request.query.get("access_token") or request.bearer
        if not token:
            words = "An active access token must be used to query information about the current user."
            raise error(words, 2500)
        grant = self.grants.of(self.key, token)
        if not grant:
            raise error("Invalid OAuth access token - Cannot parse access token", 190)
        check_proof(token, request.query.get("appsecret_proof"))
        known = self.user(grant)
        answer = {}
        for name, modifiers in wanted(request.query.get("fields") or DEFAULT_FIELDS):
            if name == "picture":
                known["picture"] = self.picture_field(grant.person, modifiers)
            if name in known:
                answer[name] = known[name]
        return grant, {**answer, "id": known["id"]}

    def user(self, grant: Grant) -> dict[str, Any]:
        person, scopes = grant.person, grant.asked.scopes
        identity = self.number(person)
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
        sizes = dict(SIZE.findall(modifiers))
        width = int(sizes.get("width") or sizes.get("height") or 50)
        end = int(time.time()) + WEEKS // 2
        query = f"asid={self.number(person)}&height={width}&width={width}&ext={end}&hash=Abg"
        return {
            "data": {
                "height": width,
                "is_silhouette": person.picture is Picture.NONE,
                "url": f"{self.base}/platform/profilepic/?{query}",
                "width": width,
            }
        }

    def picture(self, request: Request) -> Answer | None:
        if request.path != "/platform/profilepic/":
            return None
        person = self.by_number(request.query.get("asid", ""))
        return picture_of(person, request.query.get("width", "50")) if person else None


def wanted(fields: str) -> list[tuple[str, str]]:
    """Names and what is said of each, of `id,name,picture.width(256)`."""
    found = [(match[1], match[2]) for match in FIELD.finditer(fields)]
    for name, _modifiers in found:
        if name not in NODE_FIELDS:
            raise error(f"(#100) Tried accessing nonexisting field ({name}) on node type (User)", 100)
    return found


def check_proof(token: str, proof: str | None) -> None:
    if proof is None:
        words = "API calls from the server require an appsecret_proof argument"
        raise error(words, 100, kind="GraphMethodException")
    right = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right.encode(), proof.encode()):
        words = "Invalid appsecret_proof provided in the API argument"
        raise error(words, 100, kind="GraphMethodException")


def error(message: str, code: int, subcode: int = 0, kind: str = "OAuthException") -> Refused:
    words = {"message": message, "type": kind, "code": code, "fbtrace_id": secrets.token_urlsafe(8)}
    if subcode:
        words["error_subcode"] = subcode
    return Refused(as_json({"error": words}, HTTPStatus.BAD_REQUEST))
