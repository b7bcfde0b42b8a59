"""A comment's page for moderators: the comments around it, and forms to edit, reply, reject and delete."""

from secrets import token_urlsafe
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.profiles.names import tidy_text
from comments.models import Comment, Reason
from comments.posting import actions as posting
from comments.posting.forms import TEXT_BYTES
from comments.screening.screening import Rejected, Sender
from moderation.decisions import editing
from moderation.decisions.rights import Rights, moderator_required
from moderation.queue import deciding
from moderation.queue.deciding import Outcome, is_from_script, parse_seen, respond
from moderation.queue.listing import find_rows
from moderation.queue.query import QueueState

MAX_REPLIES = 50
FORMS = ("reply", "edit", "refuse", "deny", "delete")


@require_http_methods(["GET", "HEAD", "POST"])
@moderator_required
def comment_page(request: Request, rights: Rights, pk: int) -> HttpResponse:
    found = rights.comments().select_related("commenter", "wording", "essay", "parent__commenter").filter(pk=pk).first()
    if found is None or found.wording is None:
        raise Http404(_("This comment no longer exists."))
    state = QueueState.from_query(request.GET, rights)
    if request.method == "POST":
        return post(request, state, found)
    if request.GET.get("form") in FORMS:  # for the script, which inserts it into the row
        return render(
            request,
            "moderation/_form.html",
            {**form_context(found, state), "form": request.GET["form"], "key": token_urlsafe(12)},
        )
    return render_page(request, state, found)


def post(request: Request, state: QueueState, found: Comment) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "undo":
        return deciding.undo(request, state)
    if action not in ACTIONS:
        return deciding.decide(request, state, action)
    status, wording = parse_seen(request.POST.getlist("seen")).get(found.pk, (None, None))
    outcome = Outcome([found.pk])
    try:
        deciding.attempt(
            outcome,
            ACTIONS[action],
            found,
            request=request,
            by=state.rights.user,
            expected_status=status,
            expected_wording=wording,
        )
    except ERRORS as error:
        return show_form_again(request, state, found, error_message(error))
    state = state.with_decisions(decision.pk for decision in outcome.decisions)
    state = deciding.with_seen_wordings(state, outcome, request)
    return respond(request, state, outcome, lambda: state.url_at(found.pk))


def edit(comment: Comment, *, request: Request, expected_status: str | None, **more: Any) -> Any:
    return editing.edit(comment, text=posted_text(request), note=posted_field(request, "why"), **more)


def reply(comment: Comment, *, request: Request, **more: Any) -> Any:
    sender = Sender(request.META["REMOTE_ADDR"])  # its CSRF token shows that our own page sent it
    key = request.POST.get("key", "")
    return editing.reply(comment, sender=sender, text=posted_text(request), key=key, **more)


def posted_text(request: Request) -> str:
    """Return the comment text of the form. Raises TooLong."""
    if len(request.POST.get("text", "").encode(errors="replace")) > TEXT_BYTES:
        raise editing.TooLong
    return posted_field(request, "text")


def posted_field(request: Request, name: str) -> str:
    """Return a field cleaned like readers' texts: limited in length, without invisible characters."""
    return tidy_text(request.POST.get(name, "")[:TEXT_BYTES]).replace("\r\n", "\n").strip()


def delete(comment: Comment, *, request: Request, **more: Any) -> Any:
    return editing.delete(comment, note=posted_field(request, "why"), **more)


ACTIONS = {"edit": edit, "reply": reply, "delete": delete}
ERRORS = (
    editing.Unchanged,
    editing.Empty,
    editing.TooLong,
    posting.CommentGone,
    posting.CommenterChanged,
    posting.Duplicate,
    Rejected,
)  # fmt: skip


def error_message(error: Exception) -> str:
    match error:
        case editing.Unchanged():
            return _("The text is unchanged. Edit it before saving.")
        case editing.Empty():
            return _("The comment is empty. Please write something first.")
        case editing.TooLong():
            return _("This comment is too long. Shorten it to at most %(most)s bytes.") % {"most": localize(TEXT_BYTES)}
        case posting.Duplicate():
            return _("You have already posted this comment.")
        case posting.CommentGone() | posting.CommenterChanged():
            return _("This comment has changed, so you can’t reply to it. Reload the page.")
    return str(error)


def show_form_again(request: Request, state: QueueState, found: Comment, message: str) -> HttpResponse:
    """Show the form again with an error and everything that was typed."""
    if is_from_script(request):
        return JsonResponse({"wrong": message}, status=422)
    fields = {name: request.POST.get(name, "") for name in ("text", "why", "told")}
    return render_page(
        request, state, found, status=422, error=message, submitted=fields, open_form=request.POST.get("action")
    )


def render_page(request: Request, state: QueueState, found: Comment, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        **form_context(found, state),
        "title": _("Comment by %(name)s") % {"name": found.commenter.name},
        "is_nav_sidebar_enabled": False,
        "state": state,
        "row": next(iter(find_rows(state, [found.pk]))),
        "ancestors": list(ancestors(found)),
        "replies": list(replies(found)[:MAX_REPLIES]),
        **more,
    }
    return render(request, "moderation/comment.html", context, status=status)


def form_context(found: Comment, state: QueueState) -> dict[str, Any]:
    return {
        "comment": found,
        "query": state.query(),
        "reasons": Reason.objects.filter(is_offered=True),
        "reply_key": token_urlsafe(12),
    }


def ancestors(found: Comment) -> Any:
    """Return the comments it replies to, the root first."""
    comments = Comment.objects.filter(tree_id=found.tree_id, lft__lt=found.lft, rght__gt=found.rght)
    return comments.select_related("commenter", "wording").order_by("lft")


def replies(found: Comment) -> Any:
    """Return its direct replies that have text."""
    comments = Comment.objects.filter(parent=found.pk, wording__isnull=False)
    return comments.select_related("commenter", "wording").order_by("lft")
