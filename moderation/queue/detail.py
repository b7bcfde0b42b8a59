"""A comment's page for moderators: the comments around it, and forms to edit, reply, reject and delete."""

from secrets import token_urlsafe
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.profiles.names import tidy_text
from comments.models import Comment, Decision, Reason
from comments.models.passage import quotation_of
from comments.posting import actions as posting
from comments.posting.forms import TEXT_BYTES
from comments.screening.screening import Rejected, Sender
from moderation.admin_pages import render_admin_page
from moderation.decisions import editing
from moderation.decisions.rights import Rights, has_typed_text, moderator_required
from moderation.queue import deciding
from moderation.queue.buttons import FORMS as LABELS
from moderation.queue.deciding import Outcome, is_from_script, parse_seen, render_item, respond
from moderation.queue.listing import find_rows
from moderation.queue.query import QueueState

MAX_REPLIES = 50
FORMS = ("reply", "edit", "refuse", "deny", "delete")
FORM_OF = {"trash": "refuse", "spam": "refuse"}  # actions that have another name than their form


@require_http_methods(["GET", "HEAD", "POST"])
@moderator_required
def comment_page(request: Request, rights: Rights, pk: int) -> HttpResponse:
    """Show a comment's page, return one of its forms for the page's script, or carry out the posted action."""
    comment = find_comment(rights, pk)
    state = QueueState.from_query(request.GET, rights)
    if request.method == "POST":
        return handle_action(request, state, comment)
    if request.GET.get("form") in FORMS:  # for the script, which inserts it into the row
        context = {**form_context(comment, state), "form": request.GET["form"], "key": token_urlsafe(12)}
        return render(request, "moderation/_form.html", context)
    return render_page(request, state, comment)


def find_comment(rights: Rights, pk: int) -> Comment:
    """Return a comment that the moderator may see and that still has a text. Raises Http404."""
    found = rights.comments().select_related("commenter", "wording", "essay", "parent__commenter")
    comment = found.filter(pk=pk).first()
    if comment is None or comment.wording is None:
        raise Http404(_("This comment no longer exists."))
    return comment


def handle_action(request: Request, state: QueueState, comment: Comment) -> HttpResponse:
    """Carry out the posted action on a comment, or undo it; show the form again if it failed and has a text."""
    action = request.POST.get("action", "")
    if action == "undo":
        return deciding.undo(request, state)
    try:
        state, outcome = carry_out(request, state, action, comment)
    except ERRORS as error:
        return show_form_again(request, state, comment, error_message(error))
    has_failed = outcome.edited or (outcome.already_decided and not was_sent_twice(comment, action, state.rights))
    if has_failed and has_typed_text(request):
        comment = find_comment(state.rights, comment.pk)
        return show_form_again(request, state, comment, outcome.message(state.rights.user), is_changed=True)
    return respond(request, state, outcome, [comment.pk])


def carry_out(request: Request, state: QueueState, action: str, comment: Comment) -> tuple[QueueState, Outcome]:
    """Apply an action to a comment; return the state with the decisions, and the outcome. Raises ERRORS."""
    if action not in ACTIONS:
        return deciding.carry_out(request, state, action, [comment.pk])
    status, wording = parse_seen(request.POST.getlist("seen")).get(comment.pk, (None, None))
    expected = {"expected_status": status, "expected_wording": wording}
    outcome = Outcome([comment.pk])
    deciding.attempt(outcome, ACTIONS[action], comment, request=request, by=state.rights.user, **expected)
    state = state.with_decisions(decision.pk for decision in outcome.decisions)
    return deciding.with_seen_wordings(state, outcome, request), outcome


def was_sent_twice(comment: Comment, action: str, rights: Rights) -> bool:
    """Return whether the newest decision about a comment is this action of the same moderator."""
    newest = Decision.objects.filter(comment=comment).first()
    return newest is not None and newest.verb == action and newest.moderator == rights.user


def edit(comment: Comment, *, request: Request, expected_status: str | None, **more: Any) -> Any:
    """Save the posted text and note, whatever the comment's status; return the decision."""
    return editing.edit(comment, text=posted_text(request), note=posted_field(request, "why"), **more)


def reply(comment: Comment, *, request: Request, **more: Any) -> Any:
    """Post the reply of the form; return the decisions."""
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
    """Permanently delete the comment, with the posted note; return the decision."""
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
    """Return one of ERRORS in words, for the moderator."""
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


def show_form_again(
    request: Request, state: QueueState, comment: Comment, message: str, *, is_changed: bool = False
) -> HttpResponse:
    """Show the form again with an error and everything that was typed; a script gets the row if it has changed."""
    if is_from_script(request):
        rows = {
            row.pk: render_item(request, row, state) for row in find_rows(state, [comment.pk] if is_changed else [])
        }
        return JsonResponse({"wrong": message, "rows": rows}, status=422)
    fields = {name: request.POST.get(name, "") for name in ("text", "why", "told", "reason")}
    action = request.POST.get("action", "")
    more = {"error": message, "submitted": fields, "open_form": FORM_OF.get(action, action)}
    return render_page(request, state, comment, status=422, **more)


def render_page(request: Request, state: QueueState, comment: Comment, status: int = 200, **more: Any) -> HttpResponse:
    """Render the comment's page with its row, the comments it replies to, its direct replies, and the forms."""
    nearby = Comment.objects.select_related("commenter", "wording").annotate(quotation=quotation_of()).order_by("lft")
    ancestors = nearby.filter(tree_id=comment.tree_id, lft__lt=comment.lft, rght__gt=comment.rght)
    row = find_rows(state, [comment.pk])[0]
    context = {
        **form_context(comment, state),
        "state": state,
        "row": row,
        "forms": dict(row.labeled_forms) | {name: LABELS[name] for name in FORMS if name == more.get("open_form")},
        "ancestors": list(ancestors),
        "replies": list(nearby.filter(parent=comment.pk, wording__isnull=False)[:MAX_REPLIES]),
        **more,
    }
    title = _("Comment by %(name)s") % {"name": comment.commenter.name}
    return render_admin_page(request, "moderation/comment.html", title, status, **context)


def form_context(comment: Comment, state: QueueState) -> dict[str, Any]:
    """Return what the forms need: the comment, the queue's query, the reasons on offer and a key for one reply."""
    return {
        "comment": comment,
        "query": state.query(),
        "reasons": Reason.objects.filter(is_offered=True),
        "reply_key": token_urlsafe(12),
    }
