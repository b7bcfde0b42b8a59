"""The outermost WSGI layer: corrects the client's address, reads the body and answers errors of inner layers."""

import io
import logging
import os
from collections.abc import Callable, Iterable
from email.message import Message
from functools import partial
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse

from server import metrics
from server.http import bodies, echo, error_pages, health, responses, session_user
from server.http.database_errors import is_unavailable
from server.http.proxies import UNDERSCORED, Proxies, network

logger = logging.getLogger("rejoinder.server")
unavailable_logger = logging.getLogger("rejoinder.refused.unavailable")  # anyone can cause these: they are counted

# Returns status, headers and body of a page that can be sent at once; see PageCache.find_ready().
FindReady = Callable[[tuple[str, str, str, str], str, str | None], tuple[int, list[tuple[str, str]], bytes] | None]
READING = {"GET", "HEAD", "OPTIONS"}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
REJECTION_PAGES = {bodies.TooSlow: error_pages.too_slow, bodies.CutShort: error_pages.incomplete}
MAX_BODY = 256 * 1024  # a legal comment may be three times as long on the wire


class Gateway:
    """WSGI middleware. The setting BODY_LIMITS allows larger bodies by path; the longest matching prefix counts."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.find_ready: FindReady = getattr(application, "find_ready", find_nothing)
        self.proxies = Proxies(settings.TRUSTED_PROXIES)
        self.limits: dict[str, int] = getattr(settings, "BODY_LIMITS", {})
        self.limiter = bodies.UploadLimiter()
        self.read_only_file = str(settings.READ_ONLY_FILE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.proxies.set_client(environ)
        path = environ["PATH_INFO"]
        try:
            if self.proxies.trusted and UNDERSCORED in environ:
                return respond_and_close(error_pages.underscored_header(), start_response)
            self.read_body(environ)
            if path in {"/healthz", "/readyz"}:
                return respond(respond_to_probe(path, environ), start_response)
            if path == "/metrics" and settings.METRICS_TOKEN:
                return respond(metrics.respond(environ), start_response)
            if environ["REQUEST_METHOD"] not in READING and self.is_read_only():
                return respond(error_pages.read_only(), start_response)
            if not is_readable(environ):
                return respond(error_pages.unreadable(), start_response)
            return responses.buffer_response(self.application(environ, start_response))
        except bodies.Rejected as rejected:
            return self.reject(rejected, path, start_response)
        except Exception as error:
            if is_unavailable(error):
                unavailable_logger.warning("%s: %s", path, str(error).strip())
                return respond(error_pages.unavailable(), start_response)
            logger.exception("Unhandled error at %r", path)
            return respond(error_pages.server_error(), start_response)

    def is_read_only(self) -> bool:
        """Return whether the site accepts no changes for now, such as during an upgrade."""
        return os.path.exists(self.read_only_file)  # noqa: PTH110 - a fifth of the time of Path's

    def read_body(self, environ: WSGIEnvironment) -> None:
        """Read the body, if there is one, into `wsgi.input`. Raises Rejected."""
        text = environ.get("CONTENT_LENGTH") or "0"
        is_chunked = bool(environ.pop("HTTP_TRANSFER_ENCODING", ""))
        stream, environ["wsgi.input"] = environ["wsgi.input"], io.BytesIO()
        if text == "0" and not is_chunked:
            return
        if not (text.isascii() and text.isdigit()):
            raise bodies.CutShort
        length = None if is_chunked else int(text)
        limit = self.body_limit(environ["PATH_INFO"])
        if length is not None and length > limit and environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            raise bodies.TooLarge
        caller = network(environ.get("REMOTE_ADDR", ""))
        body = self.limiter.receive(
            stream, length=length, limit=limit, network=caller, get_user_id=partial(session_user.user_id, environ)
        )
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))

    def reject(self, rejected: bodies.Rejected, path: str, start_response: StartResponse) -> Iterable[bytes]:
        """Respond with the page for a body that was not accepted, and end the connection."""
        if isinstance(rejected, bodies.TooLarge):
            page = error_pages.too_large(self.body_limit(path))
        else:
            page = REJECTION_PAGES.get(type(rejected), error_pages.too_busy)()
        return respond_and_close(page, start_response)

    def body_limit(self, path: str) -> int:
        """Return how many bytes a body for this path may have."""
        fitting = [beginning for beginning in self.limits if path.startswith(beginning)]
        return self.limits[max(fitting, key=len)] if fitting else MAX_BODY


def find_nothing(*_: object) -> None:
    """Find no page, because the application stores none."""


def is_readable(environ: WSGIEnvironment) -> bool:
    """Return whether Django can decode forms and query; removes the charset of other bodies.

    Django would decode the path by that charset and could fail.
    """
    kind = environ.get("CONTENT_TYPE", "")
    if "charset" in kind.lower():
        header = Message()
        header["Content-Type"] = kind.encode("ascii", "replace").decode().replace("\r", "").replace("\n", "")
        if header.get_content_type() not in FORMS:
            environ["CONTENT_TYPE"] = header.get_content_type()
        elif charsets_of(header) not in ({"utf-8"}, {"utf8"}):
            return False
    query: str = environ.get("QUERY_STRING", "")
    return query.count("&") < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


def charsets_of(header: Message) -> set[str]:
    """Return every charset that a Content-Type has: of several, Django uses the last."""
    parameters = header.get_params([])
    return {str(value).lower().replace("_", "-") for name, value in parameters if name.lower() == "charset"}


def respond_to_probe(path: str, environ: WSGIEnvironment) -> HttpResponse:
    """Respond to a health check here, so that neither its Host header nor a busy or broken site matters."""
    if path == "/healthz":
        if echo.ENVIRON_KEY in environ:
            return echo.describe(environ) or health.healthz(HttpRequest())
        return health.healthz(HttpRequest())
    try:
        return health.readyz(HttpRequest())
    finally:
        close_old_connections()


def respond_and_close(response: HttpResponse, start_response: StartResponse) -> list[bytes]:
    """Respond and end the connection, so that the rest of the body is not read as another request."""
    response.headers["Connection"] = "close"
    response.headers["Content-Length"] = str(len(response.content))
    return respond(response, start_response)


def respond(response: HttpResponse, start_response: StartResponse) -> list[bytes]:
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]
