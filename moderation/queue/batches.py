"""What is asked for at one stroke: over all that a filter finds, or for good over what stands under spam or trash."""

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
    """Delete for good what was on the page's list, once somebody is sure; what came there since stays."""
    seen = as_seen(request.POST.getlist("seen"))
    keys = sorted((pk for pk, (status, _words) in seen.items() if status in CAN_BE_EMPTIED), reverse=True)[:MOST]
    if not request.POST.get("sure"):
        shown = [each for each in request.POST.getlist("seen") if set(as_seen([each])) & set(keys)]
        context = {"title": _("Delete for good"), "seen": shown, "count": len(shown), "back": place.bare.url()}
        return render(request, "moderation/empty.html", {**admin.site.each_context(request), **context})
    outcome = each(keys, place, seen, rewording.delete)  # answers before what they answer
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
    """How far it is, and what takes it back."""
    batch = Batch.objects.select_related("moderator").filter(pk=pk).first()
    if batch is None or (not rights.is_everywhere and batch.moderator != rights.user):
        raise Http404
    if request.method == "POST":
        begin_undo(batch, rights)
        return redirect("queue-batch", pk)
    context = {
        **admin.site.each_context(request),
        "title": capfirst(Decision.Verb(batch.verb).label),
        "is_nav_sidebar_enabled": False,
        "batch": batch,
        "is_running": batch.state in {Batch.State.RUNNING, Batch.State.UNDOING},
        "can_be_undone": batch.state in {Batch.State.DONE, Batch.State.FAILED} and batch.done,
        "back": bulk.place_of(batch, rights).url(),
        "said": in_words(batch),
    }
    return render(request, "moderation/batch.html", context)


def in_words(batch: Batch) -> str:
    """“312 approved, 2 were decided elsewhere meanwhile.”"""
    so_far = {"count": batch.done, "total": batch.total, "verb": batch.get_verb_display()}
    is_running = batch.state == Batch.State.RUNNING
    parts = [(_("%(count)d of %(total)d %(verb)s") if is_running else _("%(count)d %(verb)s")) % so_far]
    if batch.missed:
        said = ngettext("%(count)d had already been decided", "%(count)d had already been decided", batch.missed)
        parts.append(said % {"count": batch.missed})
    if batch.undone:
        parts.append(_("%(count)d undone") % {"count": batch.undone})
    return ", ".join(parts) + "."


@transaction.atomic
def begin_undo(batch: Batch, rights: Rights) -> None:
    ended = Batch.objects.filter(pk=batch.pk, state__in=(Batch.State.DONE, Batch.State.FAILED))
    if ended.update(state=Batch.State.UNDOING, ended=None):
        bulk.undo_batch.enqueue(batch.pk, rights.user.pk)
