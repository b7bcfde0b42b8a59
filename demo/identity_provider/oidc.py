"""Demo ID: an OpenID Connect server (OpenID Connect Core 1.0 and Discovery 1.0).

An invalid request is returned to the site as an error (Core 3.1.2.6), unless the client or redirect URI is wrong.
Claims follow the scopes `profile` and `email` (Core 5.4); the id_token is signed by RS256 with
a key made at each start and contains the nonce; `email_verified` can be trusted. Clients authenticate by HTTP Basic or
in the body; a wrong one is 401 invalid_client, a bad code 400 invalid_grant (RFC 6749,
5.2), a bad token 401 with WWW-Authenticate (RFC 6750, 3).
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils.translation import gettext_noop as _

from demo.identity_provider.grants import AuthorizationRequest, BadCode, Grant, Grants
from demo.identity_provider.http_messages import ErrorResponse, Request, Response, json_response
from demo.identity_provider.people import Picture, find_person
from demo.identity_provider.pictures import picture_response
from demo.identity_provider.service import CLIENT, CREDENTIALS, NEVER_REDIRECTED, InvalidAuthorization, Service

ERRORS = {"type": "unsupported_response_type", "scope": "invalid_scope"}
PICTURE = re.compile(r"/pictures/(\w+)")
HOUR = 3600


class DemoID(Service):
    key = "oidc"
    digits = 12
    name = "Demo ID"
    authorize_path = "/authorize"
    token_path = "/token"  # noqa: S105
    profile_path = "/userinfo"
    scopes = {
        "openid": _("your identity"),
        "profile": _("your name, handle and picture"),
        "email": _("your email address"),
    }
    error_messages = {"": "Invalid request."}

    def __init__(self, base: str, grants: Grants) -> None:
        super().__init__(base, grants)
        self.kid = secrets.token_hex(8)
        self._key_lock = Lock()
        self._key: rsa.RSAPrivateKey | None = None

    def signing_key(self) -> rsa.RSAPrivateKey:
        """Return the private key, which the first call generates."""
        with self._key_lock:  # simultaneous requests get the same key
            self._key = self._key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
            return self._key

    def check_authorization(self, query: Mapping[str, str], scopes: tuple[str, ...]) -> None:
        """Require the scope `openid`."""
        if "openid" not in scopes:
            raise InvalidAuthorization("scope")

    def error_redirect(self, request: Request, problem: str) -> str:
        """Return the redirect with an OpenID Connect error, unless the client is not trusted."""
        if problem in NEVER_REDIRECTED:
            return ""
        query = request.query
        authorization = AuthorizationRequest(self.key, query["redirect_uri"], (), query.get("state", ""))
        return self.callback_url(authorization, error=ERRORS.get(problem, "invalid_request"))

    def exchange(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Exchange a code for a token; return its grant and the response's fields. Raises ErrorResponse."""
        form = request.form
        if (request.basic_credentials or (form.get("client_id"), form.get("client_secret"))) != CREDENTIALS:
            raise error_response("invalid_client", HTTPStatus.UNAUTHORIZED, WWW_Authenticate='Basic realm="Demo ID"')
        if form.get("grant_type") != "authorization_code":
            raise error_response("unsupported_grant_type")
        try:
            grant = self.grants.redeem(self.key, form.get("code", ""))
        except BadCode:
            raise error_response("invalid_grant") from None
        is_same = form.get("redirect_uri") == grant.authorization.redirect_uri
        if not is_same or not grant.accepts_verifier(form.get("code_verifier", "")):
            raise error_response("invalid_grant")
        return grant, {
            "access_token": self.grants.issue_token(grant),
            "token_type": "Bearer",
            "expires_in": HOUR,
            "id_token": self.id_token(grant),
            "scope": " ".join(grant.authorization.scopes),
        }

    def id_token(self, grant: Grant) -> str:
        """Return the signed id_token with the claims that the scopes permit."""
        now = int(time.time())
        claims = {
            "iss": self.base,
            "aud": CLIENT,
            "iat": now,
            "auth_time": now,
            "exp": now + HOUR,
            "jti": secrets.token_urlsafe(16),
            **self.claims(grant),
        }
        if grant.authorization.nonce:
            claims["nonce"] = grant.authorization.nonce
        return jwt.encode(claims, self.signing_key(), algorithm="RS256", headers={"kid": self.kid})

    def profile(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Return the grant of an access token, and the fields of its person's profile. Raises ErrorResponse."""
        grant = self.grants.find_grant(self.key, request.bearer_token)
        if not grant:
            challenge = 'Bearer error="invalid_token"' if request.bearer_token else "Bearer"
            raise error_response("invalid_token", HTTPStatus.UNAUTHORIZED, WWW_Authenticate=challenge)
        return grant, self.claims(grant)

    def claims(self, grant: Grant) -> dict[str, Any]:
        """Return the claims that the scopes permit."""
        person, scopes = grant.person, grant.authorization.scopes
        claims: dict[str, Any] = {"sub": f"demo-{self.user_id(person)}"}
        if "profile" in scopes:
            claims |= {
                "name": person.name,
                "given_name": person.first_name,
                "family_name": person.last_name,
                "preferred_username": person.handle,
                "profile": f"{self.base}/people/{person.handle}",
                "locale": "en",
            }
            if person.picture is not Picture.NONE:
                claims["picture"] = f"{self.base}/pictures/{person.handle}"
        if "email" in scopes and person.email:
            claims |= {"email": person.email, "email_verified": person.is_confirmed}
        return claims

    def extra_response(self, request: Request) -> Response | None:
        """Respond at the paths of the discovery document, the keys and the pictures."""
        match request.path:
            case "/.well-known/openid-configuration":
                return json_response(self.discovery_document())
            case "/jwks":
                return json_response({"keys": [self.public_key()]})
        return super().extra_response(request)

    def public_key(self) -> dict[str, Any]:
        """Return the key that checks id_tokens, as a JSON Web Key."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.signing_key().public_key()))
        return {**key, "kid": self.kid, "use": "sig", "alg": "RS256"}

    def discovery_document(self) -> dict[str, Any]:
        """Return the metadata at /.well-known/openid-configuration."""
        claims = "sub iss aud exp iat nonce name given_name family_name preferred_username profile picture locale"
        return {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}{self.authorize_path}",
            "token_endpoint": f"{self.base}{self.token_path}",
            "userinfo_endpoint": f"{self.base}{self.profile_path}",
            "jwks_uri": f"{self.base}/jwks",
            "scopes_supported": list(self.scopes),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": [*claims.split(), "email", "email_verified"],
            "code_challenge_methods_supported": ["S256"],
        }

    def serve_picture(self, request: Request) -> Response | None:
        match = PICTURE.fullmatch(request.path)
        found = find_person(match[1]) if match else None
        return picture_response(found, 256) if found else None


def error_response(error: str, status: int = HTTPStatus.BAD_REQUEST, **headers: str) -> ErrorResponse:
    """Return an OAuth error without a description."""
    return ErrorResponse(json_response({"error": error}, status, **headers))
