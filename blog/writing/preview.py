"""Previews of unpublished essays, for their authors and by secret link."""

import secrets
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from blog import series as in_series
from blog.middleware import get_site
from blog.models import Draft, Essay, PreviewLink, Tag, Text
from blog.onward import get_onward
from blog.writing import revisions

DEFAULT_DAYS = 7
MAX_LINKS = 20  # open links of one essay


def text_to_preview(essay: Essay) -> Text:
    """Return the latest unsaved draft if it is based on the latest saved text, else that text."""
    found = revisions.latest_text(essay)
    draft = Draft.objects.filter(essay=essay, base=found.version).order_by("-changed").first()
    return draft.text.cleaned() if draft else found.text


def render_preview(request: HttpRequest, essay: Essay, text: Text, *, by: User | None = None) -> HttpResponse:
    """Render an essay's page with another text, not to be cached or indexed; `by` is the author of a new essay."""
    text.apply_to(essay)
    essay.shown_tags = Tag.objects.named(text.tags)
    is_new = essay._state.adding
    if is_new:
        essay.bylines = [by]
    template = "blog/page.html" if essay.kind == Essay.Kind.PAGE else "blog/essay.html"
    context: dict[str, Any] = {"essay": essay, "is_preview": True}
    if not is_new:
        context["series_position"] = essay.series and in_series.get_navigation(request, essay, essay.series)
        context["onward"] = get_onward(request, essay, context["series_position"])
        context["translations"] = in_series.get_translations(request, essay, get_site(request).language)
    response = render(request, template, context)
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_safe
def show_preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show the latest text of a preview link's essay."""
    link = PreviewLink.objects.unexpired().select_related("essay").filter(token=token).first()
    if link is None:
        context = {
            "heading": _("This preview link doesn’t work"),
            "sentence": _("It has expired, was revoked, or is incomplete."),
            "advice": _("Ask the author for a new one."),
        }
        return render(request, "problem.html", context, status=404)
    return render_preview(request, link.essay, text_to_preview(link.essay))


@transaction.atomic
def create_link(essay: Essay, *, by: User, days: int = DEFAULT_DAYS) -> PreviewLink:
    """Create a preview link and delete expired ones. Raises PermissionDenied if there are too many."""
    essay.preview_links.filter(expires__lte=timezone.now()).delete()
    if essay.preview_links.count() >= MAX_LINKS:
        raise PermissionDenied(_("This essay has too many preview links. Revoke one, then try again."))
    expires = timezone.now() + timedelta(days=days)
    return PreviewLink.objects.create(essay=essay, created_by=by, token=secrets.token_urlsafe(32), expires=expires)
