"""No more requests inside Django at once than it has memory and connections for; the others wait their turn."""

import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.db import close_old_connections

from server.http.bodies import TooBusy

AT_ONCE = 16
PATIENCE = 10.0


class Gate:
    """Stands behind the page cache, so that ready pages go past those who wait."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.places = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self.places.acquire(timeout=PATIENCE):
            raise TooBusy
        try:
            return self.application(environ, start_response)
        finally:
            close_old_connections()  # a long answer goes out without one, however slowly it is read
            self.places.release()
