"""What the services have in common: the question at the authorise page, and the way back to the site."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from django.utils.translation import gettext_noop as _

from demo.identity_provider import pictures
from demo.identity_provider.grants import Asked, Grant, Grants
from demo.identity_provider.people import PEOPLE, Person
from demo.identity_provider.wire import Answer, Request

CLIENT = SECRET = "demo"  # noqa: S105 - every service takes this pair
LOOPBACK = {"127.0.0.1", "localhost"}
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

# What may be wrong with the question itself, and what a developer does about it
PROBLEMS = {
    "client": _("Unknown client ID. The demo provider accepts only “demo”."),
    "redirect": _("The redirect URI must be on this machine: 127.0.0.1 or localhost."),
    "type": _("The site must send response_type=code."),
    "state": _("The site must send a state."),
    "challenge": _("The site must send a code_challenge with code_challenge_method=S256."),
    "scope": _("The site requested a scope that does not exist or left out a required one."),
}
AT_ONCE = {"client", "redirect"}  # nobody is sent back to an address that is not trusted


class Unasked(Exception):
    """The question is wrong; `problem` is one of PROBLEMS."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Service(ABC):
    key: ClassVar[str]
    name: ClassVar[str]
    authorize: ClassVar[str]
    token: ClassVar[str]
    token_methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    me: ClassVar[str]
    scopes: ClassVar[Mapping[str, str]]  # with what they let the site see
    default_type: ClassVar[str] = ""
    digits: ClassVar[int]  # of its ids
    says: ClassVar[Mapping[str, str]]  # its own words for a problem; "" for all others

    def __init__(self, base: str, grants: Grants) -> None:
        self.base = f"{base}/{self.key}"
        self.grants = grants

    @abstractmethod
    def exchange(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """A code for a token; raises Refused."""

    @abstractmethod
    def profile(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Who the token speaks for; raises Refused."""

    @abstractmethod
    def picture(self, request: Request) -> Answer | None:
        """At the addresses that profiles name."""

    def number(self, person: Person) -> str:
        """Its id of somebody."""
        return str(person.number(self.key, self.digits))

    def by_number(self, number: str) -> Person | None:
        return next((person for person in PEOPLE if self.number(person) == number), None)

    def other(self, request: Request) -> Answer | None:
        return self.picture(request)

    # The question

    def asked(self, request: Request) -> Asked:
        query = request.query
        if query.get("client_id") != CLIENT:
            raise Unasked("client")
        back = query.get("redirect_uri", "")
        if not is_loopback(back):
            raise Unasked("redirect")
        if query.get("response_type", self.default_type) != "code":
            raise Unasked("type")
        challenge = query.get("code_challenge", "")
        if challenge and not (query.get("code_challenge_method") == "S256" and CHALLENGE.fullmatch(challenge)):
            raise Unasked("challenge")
        scopes = self.split(query.get("scope", ""))
        self.check(query, scopes)
        return Asked(self.key, back, scopes, query.get("state", ""), challenge, query.get("nonce", ""))

    def split(self, scope: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(scope.split()))

    @abstractmethod
    def check(self, query: Mapping[str, str], scopes: tuple[str, ...]) -> None:
        """What only this service insists on; raises Unasked."""

    def refusal(self, problem: str) -> str:
        """In the service's own words."""
        return self.says.get(problem, self.says[""])

    def refused(self, request: Request, problem: str) -> str:
        """Where to send somebody whose site asked wrongly; nowhere: they are told on the page."""
        return ""

    # The way back

    def back(self, asked: Asked, **parameters: str) -> str:
        if asked.state:
            parameters.setdefault("state", asked.state)
        joint = "&" if urlsplit(asked.redirect_uri).query else "?"
        given = {name: value for name, value in parameters.items() if value}
        return f"{asked.redirect_uri}{joint}{urlencode(given)}"

    def denied(self, asked: Asked) -> str:
        return self.back(asked, error="access_denied")


def is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme in {"http", "https"} and not parts.fragment and not parts.username
        return is_whole and parts.hostname in LOOPBACK and (parts.port or 1) > 0
    except ValueError:
        return False


def picture_of(person: Person | None, size: str | int) -> Answer:
    return pictures.answer(person, int(size) if str(size).isdecimal() else 96)
