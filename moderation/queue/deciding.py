"""One action on every comment that a form selects, and undo."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.middleware import Request
from accounts.profiles.text import tidy_text
from comments.models import Comment, Decision, Reason
from moderation.decisions import actions
from moderation.decisions import undo as undoing
from moderation.decisions.locking import AlreadyDecided, Edited
from moderation.decisions.undo import TooOld
from moderation.queue.filters import parse_keys
from moderation.queue.outcome import Outcome, respond
from moderation.queue.query import MAX_SIZE, QueueState

MESSAGE_LENGTH = 1000
VERBS: dict[str, Callable[..., Decision]] = {
    "approve": actions.approve,
    "unapprove": actions.unapprove,
    "spam": actions.mark_spam,
    "trash": actions.trash,
    "restore": actions.restore,
    "keep": actions.keep,
    "deny": actions.deny,
}


def get_verb(action: str) -> Callable[..., Decision]:
    if action not in VERBS:
        raise BadRequest("There is no such action.")
    return VERBS[action]


def decide(request: Request, state: QueueState, action: str) -> HttpResponse:
    """Apply an action to the selected comments, then go on to the next row."""
    verb = get_verb(action)
    keys = parse_keys(request.POST.getlist("comment"))[:MAX_SIZE]
    if not keys:
        messages.info(request, _("Select at least one comment first."))
        return redirect(state.url())
    outcome = decide_each(
        keys, state, parse_seen(request.POST.getlist("seen")), verb, **rejection_options(request, verb)
    )
    # If the form was sent twice, the first request decided; its decisions can be undone here too.
    repeated = Decision.objects.latest_for(comment.pk for comment in outcome.already_decided).filter(
        moderator=state.rights.user
    )
    state = with_seen_wordings(
        state.with_decisions([decision.pk for decision in (*outcome.decisions, *repeated)]), outcome, request
    )
    at = keys[-1] if is_forward(state) else keys[0]
    return respond(request, state, outcome, lambda: state.url_at(at))


def rejection_options(request: Request, verb: Callable[..., Decision]) -> dict[str, Any]:
    """Read the reason and the message to the commenter from the form."""
    if verb == actions.deny:
        return {"message": posted_message(request)}
    if verb not in {actions.mark_spam, actions.trash}:
        return {}
    reason = Reason.objects.filter(pk__in=parse_keys([request.POST.get("reason", "")]), is_offered=True).first()
    return {"reason": reason, "message": posted_message(request)}


def posted_message(request: Request) -> str:
    return tidy_text(request.POST.get("told", "")[: 2 * MESSAGE_LENGTH]).strip()[:MESSAGE_LENGTH]


def is_forward(state: QueueState) -> bool:
    return state.order != "newest"


def decide_each(
    keys: list[int], state: QueueState, seen: dict[int, tuple[str, int | None]], verb: Callable[..., Any], **more: Any
) -> Outcome:
    """Apply an action to each of these comments that exists and that the moderator may decide about."""
    found = state.rights.comments().in_bulk(keys)
    outcome = Outcome(keys, missing=len(keys) - len(found))
    for key in filter(found.__contains__, keys):
        status, words = seen.get(key, (None, None))
        attempt(outcome, verb, found[key], by=state.rights.user, expected_status=status, expected_wording=words, **more)
    return outcome


def attempt(outcome: Outcome, verb: Callable[..., Any], about: Comment | Decision, **more: Any) -> None:
    """Run an action and add its decisions, or the reason it failed, to the outcome."""
    try:
        made = verb(about, **more)
    except Edited as changed:
        outcome.edited.append(changed.comment)
    except AlreadyDecided as late:
        outcome.already_decided.append(late.comment)
    except TooOld:
        outcome.too_old += 1
    except Comment.DoesNotExist:
        outcome.missing += 1
    else:
        outcome.decisions += made if isinstance(made, list) else [made]


def with_seen_wordings(state: QueueState, outcome: Outcome, request: Request) -> QueueState:
    """Add the wordings the moderator saw of comments that were edited since."""
    changed = {comment.pk for comment in outcome.edited}
    seen = parse_seen(request.POST.getlist("seen"))
    return replace(
        state, seen_wordings=tuple(words for pk, (_status, words) in seen.items() if pk in changed and words)
    )


def parse_seen(shown: Iterable[str]) -> dict[int, tuple[str, int | None]]:
    """Parse `["12 pending 34"]` into the status and wording that the page showed, by comment."""
    found = {}
    for key, status, wording in ([*each.split(" "), "", ""][:3] for each in shown):
        for pk in parse_keys([key]):
            found[pk] = (status, next(iter(parse_keys([wording])), None))
    return found


def undo(request: Request, state: QueueState) -> HttpResponse:
    """Undo the selected decisions, the newest first."""
    keys = parse_keys(request.POST.getlist("decision"))[:MAX_SIZE]
    decisions = Decision.objects.filter(pk__in=keys, comment__in=state.rights.comments())
    found = list(decisions.select_related("comment__commenter").order_by("-pk"))
    comment_keys = sorted({decision.comment_number for decision in found})
    outcome = Outcome(comment_keys or keys, missing=len(keys) - len(found), is_undo=True)
    for decision in found:
        attempt(outcome, undoing.undo, decision, by=state.rights.user)
    state = state.without_decisions(keys)
    if not comment_keys:
        return respond(request, state, outcome, state.url)
    at = comment_keys[0] if is_forward(state) else comment_keys[-1]
    return respond(request, state, outcome, lambda: state.url_at(at))
