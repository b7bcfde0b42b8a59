"""What all pages share: headers, the site's language and time zone, and for templates the site and its menu."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

import pagecache
from blog import metadata
from blog.models import MENU_LIMIT, Essay, Site
from pagecache.declaration import KEYS_HEADER
from server.http.middleware import Middleware
from server.prepared import Prepared

PERSONAL_COOKIES = {settings.SESSION_COOKIE_NAME, settings.COMMENTER_COOKIE_NAME, settings.MUTES_COOKIE_NAME}

MENU = Prepared(
    lambda: (
        Essay.objects.in_menu()
        .exclude(published=None)
        .only("kind", "slug", "title", "published", "language")[:MENU_LIMIT]
    )
)
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
        """Forbid caching by browsers and proxies unless the response allows it; name the style sheet of pages."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if KEYS_HEADER not in response.headers or PERSONAL_COOKIES & request.COOKIES.keys():
            response.headers.setdefault("Cache-Control", "private, no-store")
        elif response.headers["Content-Type"].startswith("text/html"):
            # The browser requests it before it reads the page: a long one would else be laid out without it first.
            response.headers["Link"] = f"<{static('css/site.css')}>; rel=preload; as=style"
        return response


class SiteMiddleware(Middleware):
    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Render every page in the site's language and time zone, so that it is the same for everyone."""
        site = request.site = Site.objects.current()  # type: ignore[assignment]
        with translation.override(site.language), timezone.override(ZoneInfo(site.time_zone)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", site.language)
        return response


def site_context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: return for every template the site's settings, its URL and the pages in its menu.

    The picture and the locale of preview cards are those of the site; the view of an essay replaces them.
    """
    current: Any = getattr(request, "site", None) or SimpleLazyObject(Site.objects.current)
    return {
        "site": current,
        "site_url": settings.SITE_URL,
        "pages": SimpleLazyObject(lambda: menu_pages(request)),
        "preview_picture": SimpleLazyObject(lambda: metadata.site_card(current)),
        "og_locale": SimpleLazyObject(lambda: metadata.open_graph_locale(current.language)),
    }


def menu_pages(request: HttpRequest) -> list[Essay]:
    """Return the published pages of the menu; the page being rendered expires when a scheduled one is published."""
    shown = []
    for page in MENU.fetch():
        if page.is_published:
            shown.append(page)
        else:
            pagecache.expire_page_at(request, page.published)
    return shown
