"""What Django or the database stumbles over, answered in words."""

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
TOO_LONG = "LIKE or GLOB pattern too complex"  # SQLite's word for more than 50,000 letters to compare with
OUT_OF_RANGE = "out of range"  # PostgreSQL's for a number that no column holds
NO_TEXT = "cannot contain NUL"  # psycopg's for a letter that PostgreSQL's texts never hold


def is_readable(environ: WSGIEnvironment) -> bool:
    """Forms are in UTF-8; what other bodies say of theirs goes: Django would read the address by it, and may fail."""
    kind = environ.get("CONTENT_TYPE", "")
    if "charset" in kind.lower():
        said = Message()
        said["Content-Type"] = kind.encode("ascii", "replace").decode().replace("\r", "").replace("\n", "")
        if said.get_content_type() not in FORMS:
            environ["CONTENT_TYPE"] = said.get_content_type()
        elif str(said.get_param("charset")).lower().replace("_", "-") not in {"utf-8", "utf8"}:
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
            isinstance(exception, FieldDoesNotExist | OverflowError)  # of ?_to_field=, of numbers that no column holds
            # of fields that complete themselves, and of JSON
            or (isinstance(exception, ValueError) and any(words in str(exception) for words in NO_NUMBERS))
        )
        is_too_long = isinstance(exception, OperationalError) and str(exception) == TOO_LONG
        is_no_number = isinstance(exception, DataError) and OUT_OF_RANGE in str(exception)
        is_no_text = isinstance(exception, DataError) and NO_TEXT in str(exception)
        if is_no_text and "\0" in request.path_info:
            return page_not_found(request, exception)
        is_known = is_of_admin or is_too_long or is_no_text or is_no_number
        return bad_request(request, exception) if is_known else None
