"""Apply one action to every comment that a form selects, undo it, and respond with a message or JSON."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.middleware import Request
from accounts.models import User
from accounts.profiles.names import tidy_text
from comments.models import Comment, Decision, Reason
from moderation.decisions import actions
from moderation.decisions import undo as undoing
from moderation.decisions.actions import AlreadyDecided, Edited
from moderation.decisions.in_words import describe_decision
from moderation.decisions.undo import TooOld
from moderation.queue import rows
from moderation.queue.filters import parse_keys
from moderation.queue.listing import find_rows, tab_counts
from moderation.queue.query import MAX_SIZE, QueueState
from moderation.queue.row import Row
from moderation.queue.undo_line import UndoLine

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


@dataclass
class Outcome:
    requested: Collection[int]  # comments
    decisions: list[Decision] = field(default_factory=list)
    already_decided: list[Comment] = field(default_factory=list)
    edited: list[Comment] = field(default_factory=list)
    missing: int = 0
    too_old: int = 0
    is_undo: bool = False

    @property
    def is_one(self) -> bool:
        return len(self.requested) == 1

    def message(self, you: User) -> str:
        """Return what the page itself doesn't show; empty if all went as requested."""
        if self.is_undo and len(self.decisions) == 1 == len(self.requested):
            return undone_message(self.decisions[0])
        if not self.is_one:
            return self.summary()
        if self.missing:
            return _("This comment no longer exists.")
        if self.too_old:
            return _("You can’t undo decisions older than 30 days. Make a new decision instead.")
        if self.edited:
            return edited_message(self.edited[0])
        return decided_message(self.already_decided[0], you) if self.already_decided else ""

    def summary(self) -> str:
        """Return “3 approved, 1 had already been moderated.”"""
        verbs = Counter(decision.get_verb_display() for decision in self.decisions)
        late, gone = len(self.already_decided), self.missing
        parts = [_("%(count)d %(verb)s") % {"count": count, "verb": verb} for verb, count in verbs.items()]
        if late:
            parts.append(
                ngettext("%(count)d had already been moderated", "%(count)d had already been moderated", late)
                % {"count": late}
            )
        if reworded := len(self.edited):
            parts.append(
                ngettext(
                    "%(count)d was just edited by the commenter",
                    "%(count)d were just edited by the commenters",
                    reworded,
                )
                % {"count": reworded}
            )
        if self.too_old:
            said = ngettext(
                "%(count)d can’t be undone after 30 days", "%(count)d can’t be undone after 30 days", self.too_old
            )
            parts.append(said % {"count": self.too_old})
        if gone:
            parts.append(ngettext("%(count)d no longer exists", "%(count)d no longer exist", gone) % {"count": gone})
        return ", ".join(parts) + "."


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


def edited_message(comment: Comment) -> str:
    return _("%(name)s has just edited this comment. Please read it again.") % {"name": comment.commenter.name}


def undone_message(decision: Decision) -> str:
    comment = decision.comment
    said = {"name": comment.commenter.name, "status": comment.get_status_display()} if comment else {}
    return _("Undone: the comment by %(name)s is %(status)s again.") % said if comment else ""


def decided_message(comment: Comment, you: User) -> str:
    """Say who decided about a comment before the moderator `you` could."""
    newest = Decision.objects.select_related("moderator", "rule").filter(comment=comment).first()
    said = {"name": comment.commenter.name, "status": comment.get_status_display()}
    if newest is None or newest.after != comment.status:
        return _("The comment by %(name)s is already %(status)s. Nothing was changed.") % said
    said["how"] = describe_decision(newest, you)
    return _("The comment by %(name)s was already moderated: %(how)s. Nothing was changed.") % said


def respond(request: Request, state: QueueState, outcome: Outcome, then: Callable[[], str]) -> HttpResponse:
    """Respond with JSON for the script, otherwise redirect to `then()`; `state` includes the new decisions."""
    message = outcome.message(state.rights.user)
    if is_from_script(request):
        return JsonResponse(response_data(request, state, outcome, message))
    if message:
        messages.info(request, message)
    return redirect(then())


def is_from_script(request: Request) -> bool:
    """Whether the page's script sent the request."""
    return request.headers.get("accept") == "application/json"


def response_data(request: Request, state: QueueState, outcome: Outcome, message: str) -> dict[str, Any]:
    """Return the current HTML of every affected row (empty if it has left the list), counts and message."""
    lines = rows.undo_lines(state)
    lines |= {
        pk: line for pk, line in lines_by_others(outcome.already_decided, state.rights.user).items() if pk not in lines
    }
    if outcome.is_undo:
        lines = {pk: line for pk, line in lines.items() if pk in {comment.pk for comment in outcome.already_decided}}
    affected = {decision.comment_number for decision in outcome.decisions} | set(outcome.requested)
    open_ = {row.pk: row for row in find_rows(state, affected - lines.keys())}
    notes = {comment.pk: edited_message(comment) for comment in outcome.edited}
    if outcome.is_one and message and not outcome.is_undo:
        notes |= dict.fromkeys(outcome.requested, message)
    items: dict[int, Row | UndoLine] = {pk: replace(row, message=notes.get(pk, "")) for pk, row in open_.items()}
    return {
        "rows": {pk: render_item(request, (items | lines).get(pk), state) for pk in sorted(affected)},
        "made": [] if outcome.is_undo else [decision.pk for decision in outcome.decisions],
        "said": message,
        "counts": formatted_counts(state),
    }


def formatted_counts(state: QueueState) -> dict[str, str]:
    """Return the tabs' counts in the language's format."""
    return {tab: str(localize(count)) for tab, count in tab_counts(state.rights).items()}


def render_item(request: Request, item: Row | UndoLine | None, state: QueueState) -> str:
    if item is None:
        return ""
    if isinstance(item, UndoLine):
        return render_to_string("moderation/_decided.html", {"item": item}, request)
    return render_to_string(
        "moderation/_row.html", {"row": item, "is_mixed": state.tab != item.comment.status}, request
    )


def lines_by_others(comments: Collection[Comment], you: User) -> dict[int, UndoLine]:
    """Return one-line entries for comments that another moderator has decided about."""
    newest = Decision.objects.latest_for(comment.pk for comment in comments).select_related(
        "moderator", "rule", "comment__commenter", "comment__wording"
    )
    found = {decision.comment_number: decision for decision in newest}
    return {
        comment.pk: UndoLine(decision, decided_by=capfirst(describe_decision(decision, you)))
        for comment in comments
        if (decision := found.get(comment.pk)) and decision.after == comment.status
    }
