"""Which requests may share a cached page, under what key, and which parts of a request may reach the page."""

import functools
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.handlers.wsgi import get_str_from_wsgi
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from pagecache.choices import RememberedChoice
from pagecache.store import Key

MAX_QUERY_LENGTH = 1000


class PageAddress(NamedTuple):
    """The key of a cached page."""

    key: Key  # scheme, host, path, query
    is_anonymous: bool  # nothing but the key can affect the page

    def anonymous_environ(self, environ: WSGIEnvironment) -> WSGIEnvironment:
        """Return the request without anything personal, as any visitor could have sent it."""
        _, host, _, query = self.key
        bare = environ | {"REQUEST_METHOD": "GET", "HTTP_HOST": host, "QUERY_STRING": query}
        bare.pop("HTTP_COOKIE", None)
        return bare


class AddressParser:
    """Turns requests into keys, and finds those that bypass the cache."""

    def __init__(self, choices: RememberedChoice) -> None:
        self._choices = choices
        named = (settings.SESSION_COOKIE_NAME, settings.COMMENTER_COOKIE_NAME, settings.MUTES_COOKIE_NAME)
        self._cookies = (*named, CookieStorage.cookie_name)
        self._known = frozenset(settings.PAGECACHE_QUERY_NAMES)
        self._personal = frozenset(settings.PAGECACHE_PERSONAL_NAMES)
        self._files = tuple(url for url in (settings.STATIC_URL, settings.MEDIA_URL) if url)
        self._site = urlsplit(settings.SITE_URL).netloc.lower()
        self._hosts: dict[tuple[str, str], str] = {}
        self._normalized = functools.lru_cache(maxsize=1000)(self._normalize)

    def parse(self, environ: WSGIEnvironment) -> PageAddress | None:
        """Return the address, or None for a request that bypasses the cache."""
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or "HTTP_AUTHORIZATION" in environ:
            return None
        path = environ["PATH_INFO"]
        if path.startswith(self._files):
            return None
        cookie = environ.get("HTTP_COOKIE")
        if cookie and self._is_personal(cookie, environ):
            return None
        sent_host = environ.get("HTTP_HOST", "")
        sent_to = (sent_host, environ["SERVER_PORT"])
        host = self._hosts.get(sent_to) or self._check_host(*sent_to)
        if not host:
            return None
        sent_query = environ.get("QUERY_STRING", "")
        query = self._normalized(sent_query) if len(sent_query) <= MAX_QUERY_LENGTH else None
        if query is None:
            return None
        if cookie:
            query = self._choices.apply_to(environ, query)
        return PageAddress(
            (environ["wsgi.url_scheme"], host, path, query),
            is_anonymous=not cookie and query == sent_query and host == sent_host,
        )

    def _is_personal(self, cookie: str, environ: WSGIEnvironment) -> bool:
        """Return whether the cookies include one of a session, a guest, mutes or a message."""
        if not any(name in cookie for name in self._cookies):
            return False
        sent = parse_cookie(get_str_from_wsgi(environ, "HTTP_COOKIE", ""))
        return any(name in sent for name in self._cookies)

    def _check_host(self, host: str, port: str) -> str:
        """Return our host normalized, or nothing: with any spelling, clients could fill the cache with ports."""
        lowered = host.lower()
        domain, sent_port = split_domain_port(lowered)
        allowed = settings.ALLOWED_HOSTS or ([".localhost", "127.0.0.1", "[::1]"] if settings.DEBUG else [])
        is_allowed = domain and validate_host(domain, allowed) and sent_port in {"", port}
        if lowered != self._site and (not is_allowed or lowered.endswith((".", ":"))):
            return ""
        if len(self._hosts) < 100:
            self._hosts[host, port] = lowered
        return lowered

    def _normalize(self, query: str) -> str | None:
        """Return the known query parameters, sorted, or None if one makes the page personal."""
        sent = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
        if any(name in self._personal for name, _ in sent):
            return None
        known = sorted((pair for pair in sent if pair[0] in self._known), key=lambda pair: pair[0])
        return urlencode(known, encoding="latin-1")
