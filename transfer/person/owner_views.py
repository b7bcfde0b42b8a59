"""The owner's page for one person: export or delete everything that is kept about them, at their request."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import erasure
from accounts.models import Commenter, User
from comments.models import Decision
from transfer.person import deletion
from transfer.person import export as person_export

Verb = Decision.Verb


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    if not isinstance(request.user, User) or not request.user.is_superuser:
        raise PermissionDenied(_("Only the owner can export or delete a person’s data."))
    commenter = get_object_or_404(Commenter.objects.select_related("user"), pk=pk)
    if request.method != "POST":
        return draw(request, commenter)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise BadRequest("Unknown action.")
    return action(request, commenter)


def export(request: HttpRequest, commenter: Commenter) -> HttpResponse:
    """Download the file that the person would download, and log it."""
    response = person_export.as_file(request, commenter, request.POST["action"], f"person-{commenter.pk}")
    record(request, Verb.EXPORT, commenter.pk)
    return response


def delete(request: HttpRequest, commenter: Commenter) -> HttpResponse:
    """Delete the person as they could themselves, once the owner has confirmed it, and log it."""
    words, key = request.POST.get("words"), commenter.pk
    if words not in {"stay", "go"}:
        return draw(request, commenter, 422, is_undecided=True)
    if not erasure.may_be_forgotten(commenter):
        return draw(request, commenter, 403)
    if not request.POST.get("sure"):
        return draw(request, commenter, words=words, count=commenter.comments.count())
    with transaction.atomic():
        deletion.delete_person(commenter, keep_comments=words == "stay")
        record(request, Verb.FORGET, key)
    messages.success(request, _("Everything about commenter %(number)d has been deleted.") % {"number": key})
    return redirect("admin:index")


ACTIONS: dict[str, Callable[[HttpRequest, Commenter], HttpResponse]] = {
    "html": export,
    "json": export,
    "delete": delete,
}


def record(request: HttpRequest, verb: Verb, commenter: int) -> None:
    """Log who did it and about which commenter, without a word that tells who that was."""
    Decision.objects.create(verb=verb, moderator_id=request.user.pk, commenter_key=commenter)


def draw(request: HttpRequest, commenter: Commenter, status: int = 200, **more: object) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Data about %(name)s") % {"name": commenter.name or commenter.pk},
        "is_nav_sidebar_enabled": False,
        "commenter": commenter,
        "can_go": erasure.may_be_forgotten(commenter),
        "back": reverse("queue"),
        **more,
    }
    return render(request, "transfer/of_person.html", context, status=status)
