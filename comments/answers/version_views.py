"""Readers' pages about the versions of an essay: its corrections, and a comparison of two versions."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

import pagecache
from accounts.middleware import Request
from blog import difference
from blog.middleware import get_site
from blog.models import Essay, Redirect, Revision
from comments.answers.corrections import Corrections, compared_version
from comments.models import Discussion

BELOW_ESSAY = re.compile(r"(?:corrections|versions/[0-9]+)/\Z")


def redirects_moved(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Redirect from a former address of the essay to the same page at its present one."""

    @wraps(view)
    def find(request: Request, **address: Any) -> HttpResponse:
        try:
            return view(request, **address)
        except Http404:
            path = BELOW_ESSAY.sub("", request.path)
            moved = Redirect.objects.select_related("essay").filter(old_path=path[:500]).first()
            if moved is None or moved.essay is None or not moved.essay.is_published:
                raise
            return redirect(f"{moved.get_absolute_url()}{request.path.removeprefix(path)}", permanent=True)

    return find


@require_safe
@redirects_moved
def corrections(request: Request, **address: Any) -> HttpResponse:
    """List what was changed after readers' comments, by version."""
    essay = Discussion.objects.get_essay_or_404(AnonymousUser(), **address)
    found = Corrections(essay, has_versions=get_site(request).public_versions)
    versions = found.versions()
    context = {
        "essay": essay,
        "versions": versions if any(version.corrections for version in versions) else [],
        "count": len(found.answers),
        "newest": found.newest,
    }
    return cacheable(render(request, "comments/corrections.html", context), essay)


@require_safe
@redirects_moved
def version(request: Request, number: int, **address: Any) -> HttpResponse:
    """Compare a version of an essay with the one before it; the first is shown as it is."""
    essay = Discussion.objects.get_essay_or_404(AnonymousUser(), **address)
    if not get_site(request).public_versions:
        raise Http404
    rows = Revision.objects.public(essay).exclude(version=None)
    listed = list(rows.only("pk", "version", "is_withdrawn"))
    if not any(row.version == number and not row.is_withdrawn for row in listed):
        raise Http404
    compared = compared_version(listed, number)
    shown, before = rows.filter(version=number).first(), rows.filter(version=compared).first()
    if shown is None:
        raise Http404
    context = {
        "essay": essay,
        "version": shown,
        "before": before,
        "is_newest": shown.version == listed[0].version,
        "difference": difference.compare(before.text, shown.text) if before else None,
    }
    return cacheable(render(request, "comments/version.html", context), essay)


@require_safe
def page_version(request: Request, slug: str, number: str) -> HttpResponse:
    """Compare a version of a page, as version() does."""
    return version(request, number=int(number), slug=slug)


def cacheable(response: HttpResponse, essay: Essay) -> HttpResponse:
    """Cache a page until the essay, its comments or the settings change."""
    return pagecache.mark_cacheable(response, essay.cache_key, "site")
