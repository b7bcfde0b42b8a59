"""Where an essay stands among those of its series, and in which other languages it is to be read."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language_info, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from blog.context import ends
from blog.models import Essay, Series

PLACES: list[Any] = [
    pgettext_lazy("place in a series", "first"),
    pgettext_lazy("place in a series", "second"),
    pgettext_lazy("place in a series", "third"),
    pgettext_lazy("place in a series", "fourth"),
    pgettext_lazy("place in a series", "fifth"),
    pgettext_lazy("place in a series", "sixth"),
    pgettext_lazy("place in a series", "seventh"),
    pgettext_lazy("place in a series", "eighth"),
    pgettext_lazy("place in a series", "ninth"),
    pgettext_lazy("place in a series", "tenth"),
    pgettext_lazy("place in a series", "eleventh"),
    pgettext_lazy("place in a series", "twelfth"),
]
COUNTS: list[Any] = [
    gettext_lazy("one"),
    gettext_lazy("two"),
    gettext_lazy("three"),
    gettext_lazy("four"),
    gettext_lazy("five"),
    gettext_lazy("six"),
    gettext_lazy("seven"),
    gettext_lazy("eight"),
    gettext_lazy("nine"),
    gettext_lazy("ten"),
    gettext_lazy("eleven"),
    gettext_lazy("twelve"),
]
FOR_A_LINK = ("kind", "title", "slug", "published", "dated", "created", "language")


class Place(NamedTuple):
    series: Series
    number: int
    total: int
    previous: Essay | None
    next: Essay | None

    def __str__(self) -> str:
        """In words, as a book says it, as far as people count in words."""
        is_short = self.total <= len(COUNTS)
        place: Any = PLACES[self.number - 1] if is_short else self.number
        total: Any = COUNTS[self.total - 1] if is_short else self.total
        return _("%(place)s of %(total)s") % {"place": place, "total": total}


class Translation(NamedTuple):
    essay: Essay
    code: str
    name: str


def place_of(request: HttpRequest, essay: Essay) -> Place | None:
    """Two queries; the page changes when the next of them appears."""
    if essay.series is None:
        return None
    rows = Essay.objects.essays().filter(series=essay.series_id, published__isnull=False).in_series()
    keys = those_to_be_read(request, rows.values_list("pk", "published"))
    if essay.pk not in keys:  # a draft that is looked at beforehand
        return None
    here = keys.index(essay.pk)
    around = Essay.objects.only(*FOR_A_LINK).in_bulk(keys[max(0, here - 1) : here + 2])
    before, after = keys[here - 1] if here else None, keys[here + 1] if here + 1 < len(keys) else None
    return Place(essay.series, here + 1, len(keys), around.get(before), around.get(after))


def readable() -> "QuerySet[Series]":
    """Those of which there is something to read."""
    return Series.objects.filter(Exists(Essay.objects.essays().published().filter(series=OuterRef("pk"))))


def with_essays() -> "QuerySet[Series]":
    """Those of which there is something to read, the one that went on last first; each with how much, and its years."""
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


def translations_of(request: HttpRequest, essay: Essay, language: str) -> list[Translation]:
    """The same essay in every language there is of it, this one included; empty when there is no other."""
    if not essay.translation_of_id and not getattr(essay, "is_translated", True):
        return []
    original = essay.translation_of_id or essay.pk
    rows = Essay.objects.filter(Q(pk=original) | Q(translation_of=original), published__isnull=False)
    found = {row.pk: row for row in rows.order_by("pk").only(*FOR_A_LINK)}
    listed = [found[key] for key in those_to_be_read(request, ((row.pk, row.published) for row in found.values()))]
    if len(listed) < 2:
        return []
    return [Translation(row, code := row.language or language, get_language_info(code)["name_local"]) for row in listed]


def those_to_be_read(request: HttpRequest, rows: Iterable[tuple[int, Any]]) -> list[int]:
    """Of keys with times of publication the keys of what readers see now."""
    now = timezone.now()
    listed = []
    for key, published in rows:
        if published <= now:
            listed.append(key)
        else:
            ends(request, published)
    return listed
