"""The queue's page in the admin."""

from dataclasses import replace

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from moderation.decisions.rights import Rights, for_moderators
from moderation.queue import batches, deciding
from moderation.queue.filters import numbers
from moderation.queue.listing import Listing
from moderation.queue.query import Place


@require_http_methods(["GET", "HEAD", "POST"])
@for_moderators
def queue(request: Request, rights: Rights) -> HttpResponse:
    place = Place.of(request.GET, rights)
    if request.method == "POST":
        return post(request, place.fixed())
    if wanted := numbers([request.GET.get("comment", "")]):
        return redirect(url_of_comment(wanted[0], place))
    context = {
        **admin.site.each_context(request),
        "title": _("Queue"),
        "is_nav_sidebar_enabled": False,  # leaves more width for the comments
        "listing": Listing(place),
    }
    return render(request, "moderation/queue.html", context)


def post(request: Request, place: Place) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "undo":
        return deciding.undo(request, place)
    if action == "empty":
        return batches.empty(request, place)
    if request.POST.get("whole"):
        return batches.begin(request, place, action)
    return deciding.decide(request, place, action)


def url_of_comment(pk: int, place: Place) -> str:
    """Return the queue page with this comment, or a page near it when it has been deleted."""
    found = place.rights.comments().filter(pk=pk).values_list("status", flat=True).first()
    return replace(place, tab=found or place.tab).at(pk)
