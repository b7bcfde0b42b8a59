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
from moderation.decisions.locking import AlreadyDecided, Reworded
from moderation.decisions.undo import TooOld
from moderation.queue.filters import numbers
from moderation.queue.outcome import Outcome, answer
from moderation.queue.query import MOST, Place

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


def verb_of(action: str) -> Callable[..., Decision]:
    if action not in VERBS:
        raise BadRequest("There is no such action.")
    return VERBS[action]


def decide(request: Request, place: Place, action: str) -> HttpResponse:
    """Apply an action to the selected comments, then go on to the next row."""
    verb = verb_of(action)
    keys = numbers(request.POST.getlist("comment"))[:MOST]
    if not keys:
        messages.info(request, _("Select at least one comment first."))
        return redirect(place.url())
    outcome = each(keys, place, as_seen(request.POST.getlist("seen")), verb, **rejection_options(request, verb))
    # If the form was sent twice, the first request decided; its decisions can be undone here too.
    repeated = Decision.objects.latest_of(comment.pk for comment in outcome.late).filter(moderator=place.rights.user)
    place = shown_again(place.having([decision.pk for decision in (*outcome.made, *repeated)]), outcome, request)
    at = keys[-1] if is_forward(place) else keys[0]
    return answer(request, place, outcome, lambda: place.at(at))


def rejection_options(request: Request, verb: Callable[..., Decision]) -> dict[str, Any]:
    """Read the reason and the message to the commenter from the form."""
    if verb == actions.deny:
        return {"told": posted_message(request)}
    if verb not in {actions.mark_spam, actions.trash}:
        return {}
    reason = Reason.objects.filter(pk__in=numbers([request.POST.get("reason", "")]), is_offered=True).first()
    return {"reason": reason, "told": posted_message(request)}


def posted_message(request: Request) -> str:
    return tidy_text(request.POST.get("told", "")[: 2 * MESSAGE_LENGTH]).strip()[:MESSAGE_LENGTH]


def is_forward(place: Place) -> bool:
    return place.order != "newest"


def each(
    keys: list[int], place: Place, seen: dict[int, tuple[str, int | None]], verb: Callable[..., Any], **more: Any
) -> Outcome:
    """Apply an action to each of these comments that exists and that the moderator may decide about."""
    found = place.rights.comments().in_bulk(keys)
    outcome = Outcome(keys, gone=len(keys) - len(found))
    for key in filter(found.__contains__, keys):
        status, words = seen.get(key, (None, None))
        attempt(outcome, verb, found[key], by=place.rights.user, seen=status, words=words, **more)
    return outcome


def attempt(outcome: Outcome, verb: Callable[..., Any], about: Comment | Decision, **more: Any) -> None:
    """Run an action and add its decisions, or the reason it failed, to the outcome."""
    try:
        made = verb(about, **more)
    except Reworded as changed:
        outcome.reworded.append(changed.comment)
    except AlreadyDecided as late:
        outcome.late.append(late.comment)
    except TooOld:
        outcome.old += 1
    except Comment.DoesNotExist:
        outcome.gone += 1
    else:
        outcome.made += made if isinstance(made, list) else [made]


def shown_again(place: Place, outcome: Outcome, request: Request) -> Place:
    """Add the wordings the moderator saw of comments that were edited since."""
    changed = {comment.pk for comment in outcome.reworded}
    seen = as_seen(request.POST.getlist("seen"))
    return replace(place, reworded=tuple(words for pk, (_status, words) in seen.items() if pk in changed and words))


def as_seen(shown: Iterable[str]) -> dict[int, tuple[str, int | None]]:
    """Parse `["12 pending 34"]` into the status and wording that the page showed, by comment."""
    found = {}
    for key, status, wording in ([*each.split(" "), "", ""][:3] for each in shown):
        for pk in numbers([key]):
            found[pk] = (status, next(iter(numbers([wording])), None))
    return found


def undo(request: Request, place: Place) -> HttpResponse:
    """Undo the selected decisions, the newest first."""
    keys = numbers(request.POST.getlist("decision"))[:MOST]
    decisions = Decision.objects.filter(pk__in=keys, comment__in=place.rights.comments())
    found = list(decisions.select_related("comment__commenter").order_by("-pk"))
    comment_keys = sorted({decision.number for decision in found})
    outcome = Outcome(comment_keys or keys, gone=len(keys) - len(found), is_undo=True)
    for decision in found:
        attempt(outcome, undoing.undo, decision, by=place.rights.user)
    place = place.without(keys)
    if not comment_keys:
        return answer(request, place, outcome, place.url)
    at = comment_keys[0] if is_forward(place) else comment_keys[-1]
    return answer(request, place, outcome, lambda: place.at(at))
