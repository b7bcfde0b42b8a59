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
from moderation.queue.filters import NEWEST, parse_keys
from moderation.queue.listing import find_rows
from moderation.queue.query import MAX_SIZE, QueueState
from moderation.queue.row import Row
from moderation.queue.tab_counts import tab_counts
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
    def is_about_one_comment(self) -> bool:
        return len(self.requested) == 1

    def message(self, you: User) -> str:
        """Return what the page itself doesn't show the moderator `you`; empty if all went as requested."""
        if self.is_undo and len(self.decisions) == 1 and self.is_about_one_comment:
            return undone_message(self.decisions[0])
        if not self.is_about_one_comment:
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
        parts = [_("%(count)d %(verb)s") % {"count": count, "verb": verb} for verb, count in verbs.items()]
        late, edited, old, gone = len(self.already_decided), len(self.edited), self.too_old, self.missing
        failures = (
            (ngettext("%(count)d had already been moderated", "%(count)d had already been moderated", late), late),
            (
                ngettext(
                    "%(count)d was just edited by the commenter", "%(count)d were just edited by the commenters", edited
                ),
                edited,
            ),
            (ngettext("%(count)d can’t be undone after 30 days", "%(count)d can’t be undone after 30 days", old), old),
            (ngettext("%(count)d no longer exists", "%(count)d no longer exist", gone), gone),
        )
        parts += [words % {"count": count} for words, count in failures if count]
        return ", ".join(parts) + "."


def get_verb(action: str) -> Callable[..., Decision]:
    """Return the function that carries out an action. Raises BadRequest if there is none."""
    if action not in VERBS:
        raise BadRequest("There is no such action.")
    return VERBS[action]


def decide(request: Request, state: QueueState, action: str) -> HttpResponse:
    """Apply an action to the selected comments, then go on to the next row."""
    get_verb(action)
    keys = parse_keys(request.POST.getlist("comment"))[:MAX_SIZE]
    if not keys:
        messages.info(request, _("Select at least one comment first."))
        return redirect(state.url())
    state, outcome = carry_out(request, state, action, keys)
    return respond(request, state, outcome, keys)


def carry_out(request: Request, state: QueueState, action: str, keys: list[int]) -> tuple[QueueState, Outcome]:
    """Apply an action to comments; return the state with the decisions, and the outcome."""
    verb = get_verb(action)
    seen = parse_seen(request.POST.getlist("seen"))
    outcome = decide_each(keys, state, seen, verb, **rejection_options(request, verb))
    # If the form was sent twice, the first request decided; its decisions can be undone here too.
    repeated = Decision.objects.latest_for(comment.pk for comment in outcome.already_decided)
    decisions = (*outcome.decisions, *repeated.filter(moderator=state.rights.user))
    return with_seen_wordings(state.with_decisions(decision.pk for decision in decisions), outcome, request), outcome


def rejection_options(request: Request, verb: Callable[..., Decision]) -> dict[str, Any]:
    """Return the posted `reason` and `message` to the commenter, as far as the action takes them."""
    if verb not in {actions.deny, actions.mark_spam, actions.trash}:
        return {}
    message = tidy_text(request.POST.get("told", "")[: 2 * MESSAGE_LENGTH]).strip()[:MESSAGE_LENGTH]
    if verb == actions.deny:
        return {"message": message}
    reason = Reason.objects.filter(pk__in=parse_keys([request.POST.get("reason", "")]), is_offered=True).first()
    return {"reason": reason, "message": message}


def decide_each(
    keys: list[int], state: QueueState, seen: dict[int, tuple[str, int | None]], verb: Callable[..., Any], **more: Any
) -> Outcome:
    """Apply an action to each comment the moderator may decide about; `seen` has the status and wording they saw."""
    found = state.rights.comments().select_related("wording").in_bulk(keys)
    outcome = Outcome(keys, missing=len(keys) - len(found))
    for key in filter(found.__contains__, keys):
        status, words = seen.get(key, (None, None))
        attempt(outcome, verb, found[key], by=state.rights.user, expected_status=status, expected_wording=words, **more)
    return outcome


