"""Codes and tokens that were handed out, each with the person and the trouble that were picked for it."""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from demo.identity_provider.people import Person

SECONDS = 60


@dataclass(frozen=True)
class Asked:
    """What a site asks for at the authorise page."""

    service: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str = ""
    challenge: str = ""
    nonce: str = ""


@dataclass(frozen=True)
class Grant:
    asked: Asked
    person: Person
    trouble: str
    issued: float

    def is_proved_by(self, verifier: str) -> bool:
        """PKCE, S256 (RFC 7636); a code that was asked for without a challenge needs no proof."""
        if not self.asked.challenge:
            return True
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return hmac.compare_digest(made.encode(), self.asked.challenge.encode())


class BadCode(Exception):
    """No grant for this code."""


class UsedCode(BadCode):
    """It was good once."""


class ExpiredCode(BadCode):
    """It was good for a minute."""


class Grants:
    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self._lock = threading.Lock()
        self._codes: dict[str, Grant] = {}
        self._used: set[str] = set()
        self._tokens: dict[str, Grant] = {}

    def issue(self, asked: Asked, person: Person, trouble: str = "") -> str:
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._codes[code] = Grant(asked, person, trouble, self.clock())
        return code

    def use(self, service: str, code: str) -> Grant:
        """What this code stands for, once."""
        with self._lock:
            grant = self._codes.get(code)
            if not grant or grant.asked.service != service:
                raise BadCode
            if code in self._used:
                raise UsedCode
            self._used.add(code)
        if self.clock() - grant.issued > SECONDS:
            raise ExpiredCode
        return grant

    def token(self, grant: Grant, beginning: str = "") -> str:
        token = beginning + secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = grant
        return token

    def of(self, service: str, token: str) -> Grant | None:
        grant = self._tokens.get(token)
        return grant if grant and grant.asked.service == service else None
