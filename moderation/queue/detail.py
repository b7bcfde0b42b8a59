"""One comment among moderators: the thread around it, and the forms that need more than a button."""

from secrets import token_urlsafe
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.profiles.text import tidy_text
from comments.models import Comment, Reason
from comments.posting import actions as speaking
from comments.posting.forms import TEXT_BYTES
from comments.screening.screening import Refused, Sender
from moderation.decisions import rewording
from moderation.decisions.rights import Rights, for_moderators
from moderation.queue import deciding
from moderation.queue.deciding import as_seen
from moderation.queue.listing import only_these
from moderation.queue.outcome import Outcome, answer, is_script
from moderation.queue.query import Place

ANSWERS = 50
FORMS = ("reply", "edit", "refuse", "deny", "delete")


@require_http_methods(["GET", "HEAD", "POST"])
@for_moderators
def comment(request: Request, rights: Rights, pk: int) -> HttpResponse:
    found = rights.comments().select_related("commenter", "wording", "essay", "parent__commenter").filter(pk=pk).first()
    if found is None or found.wording is None:
        raise Http404(_("This comment no longer exists."))
    place = Place.of(request.GET, rights)
    if request.method == "POST":
        return post(request, place, found)
    if request.GET.get("form") in FORMS:  # what the script puts into the row
        return render(
            request,
            "moderation/_form.html",
            {**shown(found, place), "form": request.GET["form"], "key": token_urlsafe(12)},
        )
    return draw(request, place, found)


def post(request: Request, place: Place, found: Comment) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "undo":
        return deciding.undo(request, place)
    if action not in DOES:
        return deciding.decide(request, place, action)
    status, words = as_seen(request.POST.getlist("seen")).get(found.pk, (None, None))
    outcome = Outcome([found.pk])
    try:
        deciding.attempt(outcome, DOES[action], found, request=request, by=place.rights.user, seen=status, words=words)
    except WRONG as error:
        return refused(request, place, found, wrong(error))
    place = place.having(decision.pk for decision in outcome.made)
    place = deciding.shown_again(place, outcome, request)
    return answer(request, place, outcome, lambda: place.at(found.pk))


def edit(comment: Comment, *, request: Request, seen: str | None, **more: Any) -> Any:
    return rewording.edit(comment, text=words(request), why=typed(request, "why"), **more)


def reply(comment: Comment, *, request: Request, **more: Any) -> Any:
    sender = Sender(request.META["REMOTE_ADDR"])  # the token in the form proves where it was sent from
    key = request.POST.get("key", "")
    return rewording.reply(comment, sender=sender, text=words(request), key=key, **more)


def words(request: Request) -> str:
    """A comment's. Raises TooLong."""
    if len(request.POST.get("text", "").encode(errors="replace")) > TEXT_BYTES:
        raise rewording.TooLong
    return typed(request, "text")


def typed(request: Request, name: str) -> str:
    """As readers' words are taken: bounded, and without what cannot be seen."""
    return tidy_text(request.POST.get(name, "")[:TEXT_BYTES]).replace("\r\n", "\n").strip()


def delete(comment: Comment, *, request: Request, **more: Any) -> Any:
    return rewording.delete(comment, why=typed(request, "why"), **more)


DOES = {"edit": edit, "reply": reply, "delete": delete}
WRONG = (
    rewording.Unchanged,
    rewording.Empty,
    rewording.TooLong,
    speaking.Gone,
    speaking.Joined,
    speaking.Duplicate,
    Refused,
)  # fmt: skip


def wrong(error: Exception) -> str:
    match error:
        case rewording.Unchanged():
            return _("The text is unchanged.")
        case rewording.Empty():
            return _("The comment is empty. Please write something first.")
        case rewording.TooLong():
            return _("This comment is too long. The limit is %(most)s bytes.") % {"most": localize(TEXT_BYTES)}
        case speaking.Duplicate():
            return _("You have already posted this comment.")
        case speaking.Gone() | speaking.Joined():
            return _("You can’t reply to this comment any more.")
    return str(error)


def refused(request: Request, place: Place, found: Comment, said: str) -> HttpResponse:
    """Nothing that was typed is lost."""
    if is_script(request):
        return JsonResponse({"wrong": said}, status=422)
    words = {name: request.POST.get(name, "") for name in ("text", "why", "told")}
    return draw(request, place, found, status=422, wrong=said, typed=words, at=request.POST.get("action"))


def draw(request: Request, place: Place, found: Comment, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        **shown(found, place),
        "title": _("Comment by %(name)s") % {"name": found.commenter.name},
        "is_nav_sidebar_enabled": False,
        "place": place,
        "row": next(iter(only_these(place, [found.pk]))),
        "above": list(above(found)),
        "below": list(below(found)[:ANSWERS]),
        **more,
    }
    return render(request, "moderation/comment.html", context, status=status)


def shown(found: Comment, place: Place) -> dict[str, Any]:
    return {
        "comment": found,
        "query": place.query(),
        "reasons": Reason.objects.filter(is_offered=True),
        "key_of_reply": token_urlsafe(12),
    }


def above(found: Comment) -> Any:
    """What it answers, the root first."""
    around = Comment.objects.filter(tree_id=found.tree_id, lft__lt=found.lft, rght__gt=found.rght)
    return around.select_related("commenter", "wording").order_by("lft")


def below(found: Comment) -> Any:
    """What answers it, and is no empty place."""
    answers = Comment.objects.filter(Q(parent=found.pk) & Q(wording__isnull=False))
    return answers.select_related("commenter", "wording").order_by("lft")
