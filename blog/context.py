"""What every template may lean on: the site, and the pages in its menu."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import MENU_LIMIT, Essay, Site


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "site": getattr(request, "site", None) or SimpleLazyObject(Site.objects.current),
        "site_url": settings.SITE_URL,
        "pages": SimpleLazyObject(lambda: menu(request)),
    }


def menu(request: HttpRequest) -> list[Essay]:
    """The published pages of the menu; whatever shows them changes when the next one's time comes."""
    dated = Essay.objects.in_menu().exclude(published=None).only("kind", "slug", "title", "published", "language")
    shown = []
    for page in dated[:MENU_LIMIT]:
        if page.is_published:
            shown.append(page)
        else:
            ends(request, page.published)
    return shown


def ends(request: HttpRequest, moment: datetime | None) -> None:
    """The page that is being drawn for the request changes by itself at that moment."""
    known = getattr(request, "ends", None)
    request.ends = min(filter(None, (known, moment)), default=None)  # type: ignore[attr-defined]
