"""Report a comment, as a reader."""

from django.db import transaction

from accounts.models import Commenter
from comments.models import Comment, Decision, Notice, Report, Rule, Rules, Status, Wording
from comments.notifications import report_notifications
from comments.posting.actions import CommenterChanged, CommentGone, RateLimited
from comments.screening import rules_engine
from comments.screening.rule_context import context_of_comment, prior_activity_of
from comments.screening.screening import Sender
from comments.transitions import transition
from server.http import ratelimit

HOUR, REPORTS_AN_HOUR = 60 * 60, 20


class AlreadyReported(Exception):
    """The same person, or the same network while that report is open, has reported it."""


class OwnComment(Exception):
    """People cannot report their own comments."""


@transaction.atomic
def submit_report(*, comment: int, commenter: Commenter | None, sender: Sender, kind: str, words: str = "") -> Report:
    """Report a comment to the moderators. Without `commenter`: by an unknown visitor.

    Raises CommenterChanged, CommentGone, OwnComment, AlreadyReported or RateLimited; then nothing is saved.
    """
    if commenter and not Commenter.objects.lock_for_update(commenter):
        raise CommenterChanged  # locked before any thread, as merge() does
    _root, found = Comment.objects.lock_thread(comment)
    if found is None or not found.is_approved:
        raise CommentGone
    if commenter and found.commenter_id == commenter.pk:
        raise OwnComment
    if was_reported(found, commenter, sender):
        raise AlreadyReported
    source = f"commenter:{commenter.pk}" if commenter and commenter.user_id else sender.network or sender.address
    if source and (wait := ratelimit.acquire("report", source, HOUR, count=REPORTS_AN_HOUR)):
        raise RateLimited(wait)
    network = "" if commenter and commenter.user_id else sender.network
    created = Report.objects.create(comment=found, commenter=commenter, network=network, kind=kind, text=words)
    if not found.reports:  # an email about closed reports must not prevent one about this report
        Notice.objects.filter(comment=found, kind=Notice.Kind.REPORTED, state=Notice.State.SENT).delete()
    Report.objects.recount(found)
    apply_rules(found)
    report_notifications.notify.enqueue(found.pk)
    return created


def was_reported(comment: Comment, commenter: Commenter | None, sender: Sender) -> bool:
    """Return whether this person, or this network while its report is open, has reported the comment."""
    reports = Report.objects.filter(comment=comment)
    if commenter:
        return reports.filter(commenter=commenter.pk).exists()
    return bool(sender.network) and reports.open().filter(commenter=None, network=sender.network).exists()


def apply_rules(comment: Comment) -> bool:
    """Apply the owner's rules that count reports to a comment that was just reported; return whether one matched.

    Call inside a transaction. Each rule decides once about a comment: a moderator's later decision is final.
    """
    rules = Rules.objects.current()
    actions = {Rule.Action.HOLD, Rule.Action.SPAM}
    known = [rule for rule in rules_engine.active_rules(rules) if rule.is_about_reports and rule.action in actions]
    if not known:
        return False
    root, fresh = Comment.objects.lock_thread(comment.pk)
    if root is None or fresh is None or fresh.status not in {Status.APPROVED, Status.PENDING} or not fresh.wording:
        return False
    case = context_of_comment(fresh, rules, prior_activity_of(fresh), fresh.reports)
    rule = rules_engine.first_match(known, case)
    if rule is None or rule.pk is None:
        return False
    after = rules_engine.STATUS_AFTER[Rule.Action(rule.action)]
    is_decided = Decision.objects.filter(comment=fresh, verb=Decision.Verb.RULE, rule=rule.pk).exists()
    if fresh.status == after or is_decided:
        return False
    Wording.objects.filter(pk=fresh.wording.pk).update(reasons=[*fresh.wording.reasons, rule.reason(case)])
    transition(fresh, after, root=root, decision=Decision(verb=Decision.Verb.RULE, rule_id=rule.pk))
    comment.status = after
    return True
