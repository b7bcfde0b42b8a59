"""The queue's page in the admin."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from moderation.admin_pages import render_admin_page
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
        return handle_action(request, state.by_position())
    if wanted := parse_keys([request.GET.get("comment", "")]):
        return redirect(url_of_comment(wanted[0], state))
    return render_admin_page(request, "moderation/queue.html", _("Queue"), listing=Listing(state))


def handle_action(request: Request, state: QueueState) -> HttpResponse:
    """Undo decisions, empty spam or trash, start a batch, or decide about the selected comments."""
    action = request.POST.get("action", "")
    if action == "undo":
        return deciding.undo(request, state)
    if action == "empty":
        return batch_views.empty_tab(request, state)
    if request.POST.get("whole"):
        return batch_views.start_batch(request, state, action)
    return deciding.decide(request, state, action)


def url_of_comment(pk: int, state: QueueState) -> str:
    """Return the address of the queue page with this comment, or of one near it if it has been deleted."""
    found = state.rights.comments().filter(pk=pk).values_list("status", flat=True).first()
    return replace(state, tab=found or state.tab).url_at(pk)
