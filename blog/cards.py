"""Views of drawn preview cards. Each is drawn once, stored, and served at an address that changes with its text."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from blog.images import card_files
from blog.images.card_drawing import CardText, draw
from blog.metadata import PreviewPicture, card_authors, essay_card, site_card
from blog.middleware import get_site
from blog.models import Essay


@require_safe
def card(request: HttpRequest, pk: int, version: str) -> HttpResponseBase:
    """Serve the card of a published essay or page, or redirect from an outdated address."""
    essay = get_object_or_404(Essay.objects.published().with_authors(), pk=pk)
    site = get_site(request)
    text = CardText(site.name, title=str(essay), authors=card_authors(essay))
    return serve(request, essay_card(essay, site), str(pk), version, lambda: draw(text))


@require_safe
def card_of_site(request: HttpRequest, version: str) -> HttpResponseBase:
    """Serve the card of the site itself, or redirect from an outdated address."""
    site = get_site(request)
    return serve(request, site_card(site), "site", version, lambda: draw(CardText(site.name, tagline=site.tagline)))


def serve(
    request: HttpRequest, current: PreviewPicture, name: str, version: str, draw_card: Callable[[], bytes]
) -> HttpResponseBase:
    """Return the stored card, drawn first if it is new. Other versions redirect, so invented addresses draw nothing."""
    stem = current.path.rpartition("-")[2].removesuffix(".png")
    if version != stem:
        return redirect(current.path)
    etag = quote_etag(version)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(card_files.load_or_draw(name, version, draw_card), content_type="image/png")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
