"""WSGI middleware in front of Django that answers from cached pages, never with one that a commit has outdated."""

import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.db import connections

from pagecache import generations
from pagecache.choices import RememberedChoice
from pagecache.declaration import Declaration, Headers
from pagecache.page import CachedPage
from pagecache.reader import DatabaseUnavailable, Numbers, Reader
from pagecache.request import AddressParser, PageAddress
from pagecache.response import AppResponse, make_private, without_declaration
from pagecache.store import Entry, Key, Store

logger = logging.getLogger("rejoinder.pagecache")
Body = Iterable[bytes]
Ready = tuple[int, Headers, bytes]  # status, headers and body
IS_CACHED = "rejoinder.cached"  # environ key, for the metrics and the log


class Rendering:
    """A page being rendered, which other requests wait for."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.done = threading.Event()
        self.page: CachedPage | None = None  # None if the result is not the same for everyone
        self.next: Rendering | None = None  # begun by one who waited for this one


class PageCache:
    """Caches what a view declared with `mark_cacheable`; everything else passes through unchanged.

    While the database is unavailable no writes commit through us, so a page checked up to GRACE seconds ago is still
    shown, and nothing new is cached.
    """

    GRACE = 60.0
    SOON = 0.05  # how long find_ready() waits for a server
    PATIENCE = 5.0  # how long a request waits for another one's rendering
    PLAIN_KEYS, LONGEST_PLAIN_KEY = 1000, 500

    def __init__(self, application: WSGIApplication, max_bytes: int | None = None, max_entries: int = 10_000) -> None:
        self._application = application
        self._choices = RememberedChoice()
        self._addresses = AddressParser(self._choices)
        self._store: Store[Entry] = Store(settings.PAGECACHE_BYTES if max_bytes is None else max_bytes, max_entries)
        self._renderings: dict[Key, Rendering] = {}
        self._plain: set[Key] = set()  # keys of responses that could not be cached
        self._reader = open_reader()
        self._last = (0, float("-inf"))  # the number of ANY, and until when it may be used
        self._in_background = ThreadPoolExecutor(1, "generation")  # its thread starts when it is used
        self._reading: Future[int] | None = None
        self._last_warning = float("-inf")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        start_response = self._choices.wrap_start_response(environ, start_response)
        address = self._addresses.parse(environ)
        if address is None:
            return self._bypass(environ, start_response)
        entry = self._store.get(address.key)
        if entry is not None and self._is_fresh(entry):
            environ[IS_CACHED] = True
            return self._respond(address.key, entry, environ, start_response)
        if address.key in self._plain:
            return self._bypass(environ, start_response, address.key)
        return self._render_once(address, environ, start_response)

    def find_ready(self, key: Key, accept: str, match: str | None) -> Ready | None:
        """Return the response with a page that is stored and current, or None if that takes longer to find out.

        For requests that only their key distinguishes, as any visitor could have sent them: the key is as sent, and a
        stored page has the normalized one. `accept` and `match` are the headers Accept-Encoding and If-None-Match.
        """
        entry = self._store.get(key)
        if entry is None or self._choices.is_named_in(key[3]) or not self._is_unchanged(entry):
            return None
        variant = entry.page.find_variant(accept)
        if variant is None:
            return None
        if variant.is_known_to(match):
            return 304, variant.unchanged, b""
        return 200, variant.headers, variant.body[0]

    def _is_unchanged(self, entry: Entry) -> bool:
        """Return whether nothing at all has changed since an entry was verified; False if that is not known soon."""
        current, until = self._last
        now = time.monotonic()
        if now >= until:
            try:
                current = self._read_soon() if self._reader.waits else self._current()
            except (DatabaseUnavailable, TimeoutError):
                return False
        if current != entry.verified or time.time() >= entry.expires:
            return False
        entry.checked_at = now
        return True

    def _read_soon(self) -> int:
        """Return the number of ANY. Raises TimeoutError if a server takes long to say, also as long as it does."""
        reading = self._reading
        if reading is None or reading.done():
            self._reading = reading = self._in_background.submit(self._current)
            return reading.result(self.SOON)
        raise TimeoutError

    def close(self) -> None:
        self._reader.close()

    def _is_fresh(self, entry: Entry) -> bool:
        """Return whether an entry is current; while the database fails, whether it was up to GRACE seconds ago."""
        if time.time() >= entry.expires:
            return False
        try:
            current = self._current()
            if current != entry.verified:
                current, numbers = self._reader.numbers(entry.keys)
                if numbers != entry.numbers:
                    entry.expires = 0.0  # outdated for good, also if the database fails
                    return False
                entry.verified = current
        except DatabaseUnavailable:
            return time.monotonic() - entry.checked_at < self.GRACE
        entry.checked_at = time.monotonic()
        return True

    def _current(self) -> int:
        """Return the number of ANY, at most LEASE old. A lease starts before the read: a writer's wait ends later."""
        current, until = self._last
        began = time.monotonic()
        if began >= until:
            current, may_reuse = self._reader.current()
            self._last = (current, began + generations.LEASE if may_reuse else began)
        return current

    def _respond(self, key: Key, entry: Entry, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Respond with an entry, and update its weight if that added an encoding."""
        size = entry.page.size
        body = entry.page.respond(environ, start_response)
        if entry.page.size != size:
            self._store.update_weight(key, entry)
        return body

    def _bypass(self, environ: WSGIEnvironment, start_response: StartResponse, key: Key | None = None) -> Body:
        """Let the application respond; a page that it declares cacheable is made private."""

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            sent = make_private(headers)
            if sent is not headers and key is not None:
                self._plain.discard(key)
            return start_response(status, sent, exc_info) if exc_info else start_response(status, sent)

        with generations.waiting_at_end():
            return self._application(environ, start)

    def _render_once(self, address: PageAddress, environ: WSGIEnvironment, start_response: StartResponse) -> Body:
        """Render the page, or wait for a request that does: its result is used if it began later, or is fresh."""
        key, arrived = address.key, time.monotonic()
        rendering, last = Rendering(), None
        while (other := self._renderings.setdefault(key, rendering)) is not rendering:
            is_done = other.done.wait(arrived + self.PATIENCE - time.monotonic())
            if not is_done or other.page is None:
                break  # then every request renders for itself
            if other.began > arrived:
                return other.page.respond(environ, start_response)
            entry = self._store.get(key)
            if entry is not None and self._is_fresh(entry):
                return self._respond(key, entry, environ, start_response)
            rendering, last = Rendering(), other
        try:
            if last is not None and last.next is not None and last.next.page is not None:
                # Rendered before we noticed that the last one was done.
                rendering.began, rendering.page = last.next.began, last.next.page
                return rendering.page.respond(environ, start_response)
            if last is not None:
                last.next = rendering
            return self._render(address, environ, start_response, rendering)
        finally:
            if self._renderings.get(key) is rendering:
                del self._renderings[key]
            rendering.done.set()

    def _render(
        self, address: PageAddress, environ: WSGIEnvironment, start_response: StartResponse, rendering: Rendering
    ) -> Body:
        """Render the page, and store it if the generations before and after are the same."""
        key, old = address.key, self._store.get(address.key)
        known = old.keys if old is not None else ()
        before = self._read_numbers(known)
        answer, declaration = self._call_application(address, environ, is_page=old is not None)
        if declaration is None or not answer.is_shareable():
            self._store.delete(key)
            self._remember_plain(key)
            return answer.pass_on(environ, start_response)
        rendering.page = page = CachedPage(without_declaration(answer.headers), answer.body())
        after = self._read_numbers(declaration.keys)
        if before is None or after is None:
            return page.respond(environ, start_response)
        # Other generations may have changed in between, as long as those of this page have not.
        if before[0] != after[0] and (set(known) != set(declaration.keys) or before[1] != after[1]):
            return page.respond(environ, start_response)
        entry = Entry(page, declaration.keys, after[1], declaration.expires, after[0], time.monotonic())
        self._store.set(key, entry)
        return self._respond(key, entry, environ, start_response)

    def _read_numbers(self, keys: tuple[str, ...]) -> tuple[int, Numbers] | None:
        """Read the generations; None and a warning if the database cannot be read."""
        try:
            return self._reader.numbers(keys)
        except DatabaseUnavailable as error:
            if time.monotonic() - self._last_warning > self.GRACE:
                self._last_warning = time.monotonic()
                logger.warning(
                    "The page cache is not used because the database cannot be read: %s", error.__cause__ or error
                )
            return None

    def _call_application(
        self, address: PageAddress, environ: WSGIEnvironment, is_page: bool
    ) -> tuple[AppResponse, Declaration | None]:
        """Render a page from the anonymous request; at an unknown address, try the request as it came first."""
        if not (address.is_anonymous or is_page):
            answer = AppResponse.from_application(self._application, environ | {"REQUEST_METHOD": "GET"})
            if Declaration.read(answer.headers) is None:
                return answer, None
            answer.close()
        answer = AppResponse.from_application(self._application, address.anonymous_environ(environ))
        return answer, Declaration.read(answer.headers)

    def _remember_plain(self, key: Key) -> None:
        """Remember that this response cannot be cached, so that the next request bypasses the cache."""
        if sum(map(len, key)) > self.LONGEST_PLAIN_KEY:
            return
        if len(self._plain) >= self.PLAIN_KEYS:
            self._plain.clear()
        self._plain.add(key)


def open_reader() -> Reader:
    """Return the reader of generations for the site's database."""
    connection = connections["default"]
    if connection.vendor == "postgresql":
        from pagecache.postgres import PostgresReader  # psycopg is installed only where it is used

        return PostgresReader(connection.get_connection_params(), has_pooler=bool(settings.DATABASE_POOLER))
    from pagecache.sqlite import SqliteReader

    return SqliteReader(str(connection.settings_dict["NAME"]))
