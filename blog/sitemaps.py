"""What search engines may read."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as draw
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

import pagecache
from blog.models import Essay, Series, Tag


class OurSitemap(Sitemap[Any]):
    """Links are made from SITE_URL, whatever the request says."""

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme


class EssaySitemap(OurSitemap):
    def items(self) -> QuerySet[Essay]:
        return Essay.objects.published().newest()

    def lastmod(self, item: Essay) -> datetime:
        return max(filter(None, (item.changed, item.published)))


class TagSitemap(OurSitemap):
    def items(self) -> QuerySet[Tag]:
        return Tag.objects.filter(essays__in=Essay.objects.essays().published()).distinct()


class SeriesSitemap(OurSitemap):
    def items(self) -> QuerySet[Series]:
        return Series.objects.filter(essays__in=Essay.objects.essays().published()).distinct()


def sitemap(request: HttpRequest) -> HttpResponse:
    response = draw(request, {"essays": EssaySitemap, "tags": TagSitemap, "series": SeriesSitemap}).render()
    response.headers["X-Robots-Tag"] = "noindex"
    return pagecache.made_from(response, "site", ends=Essay.objects.next_change())
