"""What every template may lean on: the site, and its pages for the masthead."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from blog.models import Essay, Site


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "site": getattr(request, "site", None) or SimpleLazyObject(Site.objects.current),
        "site_url": settings.SITE_URL,
        "pages": SimpleLazyObject(lambda: list(Essay.objects.pages().published().order_by("title")[:6])),
    }
