"""What search engines may read."""

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as draw
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

import pagecache
from blog.models import Essay, Tag


class EssaySitemap(Sitemap[Essay]):
    def items(self) -> QuerySet[Essay]:
        return Essay.objects.published().newest()

    def lastmod(self, item: Essay) -> datetime:
        return max(filter(None, (item.changed, item.published)))


class TagSitemap(Sitemap[Tag]):
    def items(self) -> QuerySet[Tag]:
        return Tag.objects.filter(essays__in=Essay.objects.essays().published()).distinct()


def sitemap(request: HttpRequest) -> HttpResponse:
    response = draw(request, {"essays": EssaySitemap, "tags": TagSitemap}).render()
    response.headers["X-Robots-Tag"] = "noindex"
    return pagecache.made_from(response, "site", ends=Essay.objects.next_change())
