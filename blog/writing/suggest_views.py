"""Suggestions while an author types: tags, series, and the site's own essays for a link."""

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, JsonResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import User
from blog.models import Essay, Series, Tag

LIMIT = 8


def essay_count(number: int) -> str:
    return ngettext("%(n)d essay", "%(n)d essays", number) % {"n": number}


def find_tags(words: str) -> list[dict[str, Any]]:
    found = Tag.objects.filter(name__icontains=words).annotate(number=Count("essays")).order_by("-number", "name")
    return [{"name": tag.name, "note": essay_count(tag.number)} for tag in found[:LIMIT]]  # type: ignore[attr-defined]


def find_series(words: str) -> list[dict[str, Any]]:
    found = Series.objects.filter(title__icontains=words).annotate(number=Count("essays")).order_by("-pk")
    return [{"name": series.title, "note": essay_count(series.number)} for series in found[:LIMIT]]


def find_essays(words: str) -> list[dict[str, Any]]:
    """Return published essays and pages whose title has all words, latest first."""
    has_words = Q()
    for word in words.split():
        has_words &= Q(title__icontains=word)
    found = Essay.objects.published().filter(has_words).order_by("-published")[:LIMIT]
    return [{"name": str(essay), "value": essay.get_absolute_url(), "note": f"{essay.published:%Y}"} for essay in found]


FINDERS: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "tags": find_tags,
    "series": find_series,
    "essays": find_essays,
}


@require_safe
def suggest(request: HttpRequest, kind: str) -> JsonResponse:
    """Return what matches `?q=`, the most used or latest first."""
    user = cast(User, request.user)
    if not (user.has_perm("blog.add_essay") or user.has_perm("blog.change_essay")):
        raise PermissionDenied
    return JsonResponse({"found": FINDERS[kind](request.GET.get("q", "")[:100].strip())})
