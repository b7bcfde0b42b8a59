"""The verb of readers who report a comment, and what decisions make of their reports."""

from django.db import transaction

from accounts.models import Commenter
from comments.models import Comment, Notice
from comments.notifications import outbox, report_notifications
from comments.posting.actions import Flooded, Gone, Joined
from comments.screening import rules_engine
from comments.screening.screening import Sender
from moderation.models import Decision, Report
from moderation.models.decision import REMOVED
from server.http import ratelimit

AN_HOUR, REPORTS_AN_HOUR = 60 * 60, 20
Verb = Decision.Verb


class ReportedAlready(Exception):
    """By the same person, or from the same network while that report is open."""


class OwnWords(Exception):
    """Nobody reports themselves."""


@transaction.atomic
def report(*, comment: int, commenter: Commenter | None, sender: Sender, kind: str, words: str = "") -> Report:
    """Put a reader's word against a comment before those who decide. None: somebody who is not known here.

    Raises Joined, Gone, OwnWords, ReportedAlready or Flooded; then nothing is kept.
    """
    if commenter and not Commenter.objects.hold(commenter):
        raise Joined  # held before any thread, as join() does
    _root, found = Comment.objects.lock_thread(comment)
    if found is None or not found.is_approved:
        raise Gone
    if commenter and found.commenter_id == commenter.pk:
        raise OwnWords
    if was_reported(found, commenter, sender):
        raise ReportedAlready
    who = f"commenter:{commenter.pk}" if commenter and commenter.user_id else sender.network or sender.address
    if who and (wait := ratelimit.take("report", who, AN_HOUR, count=REPORTS_AN_HOUR)):
        raise Flooded(wait)
    network = "" if commenter and commenter.user_id else sender.network
    made = Report.objects.create(comment=found, commenter=commenter, network=network, kind=kind, words=words)
    if not found.reports:  # what moderators heard of reports that are settled is no news of this one
        Notice.objects.filter(comment=found, kind=Notice.Kind.REPORTED, state=Notice.State.SENT).delete()
    Report.objects.recount(found)
    if rules_engine.on_report(found):
        outbox.tell.enqueue(found.pk)
    report_notifications.tell.enqueue(found.pk)
    return made


def was_reported(comment: Comment, commenter: Commenter | None, sender: Sender) -> bool:
    reports = Report.objects.filter(comment=comment)
    if commenter:
        return reports.filter(commenter=commenter.pk).exists()
    return bool(sender.network) and reports.open().filter(commenter=None, network=sender.network).exists()


def settle(comment: Comment, decision: Decision) -> bool:
    """What a decision makes of the reports of a comment, which is locked; whether it makes anything of any."""
    if decision.undoes_id:
        touched = turn_back(comment, decision)
    elif comment.reports and (state := outcome(decision)):
        touched = Report.objects.open().filter(comment=comment).update(state=state, decision=decision)
    else:
        return False
    if touched:
        Report.objects.recount(comment)
    return bool(touched)


def outcome(decision: Decision) -> Report.State | None:
    """None: it leaves the reports open."""
    if decision.after in REMOVED:
        return Report.State.UPHELD
    return Report.State.DISMISSED if decision.verb in {Verb.APPROVE, Verb.KEEP} else None


def turn_back(comment: Comment, decision: Decision) -> int:
    """What was settled by the decision taken back is open again, and the other way round: an undo is undone as well."""
    reports = Report.objects.filter(comment=comment, decision=decision.undoes_id)
    opened = list(reports.open().values_list("pk", flat=True))
    anew = Report.objects.open().filter(comment=comment, commenter=None).exclude(network="").values("network")
    settled = reports.exclude(pk__in=opened).exclude(commenter=None, network__in=anew)  # one a network is open
    count = settled.update(state=Report.State.OPEN, decision=decision)
    state = Report.State.UPHELD if decision.after in REMOVED else Report.State.DISMISSED
    return count + Report.objects.filter(pk__in=opened).update(state=state, decision=decision)
