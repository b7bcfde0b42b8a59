"""Limits the requests inside Django to its memory and connections; the others wait."""

import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.db import close_old_connections

from server.http.bodies import TooBusy

AT_ONCE = 16
PATIENCE = 10.0


class Gate:
    """WSGI middleware behind the page cache, so that cached pages never wait."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.slots = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self.slots.acquire(timeout=PATIENCE):
            raise TooBusy
        try:
            return self.application(environ, start_response)
        finally:
            close_old_connections()  # a long response needs none, however slowly it is read
            self.slots.release()
