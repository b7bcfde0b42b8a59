"""Answers with 503 and Retry-After while the database is unavailable or the disk is full."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse

from server.http import error_pages
from server.http.failures import is_unavailable

logger = logging.getLogger("rejoinder.server")


class DatabaseUnavailableMiddleware:
    """The outermost middleware, so that it also sees errors of the others.

    Django turns each error between two layers into a 500 before the outer one can catch it; its signal is the only way
    to learn which error it was, in production and under DEBUG alike.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        got_request_exception.connect(record_failure, dispatch_uid="server.http.middleware.record_failure")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 500 and is_unavailable(getattr(request, "failure", None)):
            response.close()
            return error_pages.unavailable()
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not is_unavailable(exception):
            return None
        logger.warning("Answered %s %r with 503: %s", request.method, request.path, str(exception).strip())
        return error_pages.unavailable()


def record_failure(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    request.failure = sys.exc_info()[1]  # type: ignore[attr-defined]
