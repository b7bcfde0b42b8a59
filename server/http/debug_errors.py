"""The site's own pages for errors 400 and 404 under DEBUG too; only errors of our code show technical pages."""

from typing import Any

from django.core.handlers import exception
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.views import debug


class PublicErrorPages:
    """Replaces Django's module of technical error pages: Django asks only DEBUG, so there is nothing to configure."""

    @staticmethod
    def technical_404_response(request: HttpRequest, error: Exception) -> HttpResponse:
        """Return the site's own page."""
        return exception.get_exception_response(request, get_resolver(), 404, error)

    @staticmethod
    def technical_500_response(
        request: HttpRequest, kind: Any, error: Any, trace: Any, status_code: int = 500
    ) -> HttpResponse:
        """Return the site's own page for error 400, Django's technical one for others."""
        if status_code == 400:
            return exception.get_exception_response(request, get_resolver(), 400, error)
        return debug.technical_500_response(request, kind, error, trace, status_code)


def install() -> None:
    """Make Django use these pages."""
    exception.debug = PublicErrorPages  # type: ignore[attr-defined]
