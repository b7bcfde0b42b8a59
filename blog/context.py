"""Context processor for all templates: the site and the pages in its menu."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import MENU_LIMIT, Essay, Site


def site(request: HttpRequest) -> dict[str, Any]:
    """Return for every template the site's settings, its URL and the pages in its menu."""
    return {
        "site": getattr(request, "site", None) or SimpleLazyObject(Site.objects.current),
        "site_url": settings.SITE_URL,
        "pages": SimpleLazyObject(lambda: menu_pages(request)),
    }


def menu_pages(request: HttpRequest) -> list[Essay]:
    """Return the published pages of the menu; the page being rendered expires when a scheduled one is published."""
    dated = Essay.objects.in_menu().exclude(published=None).only("kind", "slug", "title", "published", "language")
    shown = []
    for page in dated[:MENU_LIMIT]:
        if page.is_published:
            shown.append(page)
        else:
            expire_page_at(request, page.published)
    return shown


def expire_page_at(request: HttpRequest, moment: datetime | None) -> None:
    """Let the cached page for this request expire at a time; the earliest of several counts, None changes nothing."""
    known = getattr(request, "expires", None)
    request.expires = min(filter(None, (known, moment)), default=None)  # type: ignore[attr-defined]
