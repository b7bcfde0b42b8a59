"""The base class of the imitated services: authorization requests and redirects back to the site."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from django.utils.translation import gettext_noop as _

from demo.identity_provider.grants import AuthorizationRequest, Grant, Grants
from demo.identity_provider.http_messages import ErrorResponse, Request, Response, json_response
from demo.identity_provider.people import PEOPLE, Person

CLIENT = SECRET = "demo"  # noqa: S105 - accepted by every service
CREDENTIALS = CLIENT, SECRET
LOOPBACK = {"127.0.0.1", "localhost"}
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

# What may be wrong with an authorization request, and how a developer fixes it
PROBLEMS = {
    "client": _("Unknown client ID. The demo provider accepts only “demo”."),
    "redirect": _("The redirect URI must be on this machine: 127.0.0.1 or localhost."),
    "type": _("The site must send response_type=code."),
    "state": _("The site must send the state parameter."),
    "challenge": _("The site must send a code_challenge with code_challenge_method=S256."),
    "scope": _("The site must request the required scopes and no unknown ones."),
}
NEVER_REDIRECTED = {"client", "redirect"}  # never redirect to an untrusted URL


class InvalidAuthorization(Exception):
    """The authorization request is invalid; `problem` is one of PROBLEMS."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Service(ABC):
    key: ClassVar[str]
    name: ClassVar[str]
    authorize_path: ClassVar[str]
    token_path: ClassVar[str]
    token_methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    profile_path: ClassVar[str]
    scopes: ClassVar[Mapping[str, str]]  # with what they give access to
    default_type: ClassVar[str] = ""
    digits: ClassVar[int]  # of its ids
    error_messages: ClassVar[Mapping[str, str]]  # the service's own message for a problem; "" for all others

    def __init__(self, base: str, grants: Grants) -> None:
        self.base = f"{base}/{self.key}"
        self.grants = grants

    @abstractmethod
    def exchange(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Exchange a code for a token; return its grant and the response's fields. Raises ErrorResponse."""

    @abstractmethod
    def profile(self, request: Request) -> tuple[Grant, dict[str, Any]]:
        """Return the grant of an access token, and the fields of its person's profile. Raises ErrorResponse."""

    @abstractmethod
    def serve_picture(self, request: Request) -> Response | None:
        """Respond at the URLs of pictures in profiles; None for other paths."""

    def user_id(self, person: Person) -> str:
        """Return a person's id at this service."""
        return str(person.id_at(self.key, self.digits))

    def person_by_id(self, number: str) -> Person | None:
        """Return the person with this id at the service, or None."""
        return next((person for person in PEOPLE if self.user_id(person) == number), None)

    def extra_response(self, request: Request) -> Response | None:
        """Respond at the service's other paths, such as those of pictures; None for unknown ones."""
        return self.serve_picture(request)

    # The authorization request

    def parse_authorization(self, request: Request) -> AuthorizationRequest:
        """Return the checked parameters of a request to the authorization page. Raises InvalidAuthorization."""
        query = request.query
        if query.get("client_id") != CLIENT:
            raise InvalidAuthorization("client")
        redirect_uri = query.get("redirect_uri", "")
        if not is_loopback(redirect_uri):
            raise InvalidAuthorization("redirect")
        if query.get("response_type", self.default_type) != "code":
            raise InvalidAuthorization("type")
        challenge = query.get("code_challenge", "")
        if challenge and not (query.get("code_challenge_method") == "S256" and CHALLENGE.fullmatch(challenge)):
            raise InvalidAuthorization("challenge")
        scopes = self.split_scopes(query.get("scope", ""))
        self.check_authorization(query, scopes)
        return AuthorizationRequest(
            self.key, redirect_uri, scopes, query.get("state", ""), challenge, query.get("nonce", "")
        )

    def split_scopes(self, scope: str) -> tuple[str, ...]:
        """Split scopes at spaces."""
        return tuple(dict.fromkeys(scope.split()))

    def check_authorization(self, query: Mapping[str, str], scopes: tuple[str, ...]) -> None:
        """Check the scopes, and what only this service requires. Raises InvalidAuthorization."""
        if not set(scopes) <= set(self.scopes):
            raise InvalidAuthorization("scope")

    def error_message(self, problem: str) -> str:
        """Return the service's own message for one of PROBLEMS."""
        return self.error_messages.get(problem, self.error_messages[""])

    def error_redirect(self, request: Request, problem: str) -> str:
        """Return the URL for the error of an invalid request, or "" to show it on our page."""
        return ""

    # The redirect to the site

    def callback_url(self, authorization: AuthorizationRequest, **parameters: str) -> str:
        """Return the site's redirect URI with the parameters that have a value."""
        if authorization.state:
            parameters.setdefault("state", authorization.state)
        separator = "&" if urlsplit(authorization.redirect_uri).query else "?"
        present = {name: value for name, value in parameters.items() if value}
        return f"{authorization.redirect_uri}{separator}{urlencode(present)}"

    def denial_url(self, authorization: AuthorizationRequest) -> str:
        """Return the redirect for a person who denies access."""
        return self.callback_url(authorization, error="access_denied")


def is_loopback(address: str) -> bool:
    """Return whether an address is a valid http(s) URL on this machine."""
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme in {"http", "https"} and not parts.fragment and not parts.username
        return is_whole and parts.hostname in LOOPBACK and (parts.port or 1) > 0
    except ValueError:
        return False


def error_response(error: str, description: str, status: int = HTTPStatus.BAD_REQUEST) -> ErrorResponse:
    """Return an OAuth 2 error (RFC 6749, 5.2)."""
    return ErrorResponse(json_response({"error": error, "error_description": description}, status))
