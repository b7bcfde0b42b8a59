"""The owner's page to export or delete a person's data at their request."""

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import erasure
from accounts.models import Commenter, User
from comments.models import Decision
from moderation.admin_pages import render_admin_page
from transfer.person import deletion
from transfer.person import export as person_export

Verb = Decision.Verb


@require_http_methods(["GET", "HEAD", "POST"])
def data(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a person's page, or export or delete their data. For the owner only."""
    if not isinstance(request.user, User) or not request.user.is_superuser:
        raise PermissionDenied(_("Only the owner can export or delete a person’s data."))
    commenter = get_object_or_404(Commenter.objects.select_related("user"), pk=pk)
    if request.method != "POST":
        return render_page(request, commenter)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise BadRequest("Unknown action.")
    return action(request, commenter)


def export(request: HttpRequest, commenter: Commenter) -> HttpResponse:
    """Download the file that the person would download, and log it."""
    response = person_export.as_file(request, commenter, request.POST["action"], f"person-{commenter.pk}")
    log_action(request, Verb.EXPORT, commenter.pk)
    return response


def delete(request: HttpRequest, commenter: Commenter) -> HttpResponse:
    """Delete the person as they could themselves, once the owner has confirmed it, and log it."""
    choice, key = request.POST.get("words"), commenter.pk
    if choice not in {"stay", "go"}:
        return render_page(request, commenter, 422, is_undecided=True)
    if not erasure.is_erasable(commenter):
        return render_page(request, commenter, 403)
    if not request.POST.get("sure"):
        return render_page(request, commenter, choice=choice, comment_count=commenter.comments.count())
    with transaction.atomic():
        deletion.delete_person(commenter, keep_comments=choice == "stay")
        log_action(request, Verb.FORGET, key)
    messages.success(request, _("The personal data of commenter %(number)d has been deleted.") % {"number": key})
    return redirect("admin:index")


ACTIONS = {"html": export, "json": export, "delete": delete}


def log_action(request: HttpRequest, verb: Verb, commenter: int) -> None:
    """Record an export or deletion with the commenter's number only, so that the log doesn't identify the person."""
    Decision.objects.create(verb=verb, moderator_id=request.user.pk, commenter_key=commenter)


def render_page(request: HttpRequest, commenter: Commenter, status: int = 200, **more: object) -> HttpResponse:
    """Render the person's page, with the step of a deletion that `more` describes."""
    title = _("Data about %(name)s") % {"name": commenter.name or commenter.pk}
    context = {"commenter": commenter, "can_delete": erasure.is_erasable(commenter), "back": reverse("queue"), **more}
    return render_admin_page(request, "transfer/person_by_owner.html", title, status, **context)
