"""A reader's choice such as `?order=newest`, remembered in a cookie of the same name.

If the URL has no such parameter, the cookie selects the page of the URL that has it, which is the same for everyone. So
there are no redirects and no scripts, and no page contains a choice.

A choice is a link followed on a page of ours. A link from elsewhere shows what it says but is not remembered, nor is
one with more parameters, such as a pager's. An empty value clears the cookie.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import get_str_from_wsgi
from django.http.cookie import parse_cookie

from pagecache.declaration import Headers

MAX_AGE = 60 * 60 * 24 * 365


class RememberedChoice:
    def __init__(self) -> None:
        self._name: str = settings.PAGECACHE_CHOICE
        self._values = frozenset(settings.PAGECACHE_CHOICE_VALUES)
        self._companions = frozenset({self._name, *settings.PAGECACHE_CHOICE_COMPANIONS})
        self._paths = re.compile(settings.PAGECACHE_CHOICE_PATHS)

    def apply_to(self, environ: WSGIEnvironment, query: str) -> str:
        """Return the query with the choice remembered in the cookie, unless it has one itself."""
        remembered = self._remembered(environ)
        if remembered is None or not self._paths.fullmatch(environ["PATH_INFO"]):
            return query
        sent = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
        if any(name == self._name for name, _ in sent):
            return query
        return urlencode(sorted([*sent, (self._name, remembered)], key=lambda pair: pair[0]), encoding="latin-1")

    def is_named_in(self, query: str) -> bool:
        """Return whether a request with this query may make a choice."""
        return f"{self._name}=" in query

    def wrap_start_response(self, environ: WSGIEnvironment, start_response: StartResponse) -> StartResponse:
        """Return start_response, wrapped to set the cookie if this request makes a choice."""
        chosen = self._chosen(environ)
        if chosen is None or (chosen or None) == self._remembered(environ):
            return start_response
        secure = "; Secure" if settings.SESSION_COOKIE_SECURE else ""
        cookie = f"{self._name}={chosen}; Max-Age={MAX_AGE if chosen else 0}; Path=/; HttpOnly; SameSite=Lax{secure}"

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            if status.startswith(("200 ", "304 ")):
                headers = [*headers, ("Set-Cookie", cookie)]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return start

    def _remembered(self, environ: WSGIEnvironment) -> str | None:
        """Return the choice in the cookie, if valid."""
        if f"{self._name}=" not in environ.get("HTTP_COOKIE", ""):
            return None
        value = parse_cookie(get_str_from_wsgi(environ, "HTTP_COOKIE", "")).get(self._name)
        return value if value in self._values else None

    def _chosen(self, environ: WSGIEnvironment) -> str | None:
        """Return the choice that this request makes: a value, empty to clear it, or None."""
        query = environ.get("QUERY_STRING", "")
        if not self.is_named_in(query) or not is_followed_here(environ):
            return None
        sent = parse_qsl(query[:1000], keep_blank_values=True, encoding="latin-1")
        names = {name for name, _ in sent}
        value: str | None = dict(sent).get(self._name)
        if names <= self._companions and value in {"", *self._values} and self._paths.fullmatch(environ["PATH_INFO"]):
            return value
        return None


def is_followed_here(environ: WSGIEnvironment) -> bool:
    """Return whether someone followed a link on this site, as opposed to a script or a prefetch."""
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"
        and environ.get("HTTP_SEC_FETCH_MODE", "navigate") == "navigate"
        and "HTTP_SEC_PURPOSE" not in environ
    )
