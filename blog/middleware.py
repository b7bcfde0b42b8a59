"""Middleware for every response: headers, and the site's language and time zone."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from blog.models import Site
from pagecache.declaration import KEYS_HEADER
from server.http.middleware import Middleware

PERSONAL_COOKIES = {settings.SESSION_COOKIE_NAME, settings.COMMENTER_COOKIE_NAME, settings.MUTES_COOKIE_NAME}

FEATURES = """
    accelerometer autoplay camera display-capture encrypted-media fullscreen geolocation gyroscope magnetometer
    microphone midi payment usb
"""
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in FEATURES.split())


def get_site(request: HttpRequest) -> Site:
    """Return the site's settings as SiteMiddleware read them when the request arrived."""
    return request.site  # type: ignore[return-value]


class HeadersMiddleware(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Forbid caching by browsers and proxies unless the response allows it."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if KEYS_HEADER not in response.headers or PERSONAL_COOKIES & request.COOKIES.keys():
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class SiteMiddleware(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Render every page in the site's language and time zone, so that it is the same for everyone."""
        site = request.site = Site.objects.current()  # type: ignore[assignment]
        with translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", site.language)
        return response
