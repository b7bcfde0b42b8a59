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
from comments.models import Batch, Decision, Status
from moderation.decisions import rewording
from moderation.decisions.rights import Rights, for_moderators
from moderation.queue import bulk
from moderation.queue.deciding import as_seen, each, verb_of
from moderation.queue.query import MOST, Place

CAN_BE_EMPTIED = {Status.SPAM, Status.TRASH}


def empty(request: Request, place: Place) -> HttpResponse:
    """Ask for confirmation, then permanently delete the comments that the page listed; newer ones are kept."""
    seen = as_seen(request.POST.getlist("seen"))
    keys = sorted((pk for pk, (status, _words) in seen.items() if status in CAN_BE_EMPTIED), reverse=True)[:MOST]
    if not request.POST.get("sure"):
        shown = [text for text in request.POST.getlist("seen") if set(as_seen([text])) & set(keys)]
        context = {"title": _("Delete for good"), "seen": shown, "count": len(shown), "back": place.bare.url()}
        return render(request, "moderation/empty.html", {**admin.site.each_context(request), **context})
    outcome = each(keys, place, seen, rewording.delete)  # replies before their parents
    messages.info(request, outcome.summary())
    return redirect(place.bare.url())


def begin(request: Request, place: Place, action: str) -> HttpResponse:
    verb_of(action)
    place = place.bare
    newest = place.comments().order_by().aggregate(newest=Max("pk"))["newest"] or 0
    with transaction.atomic():
        batch = Batch.objects.create(
            moderator=place.rights.user,
            verb=action,
            asked={"query": place.query(), "up_to": newest, "after": 0},
            total=place.comments().order_by().filter(pk__lte=newest).count(),
        )
        bulk.decide_batch.enqueue(batch.pk)
    return redirect("queue-batch", batch.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@for_moderators
def page(request: Request, rights: Rights, pk: int) -> HttpResponse:
    """Show the progress of a batch, with a button to undo it."""
    batch = Batch.objects.select_related("moderator").filter(pk=pk).first()
    if batch is None or (not rights.is_everywhere and batch.moderator != rights.user):
        raise Http404
    if request.method == "POST":
        start_undo(batch, rights)
        return redirect("queue-batch", pk)
    context = {
        **admin.site.each_context(request),
        "title": capfirst(Decision.Verb(batch.verb).label),
        "is_nav_sidebar_enabled": False,
        "batch": batch,
        "is_running": batch.state in {Batch.State.RUNNING, Batch.State.UNDOING},
        "can_be_undone": batch.state in {Batch.State.DONE, Batch.State.FAILED} and batch.done,
        "back": bulk.place_of(batch, rights).url(),
        "said": describe(batch),
    }
    return render(request, "moderation/batch.html", context)


def describe(batch: Batch) -> str:
    """Return “312 approved, 2 had already been decided.”"""
    so_far = {"count": batch.done, "total": batch.total, "verb": batch.get_verb_display()}
    is_running = batch.state == Batch.State.RUNNING
    parts = [(_("%(count)d of %(total)d %(verb)s") if is_running else _("%(count)d %(verb)s")) % so_far]
    if batch.missed:
        missed = ngettext("%(count)d had already been decided", "%(count)d had already been decided", batch.missed)
        parts.append(missed % {"count": batch.missed})
    if batch.undone:
        parts.append(_("%(count)d undone") % {"count": batch.undone})
    return ", ".join(parts) + "."


@transaction.atomic
def start_undo(batch: Batch, rights: Rights) -> None:
    finished = Batch.objects.filter(pk=batch.pk, state__in=(Batch.State.DONE, Batch.State.FAILED))
    if finished.update(state=Batch.State.UNDOING, ended=None):
        bulk.undo_batch.enqueue(batch.pk, rights.user.pk)
