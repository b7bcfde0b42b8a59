"""What a stranger did wrong is answered by the site's own pages under DEBUG too: only our faults show the code."""

from typing import Any

from django.core.handlers import exception
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.views import debug


class StrangersSee:
    """What Django's handler takes for its module of technical pages: it asks DEBUG, and nothing that could be set."""

    @staticmethod
    def technical_404_response(request: HttpRequest, error: Exception) -> HttpResponse:
        return exception.get_exception_response(request, get_resolver(), 404, error)

    @staticmethod
    def technical_500_response(
        request: HttpRequest, kind: Any, error: Any, trace: Any, status_code: int = 500
    ) -> HttpResponse:
        if status_code == 400:
            return exception.get_exception_response(request, get_resolver(), 400, error)
        return debug.technical_500_response(request, kind, error, trace, status_code)


def have_words() -> None:
    exception.debug = StrangersSee  # type: ignore[attr-defined]
