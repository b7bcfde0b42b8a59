"""Sitemaps of essays, pages, tags and series for search engines."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as render_sitemap
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

import pagecache
from blog import series
from blog.models import Essay, EssayQuerySet, Series, Tag

LINKS_PER_PART = 500


class AbsoluteSitemap(Sitemap[Any]):
    """A sitemap whose links are made from SITE_URL rather than from the request's host."""

    limit = LINKS_PER_PART

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.SITE_URL).scheme


class EssaySitemap(AbsoluteSitemap):
    """Essays, oldest first, so that a new one changes only the last part."""

    kind = Essay.Kind.ESSAY

    def items(self) -> EssayQuerySet:
        essays = Essay.objects.published().filter(kind=self.kind).order_by("published", "pk")
        return essays.only("kind", "slug", "published", "dated", "created", "changed")

    def lastmod(self, item: Essay) -> datetime:
        return max(filter(None, (item.changed, item.published)))

    def get_latest_lastmod(self) -> datetime | None:
        """Return the latest change or publication. Two queries that indexes answer are faster than one over both."""
        changed = Essay.objects.filter(published__isnull=False).order_by("-changed").values_list("changed", flat=True)
        published = self.items().aggregate(at=Max("published"))["at"]
        return max(published, *changed[:1]) if published else None


class PageSitemap(EssaySitemap):
    kind = Essay.Kind.PAGE


class TagSitemap(AbsoluteSitemap):
    def items(self) -> QuerySet[Tag]:
        tagged = Essay.tags.through.objects.filter(tag=OuterRef("pk"), essay__in=Essay.objects.essays().published())
        return Tag.objects.filter(Exists(tagged))


class SeriesSitemap(AbsoluteSitemap):
    def items(self) -> QuerySet[Series]:
        return series.readable_series()


SECTIONS = {"essays": EssaySitemap, "pages": PageSitemap, "tags": TagSitemap, "series": SeriesSitemap}


def sitemap_index(request: HttpRequest) -> HttpResponse:
    """List the parts of the sitemap by SITE_URL. Django's own index would name the request's host."""
    parts = []
    for name, section in SECTIONS.items():
        paginator, latest = section().paginator, section().get_latest_lastmod()
        for number in paginator.page_range if paginator.count else ():
            query = f"?p={number}" if number > 1 else ""
            address = f"{settings.SITE_URL}{reverse('sitemap-part', args=[name])}{query}"
            parts.append({"location": address, "last_mod": latest})
    response = render(request, "sitemap_index.xml", {"sitemaps": parts}, content_type="application/xml")
    return finish_sitemap(response)


def sitemap_part(request: HttpRequest, section: str) -> HttpResponse:
    return finish_sitemap(render_sitemap(request, dict(SECTIONS), section).render())


def finish_sitemap(response: HttpResponse) -> HttpResponse:
    """Return a sitemap's response with headers that keep the file out of search results and let it be cached."""
    response.headers["X-Robots-Tag"] = "noindex"
    return pagecache.mark_cacheable(response, "site", expires=Essay.objects.next_change())
