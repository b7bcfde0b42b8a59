"""Limits the requests inside Django to its memory and connections; the others wait."""

import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.db import close_old_connections

from server.http.bodies import TooBusy

MAX_REQUESTS = 16
TIMEOUT = 10.0


class ConcurrencyLimiter:
    """WSGI middleware behind the page cache, so that cached pages never wait."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.slots = threading.BoundedSemaphore(MAX_REQUESTS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self.slots.acquire(timeout=TIMEOUT):
            raise TooBusy
        try:
            return self.application(environ, start_response)
        finally:
            close_old_connections()  # a long response needs none, however slowly it is read
            self.slots.release()
