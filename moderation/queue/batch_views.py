"""Pages of batches: one action on everything that matches a filter, and emptying spam or trash."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from comments.models import Batch, Status
from moderation.admin_pages import render_admin_page
from moderation.decisions import editing
from moderation.decisions.rights import Rights, moderator_required
from moderation.queue import batches
from moderation.queue.deciding import decide_each, get_verb, parse_seen
from moderation.queue.query import MAX_SIZE, QueueState

CAN_BE_EMPTIED = {Status.SPAM, Status.TRASH}


def empty_tab(request: Request, state: QueueState) -> HttpResponse:
    """Ask for confirmation, then permanently delete the spam or trash that the page listed; newer ones are kept."""
    seen = parse_seen(request.POST.getlist("seen"))
    keys = sorted((pk for pk, (status, _words) in seen.items() if status in CAN_BE_EMPTIED), reverse=True)[:MAX_SIZE]
    if not request.POST.get("sure"):
        shown = [text for text in request.POST.getlist("seen") if set(parse_seen([text])) & set(keys)]
        context = {"title": _("Delete for good"), "seen": shown, "count": len(shown), "back": state.first_page.url()}
        return render(request, "moderation/empty.html", {**admin.site.each_context(request), **context})
    outcome = decide_each(keys, state, seen, editing.delete)  # replies before their parents
    messages.info(request, outcome.summary())
    return redirect(state.first_page.url())


def start_batch(request: Request, state: QueueState, action: str) -> HttpResponse:
    """Start a job that applies an action to everything that matches the filter, and show its page."""
    get_verb(action)
    state = state.first_page
    newest = state.comments().order_by().aggregate(newest=Max("pk"))["newest"] or 0
    with transaction.atomic():
        batch = Batch.objects.create(
            moderator=state.rights.user,
            verb=action,
            requested={"query": state.query(), "up_to": newest, "after": 0},
            total=state.comments().order_by().filter(pk__lte=newest).count(),
        )
        batches.decide_batch.enqueue(batch.pk)
    return redirect("queue-batch", batch.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@moderator_required
def batch_page(request: Request, rights: Rights, pk: int) -> HttpResponse:
    """Show the progress of a batch, with a button to undo it."""
    batch = Batch.objects.select_related("moderator").filter(pk=pk).first()
    if batch is None or (not rights.is_site_wide and batch.moderator != rights.user):
        raise Http404
    if request.method == "POST":
        start_undo(batch, rights)
        return redirect("queue-batch", pk)
    return render_admin_page(
        request,
        "moderation/batch.html",
        capfirst(batch.get_verb_display()),
        batch=batch,
        is_running=batch.state in {Batch.State.RUNNING, Batch.State.UNDOING},
        can_be_undone=batch.state in {Batch.State.DONE, Batch.State.FAILED} and batch.done,
        back=batches.queue_state_of(batch, rights).url(),
        summary=describe_progress(batch),
    )


def describe_progress(batch: Batch) -> str:
    """Return what a batch has done so far, such as “312 approved, 2 had already been moderated.”"""
    so_far = {"count": batch.done, "total": batch.total, "verb": batch.get_verb_display()}
    is_running = batch.state == Batch.State.RUNNING
    parts = [(_("%(count)d of %(total)d %(verb)s") if is_running else _("%(count)d %(verb)s")) % so_far]
    if batch.missed:
        missed = ngettext("%(count)d had already been moderated", "%(count)d had already been moderated", batch.missed)
        parts.append(missed % {"count": batch.missed})
    if batch.undone:
        parts.append(_("%(count)d undone") % {"count": batch.undone})
    return ", ".join(parts) + "."


@transaction.atomic
def start_undo(batch: Batch, rights: Rights) -> None:
    """Enqueue the undo of a finished batch; do nothing if it is still running or being undone."""
    finished = Batch.objects.filter(pk=batch.pk, state__in=(Batch.State.DONE, Batch.State.FAILED))
    if finished.update(state=Batch.State.UNDOING, ended=None):
        batches.undo_batch.enqueue(batch.pk, rights.user.pk)
