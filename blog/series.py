"""Navigation in a series and between the translations of an essay."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language_info, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

import pagecache
from blog.models import Essay, Series

ORDINALS: list[Any] = [
    pgettext_lazy("place in a series", "first"), pgettext_lazy("place in a series", "second"),
    pgettext_lazy("place in a series", "third"), pgettext_lazy("place in a series", "fourth"),
    pgettext_lazy("place in a series", "fifth"), pgettext_lazy("place in a series", "sixth"),
    pgettext_lazy("place in a series", "seventh"), pgettext_lazy("place in a series", "eighth"),
    pgettext_lazy("place in a series", "ninth"), pgettext_lazy("place in a series", "tenth"),
    pgettext_lazy("place in a series", "eleventh"), pgettext_lazy("place in a series", "twelfth"),
]  # fmt: skip
CARDINALS: list[Any] = [
    gettext_lazy("one"), gettext_lazy("two"), gettext_lazy("three"), gettext_lazy("four"),
    gettext_lazy("five"), gettext_lazy("six"), gettext_lazy("seven"), gettext_lazy("eight"),
    gettext_lazy("nine"), gettext_lazy("ten"), gettext_lazy("eleven"), gettext_lazy("twelve"),
]  # fmt: skip
LINK_FIELDS = ("kind", "title", "slug", "published", "dated", "created", "language")


class SeriesNavigation(NamedTuple):
    series: Series
    number: int
    total: int
    previous_key: int | None
    next_key: int | None

    def __str__(self) -> str:
        """Return the position in words (“third of five”), above twelve in digits."""
        is_short = self.total <= len(CARDINALS)
        place: Any = ORDINALS[self.number - 1] if is_short else self.number
        total: Any = CARDINALS[self.total - 1] if is_short else self.total
        return _("%(place)s of %(total)s") % {"place": place, "total": total}


class Translation(NamedTuple):
    essay: Essay
    code: str
    name: str


def get_navigation(request: HttpRequest, essay: Essay, series: Series) -> SeriesNavigation | None:
    """Return an essay's position in its series and its neighbors' keys.

    The page expires when a scheduled essay of the series is published.
    """
    rows = Essay.objects.essays().filter(series=series, published__isnull=False).in_series()
    keys = published_keys(request, rows.values_list("pk", "published"))
    if essay.pk not in keys:  # a preview of a draft
        return None
    here = keys.index(essay.pk)
    before, after = keys[here - 1] if here else None, keys[here + 1] if here + 1 < len(keys) else None
    return SeriesNavigation(series, here + 1, len(keys), before, after)


def readable_series() -> "QuerySet[Series]":
    """Return the series that have at least one published essay."""
    return Series.objects.filter(Exists(Essay.objects.essays().published().filter(series=OuterRef("pk"))))


def with_counts() -> "QuerySet[Series]":
    """Return the series that have published essays, last updated first, with their number and first and last date."""
    read = Q(essays__kind=Essay.Kind.ESSAY, essays__published__lte=timezone.now())
    return (
        Series.objects.annotate(
            number=Count("essays", filter=read),
            begun=Min("essays__dated", filter=read),
            ended=Max("essays__dated", filter=read),
            newest=Max("essays__published", filter=read),
        )
        .filter(number__gt=0)
        .order_by("-newest", "pk")
    )


def get_translations(request: HttpRequest, essay: Essay, language: str) -> list[Translation]:
    """Return an essay and its published translations, or nothing if it has none; `language` is the site's."""
    original = essay.translation_of_id or essay.pk
    rows = Essay.objects.filter(Q(pk=original) | Q(translation_of=original), published__isnull=False)
    found = {row.pk: row for row in rows.order_by("pk").only(*LINK_FIELDS)}
    listed = [found[key] for key in published_keys(request, ((row.pk, row.published) for row in found.values()))]
    if len(listed) < 2:
        return []
    return [Translation(row, code := row.language or language, get_language_info(code)["name_local"]) for row in listed]


def published_keys(request: HttpRequest, rows: Iterable[tuple[int, Any]]) -> list[int]:
    """Return the keys of the (key, publication time) rows that are published; the page expires when others will be."""
    now = timezone.now()
    listed = []
    for key, published in rows:
        if published <= now:
            listed.append(key)
        else:
            pagecache.expire_page_at(request, published)
    return listed
