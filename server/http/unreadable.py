"""Answers 400 or 404 for input that Django or the database cannot process."""

from collections.abc import Callable
from email.message import Message
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.defaults import bad_request, page_not_found

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
NO_NUMBERS = ("expected a number but got", "Exceeds the limit (4300 digits)")
TOO_LONG = "LIKE or GLOB pattern too complex"  # SQLite's error for a pattern of more than 50,000 bytes
OUT_OF_RANGE = "out of range"  # PostgreSQL's error for a number too large for the column
NO_TEXT = "cannot contain NUL"  # psycopg's error for NUL, which PostgreSQL's text cannot contain


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
        elif str(header.get_param("charset")).lower().replace("_", "-") not in {"utf-8", "utf8"}:
            return False
    query: str = environ.get("QUERY_STRING", "")
    return query.count("&") < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


class UnreadableMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        is_of_admin = request.path_info.startswith(reverse("admin:index")) and (
            isinstance(
                exception, FieldDoesNotExist | OverflowError
            )  # by ?_to_field= and by numbers too large for the column
            # by autocomplete fields and by JSON
            or (isinstance(exception, ValueError) and any(text in str(exception) for text in NO_NUMBERS))
        )
        is_too_long = isinstance(exception, OperationalError) and str(exception) == TOO_LONG
        is_no_number = isinstance(exception, DataError) and OUT_OF_RANGE in str(exception)
        is_no_text = isinstance(exception, DataError) and NO_TEXT in str(exception)
        if is_no_text and "\0" in request.path_info:
            return page_not_found(request, exception)
        is_known = is_of_admin or is_too_long or is_no_text or is_no_number
        return bad_request(request, exception) if is_known else None
