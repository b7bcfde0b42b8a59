"""The queue's page in the admin."""

from dataclasses import replace

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from moderation.decisions.rights import Rights, moderator_required
from moderation.queue import batch_views, deciding
from moderation.queue.filters import parse_keys
from moderation.queue.listing import Listing
from moderation.queue.query import QueueState


@require_http_methods(["GET", "HEAD", "POST"])
@moderator_required
def queue_page(request: Request, rights: Rights) -> HttpResponse:
    state = QueueState.from_query(request.GET, rights)
    if request.method == "POST":
        return post(request, state.by_position())
    if wanted := parse_keys([request.GET.get("comment", "")]):
        return redirect(url_of_comment(wanted[0], state))
    context = {
        **admin.site.each_context(request),
        "title": _("Queue"),
        "is_nav_sidebar_enabled": False,  # leaves more width for the comments
        "listing": Listing(state),
    }
    return render(request, "moderation/queue.html", context)


def post(request: Request, state: QueueState) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "undo":
        return deciding.undo(request, state)
    if action == "empty":
        return batch_views.empty_tab(request, state)
    if request.POST.get("whole"):
        return batch_views.start_batch(request, state, action)
    return deciding.decide(request, state, action)


def url_of_comment(pk: int, state: QueueState) -> str:
    """Return the queue page with this comment, or a page near it when it has been deleted."""
    found = state.rights.comments().filter(pk=pk).values_list("status", flat=True).first()
    return replace(state, tab=found or state.tab).url_at(pk)
