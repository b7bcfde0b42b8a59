"""Middleware for requests that fail or are refused: database errors, unusable input, and requests from other sites."""

import logging
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, FieldDoesNotExist
from django.core.signals import got_request_exception
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseServerError
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.defaults import bad_request, page_not_found

from server.http import error_pages
from server.http.database_errors import is_unavailable
from server.logs import current_id

# Anyone can cause these, so they are counted (server/logs/counting.py).
unavailable_logger = logging.getLogger("rejoinder.refused.unavailable")
origin_logger = logging.getLogger("rejoinder.refused.origin")

NO_NUMBERS = ("expected a number but got", "Exceeds the limit (4300 digits)")
TOO_LONG = "LIKE or GLOB pattern too complex"  # SQLite's error for a pattern of more than 50,000 bytes
OUT_OF_RANGE = "out of range"  # PostgreSQL's error for a number too large for the column
NO_TEXT = "cannot contain NUL"  # psycopg's error for NUL, which PostgreSQL's text cannot contain
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
UNVERIFIED_SUFFIX = "/respond/"


class Middleware:
    """Passes requests on; subclasses add hooks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class DatabaseUnavailableMiddleware(Middleware):
    """The outermost middleware, so that it also sees errors of the others.

    Django turns each error between two layers into a 500 before the outer one can catch it; its signal is the only way
    to learn which error it was, in production and under DEBUG alike.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        got_request_exception.connect(record_failure, dispatch_uid="server.http.middleware.record_failure")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 500 and is_unavailable(getattr(request, "failure", None)):
            response.close()
            return error_pages.unavailable()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 503 if the exception means that the database is unavailable."""
        if not is_unavailable(exception):
            return None
        unavailable_logger.warning("%s %s: %s", request.method, request.path, str(exception).strip())
        return error_pages.unavailable()


def record_failure(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Store the exception that Django turns into a 500 on the request."""
    request.failure = sys.exc_info()[1]  # type: ignore[attr-defined]


class InvalidInputMiddleware(Middleware):
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 or 404 for input that Django or the database cannot process."""
        # The admin raises these for ?_to_field=, numbers too large for a column, autocomplete fields and JSON.
        is_number_error = isinstance(exception, ValueError) and any(text in str(exception) for text in NO_NUMBERS)
        is_of_admin = request.path_info.startswith(reverse("admin:index")) and (
            isinstance(exception, FieldDoesNotExist | OverflowError) or is_number_error
        )
        is_too_long = isinstance(exception, OperationalError) and str(exception) == TOO_LONG
        is_no_number = isinstance(exception, DataError) and OUT_OF_RANGE in str(exception)
        is_no_text = isinstance(exception, DataError) and NO_TEXT in str(exception)
        if is_no_text and "\0" in request.path_info:
            return page_not_found(request, exception)
        is_known = is_of_admin or is_too_long or is_no_text or is_no_number
        return bad_request(request, exception) if is_known else None


class Origin(Enum):
    OURS = "ours"
    OTHER = "other"
    UNKNOWN = "unknown"


class OriginMiddleware(CsrfViewMiddleware):
    """Sets request.is_origin_verified, which screening reads, and rejects requests sent from other sites.

    It sets csrf_processing_done, so that the checks of the admin and allauth do not run again.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Set `is_origin_verified` from the request's headers."""
        super().process_request(request)
        request.is_origin_verified = origin_of(request) is Origin.OURS  # type: ignore[attr-defined]

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        """Reject a request from another site; check the CSRF token if the headers tell no origin."""
        if is_csrf_exempt(request, callback):
            return super().process_view(request, callback, callback_args, callback_kwargs)
        origin = origin_of(request)
        if origin is Origin.OTHER:
            origin_logger.warning("%s %s", request.method, request.path)
            return csrf_failure(request)
        if origin is Origin.UNKNOWN and not accepts_unverified(request):
            forbidden = super().process_view(request, callback, callback_args, callback_kwargs)
            request.is_origin_verified = forbidden is None  # type: ignore[attr-defined]
            return forbidden
        request.csrf_processing_done = True  # type: ignore[attr-defined]
        return None


def origin_of(request: HttpRequest) -> Origin:
    """Return from where the browser says that the request was sent."""
    site = request.META.get("HTTP_SEC_FETCH_SITE", "none")
    if site != "none":
        return Origin.OURS if site == "same-origin" else Origin.OTHER
    if "HTTP_ORIGIN" not in request.META:
        return Origin.UNKNOWN
    return Origin.OURS if is_own_origin(request, request.META["HTTP_ORIGIN"]) else Origin.OTHER


def is_own_origin(request: HttpRequest, origin: str) -> bool:
    """Return whether this is the origin of SITE_URL or of the URL that was requested."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        return origin == f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False


def is_csrf_exempt(request: HttpRequest, callback: Callable[..., HttpResponseBase]) -> bool:
    return (
        request.method in SAFE_METHODS
        or getattr(callback, "csrf_exempt", False)
        or getattr(request, "_dont_enforce_csrf_checks", False)  # Django's test client
    )


def accepts_unverified(request: HttpRequest) -> bool:
    """Return whether this posts a comment without a session: without a known origin, screening holds it."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return request.method == "POST" and request.path_info.endswith(UNVERIFIED_SUFFIX) and not has_session


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with the id under which the error is logged; the site's handler500."""
    return HttpResponseServerError(render_to_string("500.html", {"reference": current_id()}))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseForbidden:
    """Answer 403 with instructions; the view of CSRF_FAILURE_VIEW."""
    page = error_pages.page(
        403,
        _("We couldn’t verify where this form came from"),
        _(
            "Your browser didn’t confirm that the form was sent from this site. To protect you from other sites "
            "posting in your name, nothing was saved."
        ),
        _(
            "Go back, reload the page, and send the form again. If that doesn’t help, allow cookies for this site and "
            "turn off browser extensions that hide the referring page."
        ),
    )
    return HttpResponseForbidden(page.content, headers=page.headers)
