"""The search page, and its description for browsers."""

import math

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

import pagecache
from search.backends import get_backend
from search.listing import Listing, State
from server.http import ratelimit

MINUTE, SEARCHES_A_MINUTE = 60, 30


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the search form and, for a query, what it finds."""
    state = State.from_address(request.GET)
    context = {"state": state, "query": state.query}
    if not state.query:
        return render(request, "search/search.html", context)
    if wait := ratelimit.acquire("search", request.META["REMOTE_ADDR"], MINUTE, count=SEARCHES_A_MINUTE):
        seconds = math.ceil(wait)
        response = render(request, "search/search.html", {**context, "problem": too_fast(seconds)}, status=429)
        response.headers["Retry-After"] = str(seconds)
        return response
    with get_backend().session():
        return render(request, "search/search.html", {**context, "listing": Listing(state)})


def too_fast(seconds: int) -> str:
    """Return the message for a network that searches too often."""
    message = ngettext(
        "You’re searching too quickly. Please wait %(count)d second and try again.",
        "You’re searching too quickly. Please wait %(count)d seconds and try again.",
        seconds,
    )
    return message % {"count": seconds}


@require_safe
def open_search(request: HttpRequest) -> HttpResponse:
    """Return the OpenSearch description, by which browsers offer this site's search."""
    context = {"site_url": settings.SITE_URL}
    content_type = "application/opensearchdescription+xml; charset=utf-8"
    return pagecache.mark_cacheable(render(request, "search/opensearch.xml", context, content_type), "site")