def attempt(outcome: Outcome, verb: Callable[..., Any], about: Comment | Decision, **more: Any) -> None:
    """Call an action, such as approve(), and add its decisions or the reason it failed to the outcome."""
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
    """Add to the state the keys of the wordings that the moderator saw of comments edited since."""
    changed = {comment.pk for comment in outcome.edited}
    seen = parse_seen(request.POST.getlist("seen")).items()
    return replace(state, seen_wordings=tuple(wording for pk, (_, wording) in seen if pk in changed and wording))


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
    return respond(request, state, outcome, comment_keys[::-1])


def edited_message(comment: Comment) -> str:
    """Say who edited a comment, its writer or a moderator, before the moderator could decide."""
    edits = Decision.objects.filter(comment=comment).exclude(wording=None)
    newest = edits.select_related("moderator", "undoes").first()
    is_by_moderator = newest is not None and newest.moderator and undoing.has_text_from(comment, newest)
    name = newest.moderator if newest and is_by_moderator else comment.commenter.name
    return _("%(name)s has just edited this comment. Please read it again.") % {"name": name}


def undone_message(decision: Decision) -> str:
    if (comment := decision.comment) is None:
        return ""
    said = {"name": comment.commenter.name, "status": comment.get_status_display()}
    return _("Undone: the comment by %(name)s is %(status)s again.") % said


def decided_message(comment: Comment, you: User) -> str:
    """Say who decided about a comment before the moderator `you` could."""
    newest = Decision.objects.select_related("moderator", "rule").filter(comment=comment).first()
    said = {"name": comment.commenter.name, "status": comment.get_status_display()}
    if newest is None or newest.after != comment.status:
        return _("The comment by %(name)s is already %(status)s. Nothing was changed.") % said
    said["how"] = describe_decision(newest, you)
    return _("The comment by %(name)s was already moderated: %(how)s. Nothing was changed.") % said


def respond(request: Request, state: QueueState, outcome: Outcome, keys: list[int]) -> HttpResponse:
    """Respond with JSON for the script, else redirect to the row to go on with.

    `state` includes the new decisions; `keys` are the comments in ascending order, after an undo in descending order.
    """
    message = outcome.message(state.rights.user)
    if is_from_script(request):
        return JsonResponse(response_data(request, state, outcome, message))
    if message:
        messages.info(request, message)
    if not keys:
        return redirect(state.url())
    return redirect(state.url_at(keys[0] if state.order == NEWEST else keys[-1]))


def is_from_script(request: Request) -> bool:
    """Whether the page's script sent the request."""
    return request.headers.get("accept") == "application/json"


def response_data(request: Request, state: QueueState, outcome: Outcome, message: str) -> dict[str, Any]:
    """Return JSON for the script: affected rows as HTML, empty if they left the list; decisions, message, counts."""
    lines = lines_by_others(outcome.already_decided, state.rights.user) | rows.undo_lines(state)
    if outcome.is_undo:
        lines = {pk: line for pk, line in lines.items() if pk in {comment.pk for comment in outcome.already_decided}}
    affected = {decision.comment_number for decision in outcome.decisions} | set(outcome.requested)
    open_ = {row.pk: row for row in find_rows(state, affected - lines.keys())}
    notes = {comment.pk: edited_message(comment) for comment in outcome.edited}
    if outcome.is_about_one_comment and message and not outcome.is_undo:
        notes |= dict.fromkeys(outcome.requested, message)
    items: dict[int, Row | UndoLine] = {pk: replace(row, message=notes.get(pk, "")) for pk, row in open_.items()}
    return {
        "rows": {pk: render_item(request, (items | lines).get(pk), state) for pk in sorted(affected)},
        "made": [] if outcome.is_undo else [decision.pk for decision in outcome.decisions],
        "said": message,
        "counts": formatted_counts(state),
    }


def formatted_counts(state: QueueState) -> dict[str, str]:
    """Return each tab's number of comments in the language's format."""
    return {tab: str(count) for tab, count in tab_counts(state.rights).items()}


def render_item(request: Request, item: Row | UndoLine | None, state: QueueState) -> str:
    """Return the HTML of a queue row or undo entry, or nothing for None."""
    if item is None:
        return ""
    if isinstance(item, UndoLine):
        return render_to_string("moderation/_decided.html", {"item": item}, request)
    context = {"row": item, "is_mixed": state.tab != item.comment.status}
    return render_to_string("moderation/_row.html", context, request)


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
