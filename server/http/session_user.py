"""The user of a request, looked up before Django is entered, and only when there are too many uploads."""

import threading
from importlib import import_module
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import DatabaseError, close_old_connections
from django.http.cookie import parse_cookie

TIMEOUT = 2.0
_turns = threading.BoundedSemaphore(2)  # for the database, however many requests have invalid cookies


def user_id(environ: WSGIEnvironment) -> str:
    """Return the id of the user whose session this request has, or an empty string."""
    key = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME, "")
    if not key or not _turns.acquire(timeout=TIMEOUT):
        return ""
    try:
        return str(import_module(settings.SESSION_ENGINE).SessionStore(key).get(SESSION_KEY, ""))
    except DatabaseError:
        return ""
    finally:
        close_old_connections()
        _turns.release()
