"""What every template may lean on: the site, and its pages for the masthead."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import Essay, Site

IN_MASTHEAD = 6


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "site": getattr(request, "site", None) or SimpleLazyObject(Site.objects.current),
        "site_url": settings.SITE_URL,
        "pages": SimpleLazyObject(lambda: masthead(request)),
    }


def masthead(request: HttpRequest) -> list[Essay]:
    """The site's pages by title; whatever shows them changes when the next one's time comes."""
    dated = Essay.objects.pages().exclude(published=None).only("kind", "slug", "title", "published").order_by("title")
    shown = []
    for page in dated:
        if page.is_published:
            shown.append(page)
        else:
            ends(request, page.published)
    return shown[:IN_MASTHEAD]


def ends(request: HttpRequest, moment: datetime | None) -> None:
    """The page that is being drawn for the request changes by itself at that moment."""
    known = getattr(request, "ends", None)
    request.ends = min(filter(None, (known, moment)), default=None)  # type: ignore[attr-defined]
