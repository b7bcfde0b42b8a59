"""The publishing step: a page of its own; a script shows it as a dialog over the writing page."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from blog.models import Essay, Revision, Text
from blog.writing import revisions
from blog.writing.draft_views import get_saved_essay, render_page
from blog.writing.publishing.form import AT, HIDE, SHOW, PublishingForm
from blog.writing.publishing.page import build_context, state_of
from blog.writing.revisions import LatestText
from blog.writing.time_zones import activate_own_time_zone, current_time_zone_name
from server.logged_out import keep_posted_form, wants_json


def publish_page(request: HttpRequest, which: str) -> HttpResponseBase:
    """Show the step to those who may write; what someone sends who was logged out in between is kept on a page."""
    if request.method == "POST" and not request.user.is_authenticated:
        return keep_posted_form(request, _("Nothing was published. What you entered is kept on this page."))
    return admin.site.admin_view(publish)(request, which)


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, which: str) -> HttpResponse:
    """GET shows the step; POST publishes, schedules or updates an essay, or undoes that."""
    user, essay = get_saved_essay(request, which)
    activate_own_time_zone(request)
    if request.method != "POST":
        found = revisions.latest_text(essay)
        return render_step(request, essay, found, PublishingForm(essay, found.text))
    with transaction.atomic():
        essay = Essay.objects.select_for_update().get(pk=essay.pk)
        if "undo" in request.POST:
            return undo(request, user, essay)
        return submit(request, user, essay)


def render_step(
    request: HttpRequest, essay: Essay, found: LatestText, form: PublishingForm, status: int = 200, **more: Any
) -> HttpResponse:
    """Render the step; `more` tells why it is shown again."""
    title = _("Update") if essay.is_published else _("Publish")
    context = build_context(request, essay, found, form) | {"is_nav_sidebar_enabled": False} | more
    return render_page(request, "publish", title, status, **context)


def submit(request: HttpRequest, user: User, essay: Essay) -> HttpResponse:
    """Publish as the form says, or show it again: forbidden, outdated or with errors. The essay is locked."""
    found = revisions.latest_text(essay)
    form = PublishingForm(essay, found.text, request.POST)
    if not essay.may_publish(user):
        return render_step(request, essay, found, form, 403)
    if request.POST.get("state") != state_of(essay, found):
        if is_done(essay, found, form):
            return leave(request, essay)
        return render_step(request, essay, found, form, 409, is_outdated=True)
    if not form.is_valid():
        return render_step(request, essay, found, form, 422)
    was_published = essay.is_published
    try:
        revision = publish_as_chosen(essay, found.text, form.cleaned_data, by=user)
    except revisions.NotReady as error:
        for name, words in error.missing.items():
            form.add_error(name if name in form.fields else None, words)
        return render_step(request, Essay.objects.get(pk=essay.pk), found, form, 422)
    messages.success(request, published_message(essay, revision, was_published=was_published))
    return leave(request, essay)


def publish_as_chosen(essay: Essay, text: Text, chosen: dict[str, Any], *, by: User) -> Revision | None:
    """Publish a text with the choices of the step. Raises NotReady."""
    text = replace(text, title=chosen["title"], excerpt=chosen["excerpt"], slug=chosen["slug"]).cleaned()
    essay.cover = chosen["cover"]
    if chosen["published"] or not essay.is_published:
        essay.published = chosen["published"]
    return revisions.publish(
        essay,
        text,
        by=by,
        emails=chosen["emails"],
        note=chosen["note"],
        is_public_note=chosen["update"] == SHOW,
        hides_update=chosen["update"] == HIDE,
    )


def is_done(essay: Essay, found: LatestText, form: PublishingForm) -> bool:
    """Return whether an outdated form asks for what has just been done: it was sent twice."""
    if essay.published is None or not form.is_valid() or found.revision is None:
        return False
    chosen = form.cleaned_data
    asked = replace(found.text, title=chosen["title"], excerpt=chosen["excerpt"], slug=chosen["slug"]).cleaned()
    is_timely = essay.is_published if chosen["when"] != AT else essay.published == chosen["published"]
    has_emails = essay.kind == Essay.Kind.PAGE or essay.announcements.pending().exists() == chosen["emails"]
    is_shown = asked == found.text and found.revision.kind == Revision.Kind.PUBLISH
    return is_shown and is_timely and has_emails and essay.cover == chosen["cover"]


def undo(request: HttpRequest, user: User, essay: Essay) -> HttpResponse:
    """Make an essay that was just published a draft again. The essay is locked."""
    if not essay.may_publish(user):
        found = revisions.latest_text(essay)
        return render_step(request, essay, found, PublishingForm(essay, found.text), 403)
    if essay.published is None:
        messages.info(request, _("This essay is a draft."))
    elif revisions.undo_publishing(essay, by=user):
        messages.success(request, undone_message())
    else:
        messages.warning(request, too_late_message())
    return leave(request, essay)


def leave(request: HttpRequest, essay: Essay) -> HttpResponse:
    """Redirect to the writing page; a script gets the address as JSON."""
    address = reverse("admin:blog_essay_change", args=[essay.pk])
    if wants_json(request):
        return JsonResponse({"location": address})
    return redirect(address)


def undone_message() -> str:
    return _("Publishing undone. The essay is a draft again, and no emails are sent.")


def too_late_message() -> str:
    return _("It’s too late to undo publishing. To take the essay down, unpublish it.")


def published_message(essay: Essay, revision: Revision | None, *, was_published: bool) -> str:
    """Return what an author reads after publishing; `revision` is None if the text has not changed."""
    if essay.is_published:
        said = _("Updated.") if was_published else _("Published.")
        return format_html('{} <a href="{}">{}</a>', said, essay.get_absolute_url(), _("View on site"))
    values = {"when": format_time(essay.published), "zone": current_time_zone_name()}
    return _("Scheduled for %(when)s (%(zone)s).") % values


def format_time(at: datetime | None) -> str:
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")
