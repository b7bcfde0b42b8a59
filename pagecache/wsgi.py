"""The layer in front of Django's handler: answers from ready pages, and never with one that a commit has outdated."""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.db import connections

from pagecache import generations
from pagecache.address import Address, Addresses
from pagecache.choices import Choices
from pagecache.declaration import Declaration, Headers
from pagecache.page import Page
from pagecache.reader import Away, Numbers, Reader
from pagecache.response import Answer, personal, undeclared
from pagecache.store import Entry, Key, Store

logger = logging.getLogger("rejoinder.pagecache")


class Drawing:
    """A page being made, which others wait for."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.done = threading.Event()
        self.page: Page | None = None  # none when what came out is not for everybody
        self.next: Drawing | None = None  # begun by one who waited for this one


class PageCache:
    """Keeps what a view declared with `made_from`; whatever else passes through is not touched.

    While the database is away nothing commits through us, so a page that was found fresh up to GRACE seconds ago is
    still shown; without a database that answers nothing new is kept.
    """

    GRACE = 60.0
    PATIENCE = 5.0  # how long a request waits for another one's drawing
    PLAIN_KEYS, LONGEST_PLAIN_KEY = 1000, 500

    def __init__(self, application: WSGIApplication, max_bytes: int | None = None, max_entries: int = 10_000) -> None:
        self._application = application
        self._choices = Choices()
        self._addresses = Addresses(self._choices)
        self._store = Store(settings.PAGECACHE_BYTES if max_bytes is None else max_bytes, max_entries)
        self._drawings: dict[Key, Drawing] = {}
        self._plain: set[Key] = set()  # addresses that gave nothing to keep the last time
        self._reader = open_reader()
        self._last = (0, float("-inf"))  # the number of ANY, and until when it may be gone by
        self._complained = float("-inf")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response = self._choices.remembering(environ, start_response)
        address = self._addresses.read(environ)
        if address is None:
            return self._pass_by(environ, start_response)
        entry = self._store.get(address.key)
        if entry is not None and self._is_fresh(entry):
            return self._tell(address.key, entry, environ, start_response)
        if address.key in self._plain:
            return self._pass_by(environ, start_response, address.key)
        return self._make(address, environ, start_response)

    def close(self) -> None:
        self._reader.close()

    def _is_fresh(self, entry: Entry) -> bool:
        if time.time() >= entry.ends:
            return False
        try:
            current = self._current()
            if current != entry.verified:
                current, numbers = self._reader.numbers(entry.keys)
                if numbers != entry.numbers:
                    entry.seen = float("-inf")  # outdated for good, whatever becomes of the database
                    return False
                entry.verified = current
        except Away:
            return time.monotonic() - entry.seen < self.GRACE
        entry.seen = time.monotonic()
        return True

    def _current(self) -> int:
        """A lease counts from before the reading, the wait of a writer from after the commit: the wait ends later."""
        current, until = self._last
        began = time.monotonic()
        if began >= until:
            current = self._reader.current()
            self._last = (current, began + generations.LEASE)
        return current

    def _tell(self, key: Key, entry: Entry, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        size = entry.page.size
        body = entry.page.answer(environ, start_response)
        if entry.page.size != size:
            self._store.weigh(key, entry)
        return body

    def _pass_by(
        self, environ: WSGIEnvironment, start_response: StartResponse, key: Key | None = None
    ) -> Iterable[bytes]:
        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            told = personal(headers)
            if told is not headers and key is not None:
                self._plain.discard(key)
            return start_response(status, told, exc_info) if exc_info else start_response(status, told)

        return self._application(environ, start)

    def _make(self, address: Address, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Draws the page, or waits for who does already: theirs will do if it began after we came, or is fresh."""
        key, arrived = address.key, time.monotonic()
        mine, last = Drawing(), None
        while (other := self._drawings.setdefault(key, mine)) is not mine:
            is_done = other.done.wait(arrived + self.PATIENCE - time.monotonic())
            if not is_done or other.page is None:
                break  # then everybody draws for himself
            if other.began > arrived:
                return other.page.answer(environ, start_response)
            entry = self._store.get(key)
            if entry is not None and self._is_fresh(entry):
                return self._tell(key, entry, environ, start_response)
            mine, last = Drawing(), other
        try:
            if last is not None and last.next is not None and last.next.page is not None:
                mine.began, mine.page = last.next.began, last.next.page  # drawn before we heard that the last was done
                return mine.page.answer(environ, start_response)
            if last is not None:
                last.next = mine
            return self._draw(address, environ, start_response, mine)
        finally:
            if self._drawings.get(key) is mine:
                del self._drawings[key]
            mine.done.set()

    def _draw(
        self, address: Address, environ: WSGIEnvironment, start_response: StartResponse, drawing: Drawing
    ) -> Iterable[bytes]:
        """What was read between two looks that saw the same numbers is a page of those numbers."""
        key, old = address.key, self._store.get(address.key)
        known = old.keys if old is not None else ()
        before = self._look(known)
        answer, declaration = self._ask(address, environ, is_page=old is not None)
        if declaration is None or not answer.is_for_everybody():
            self._store.drop(key)
            self._remember_plain(key)
            return answer.hand_on(environ, start_response)
        drawing.page = page = Page(undeclared(answer.headers), answer.body())
        after = self._look(declaration.keys)
        if before is None or after is None:
            return page.answer(environ, start_response)
        # Elsewhere on the site something may have moved meanwhile, if only what this page is made from stood still.
        if before[0] != after[0] and (set(known) != set(declaration.keys) or before[1] != after[1]):
            return page.answer(environ, start_response)
        entry = Entry(page, declaration.keys, after[1], declaration.ends, after[0], time.monotonic())
        self._store.put(key, entry)
        return self._tell(key, entry, environ, start_response)

    def _look(self, keys: tuple[str, ...]) -> tuple[int, Numbers] | None:
        try:
            return self._reader.numbers(keys)
        except Away as error:
            if time.monotonic() - self._complained > self.GRACE:
                self._complained = time.monotonic()
                logger.warning(
                    "The page cache is not used because the database cannot be read: %s", error.__cause__ or error
                )
            return None

    def _ask(self, address: Address, environ: WSGIEnvironment, is_page: bool) -> tuple[Answer, Declaration | None]:
        """A page is drawn from the bare request; an address not yet known for one sees the request as it came first."""
        if not (address.is_bare or is_page):
            answer = Answer.of(self._application, environ | {"REQUEST_METHOD": "GET"})
            if Declaration.read(answer.headers) is None:
                return answer, None
            answer.close()
        answer = Answer.of(self._application, address.bare(environ))
        return answer, Declaration.read(answer.headers)

    def _remember_plain(self, key: Key) -> None:
        if sum(map(len, key)) > self.LONGEST_PLAIN_KEY:
            return
        if len(self._plain) >= self.PLAIN_KEYS:
            self._plain.clear()
        self._plain.add(key)


def open_reader() -> Reader:
    connection = connections["default"]
    if connection.vendor == "postgresql":
        from pagecache.postgres import PostgresReader  # psycopg is there only where it is used

        return PostgresReader(connection.get_connection_params())
    from pagecache.sqlite import SqliteReader

    return SqliteReader(str(connection.settings_dict["NAME"]))
