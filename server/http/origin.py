"""Cross-site request protection by Sec-Fetch-Site and Origin, and by Django's token where a browser sends neither."""

import logging
from collections.abc import Callable
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _

from server.http import error_pages

logger = logging.getLogger("rejoinder.server")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
UNVERIFIED_SUFFIX = "/respond/"


class Origin(Enum):
    OURS = "ours"
    OTHER = "other"
    UNKNOWN = "unknown"


class OriginMiddleware(CsrfViewMiddleware):
    """Sets request.is_origin_verified, which screening reads, and rejects requests sent from other sites.

    It sets csrf_processing_done, so that the checks of the admin and allauth do not run again.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.is_origin_verified = origin_of(request) is Origin.OURS  # type: ignore[attr-defined]

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> HttpResponseForbidden | None:
        if is_exempt(request, callback):
            return super().process_view(request, callback, callback_args, callback_kwargs)
        origin = origin_of(request)
        if origin is Origin.OTHER:
            logger.warning("Refused %s %r: it was sent from another site.", request.method, request.path)
            return csrf_failure(request)
        if origin is Origin.UNKNOWN and not accepts_unverified(request):
            forbidden = super().process_view(request, callback, callback_args, callback_kwargs)
            request.is_origin_verified = forbidden is None  # type: ignore[attr-defined]
            return forbidden
        request.csrf_processing_done = True  # type: ignore[attr-defined]
        return None


def origin_of(request: HttpRequest) -> Origin:
    site = request.META.get("HTTP_SEC_FETCH_SITE", "none")
    if site != "none":
        return Origin.OURS if site == "same-origin" else Origin.OTHER
    if "HTTP_ORIGIN" not in request.META:
        return Origin.UNKNOWN
    return Origin.OURS if is_own_origin(request, request.META["HTTP_ORIGIN"]) else Origin.OTHER


def is_own_origin(request: HttpRequest, origin: str) -> bool:
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        return origin == f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False


def is_exempt(request: HttpRequest, callback: Callable[..., HttpResponseBase]) -> bool:
    return (
        request.method in SAFE_METHODS
        or getattr(callback, "csrf_exempt", False)
        or getattr(request, "_dont_enforce_csrf_checks", False)  # Django's test client
    )


def accepts_unverified(request: HttpRequest) -> bool:
    """Return whether this posts a comment without a session: without a known origin, screening holds it."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return request.method == "POST" and request.path_info.endswith(UNVERIFIED_SUFFIX) and not has_session


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseForbidden:
    """Answer 403 with instructions; the view of CSRF_FAILURE_VIEW."""
    page = error_pages.page(
        403,
        _("We couldn’t verify where this form came from"),
        _(
            "Your browser didn’t confirm that it was sent from this site. To protect you from other sites posting in "
            "your name, nothing was saved."
        ),
        _(
            "Go back, reload the page, and send it again. If that doesn’t help, allow cookies for this site and turn "
            "off browser extensions that hide the referring page."
        ),
    )
    return HttpResponseForbidden(page.content, headers=page.headers)
