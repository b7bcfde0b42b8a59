"""Issued codes and tokens, each with the person and the error chosen for it."""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from demo.identity_provider.people import Person

CODE_LIFETIME = 60


@dataclass(frozen=True)
class AuthorizationRequest:
    """A site's request to the authorization page."""

    service: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str = ""
    challenge: str = ""
    nonce: str = ""


@dataclass(frozen=True)
class Grant:
    authorization: AuthorizationRequest
    person: Person
    fault: str
    issued: float

    def accepts_verifier(self, verifier: str) -> bool:
        """Return whether the PKCE verifier is right (RFC 7636, S256); a code without a challenge needs none."""
        if not self.authorization.challenge:
            return True
        digest = hashlib.sha256(verifier.encode()).digest()
        expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return hmac.compare_digest(expected.encode(), self.authorization.challenge.encode())


class BadCode(Exception):
    """No grant for this code."""


class UsedCode(BadCode):
    """The code was used before."""


class ExpiredCode(BadCode):
    """The code is older than a minute."""


class Grants:
    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self._lock = threading.Lock()
        self._codes: dict[str, Grant] = {}
        self._used: set[str] = set()
        self._tokens: dict[str, Grant] = {}

    def issue_code(self, authorization: AuthorizationRequest, person: Person, fault: str = "") -> str:
        """Return a new authorization code for a person, with the error `fault` that will follow, if one was chosen."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._codes[code] = Grant(authorization, person, fault, self.clock())
        return code

    def redeem(self, service: str, code: str) -> Grant:
        """Use up a code and return its grant. Raises BadCode."""
        with self._lock:
            grant = self._codes.get(code)
            if not grant or grant.authorization.service != service:
                raise BadCode
            if code in self._used:
                raise UsedCode
            self._used.add(code)
        if self.clock() - grant.issued > CODE_LIFETIME:
            raise ExpiredCode
        return grant

    def issue_token(self, grant: Grant, prefix: str = "") -> str:
        """Return a new access token."""
        token = prefix + secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = grant
        return token

    def find_grant(self, service: str, token: str) -> Grant | None:
        """Return the grant of a service's access token, or None."""
        grant = self._tokens.get(token)
        return grant if grant and grant.authorization.service == service else None
