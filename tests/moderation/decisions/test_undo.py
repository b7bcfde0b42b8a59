"""Undo restores everything: pages, counts, the filter's training and emails are as before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay
from comments import checking
from comments.models import Address, Appeal, Batch, Comment, Decision, Discussion, Notice, Report, Subscription
from comments.notifications import outbox
from comments.reports import appeals, reporting
from comments.screening.screening import Sender
from moderation.decisions import actions, undo
from moderation.decisions.rights import Rights
from moderation.insights import learning
from moderation.queue import batches
from moderation.queue.query import TABS, QueueState
from moderation.queue.tab_counts import tab_counts
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser
from tests.moderation.desk import QUEUE, QueueClient

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    desk: QueueClient
    essay: Essay
    comments: dict[str, Comment]

    def at(self, name: str) -> str:
        return f"{QUEUE}comments/{self.comments[name].pk}/"


def begun() -> Scene:
    """Create an approved and a pending comment."""
    make.rules()
    mara, essay = make.moderator("mara"), make.essay("Of Undoing", by=make.author("miriam"))
    anna = Commenter.objects.for_user(make.user("anna"))
    root = make.comment(essay, "Shown", by=anna)
    pending = make.comment(essay, "In pending", by=anna, to=root, status="pending")
    return Scene(QueueClient(Client(), mara), essay, {"shown": root, "pending": pending})


def followed(scene: Scene) -> Scene:
    """Subscribe everyone who can subscribe, and send all emails due so far."""
    follow("essay", essay=scene.essay)
    follow("essay", often="daily", essay=scene.essay)
    follow("thread", comment=scene.comments["shown"])
    follow("replies", commenter=scene.comments["shown"].commenter)
    for comment in scene.comments.values():
        follow("decision", comment=comment)
    let_days_pass()
    mail.outbox.clear()
    for comment in scene.comments.values():
        comment.refresh_from_db()
    return scene


@pytest.fixture
def scene() -> Scene:
    return followed(begun())


@pytest.fixture
def whole() -> Scene:
    """A discussion with a comment in every state."""
    scene = begun()
    rules, essay, found = make.rules(), scene.essay, scene.comments
    root, anna = found["shown"], found["shown"].commenter
    found["answer"] = make.comment(essay, "An answer", to=root)
    for status in ("spam", "trash"):
        found[status] = make.comment(essay, f"In {status}", by=anna, to=root, status=status)
    found["reported"] = make.comment(essay, "Reported", to=root)
    found["under"] = make.comment(essay, "Below what is reported", to=found["reported"])
    reporting.submit_report(
        comment=found["reported"].pk, commenter=anna, sender=Sender("198.51.100.1"), kind="rude", words="Rude"
    )
    found["appealed"] = make.comment(essay, "Appealed for", by=anna, status="trash")
    appeals.submit_appeal(found["appealed"].pk, words="It was a joke", rules=rules)
    follow("report", comment=found["reported"])
    follow("appeal", comment=found["appealed"])
    return followed(scene)


def follow(kind: str, often: str = "at_once", **about: Any) -> Subscription:
    email = f"{kind}-{often}-{len(Subscription.objects.all())}@example.org"
    address = Address.objects.create(email=email, verified=timezone.now())
    return Subscription.objects.create(address=address, kind=kind, often=often, confirmed=timezone.now(), **about)


def everything(scene: Scene) -> dict[str, Any]:
    """Return everything that an undo must restore; undone replies are tested separately."""
    rights = Rights(scene.desk.user, is_site_wide=True)
    there = Comment.objects.filter(pk__in=[comment.pk for comment in scene.comments.values()]).order_by("pk")
    said = ("text", "html", "format", "reasons", "network")
    kept = ("pk", "status", "removed_by", "readable", "reports", "likes", "edited", "parent_id", "spam_score")
    return {
        "comments": list(there.values(*kept, *(f"wording__{name}" for name in said))),
        "counts": list(Discussion.objects.values("essay", "comment_count", "threads")),
        "page": Browser().read(scene.essay).html,
        "tabs": tab_counts(rights),
        "lists": {
            tab: [pk for _weight, pk in QueueState(rights, tab).comments().values_list("weight", "pk")] for tab in TABS
        },
        "lessons": sorted(one.identity for one in learning.examples()),
        "reports": list(Report.objects.values("comment", "state")),
        "appeals": list(Appeal.objects.values("comment", "state", "answer", "answered_by", "answered")),
        "follow": list(Subscription.objects.order_by("pk").values("pk", "kind", "often", "confirmed", "stopped")),
        "owed": sorted(Notice.objects.exclude(state="dropped").values_list("kind", "comment", "email", "state")),
    }


def let_days_pass() -> None:
    """Let enough days pass to send every email, daily ones too."""
    run_ready_jobs()
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        outbox.build_digests(timezone.now())
        outbox.send()


def differing(scene: Scene, before: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    after = everything(scene)
    return {what: (was, after[what]) for what, was in before.items() if after[what] != was}


ONE_BY_ONE: dict[str, tuple[str, dict[str, Any]]] = {
    "approve": ("pending", {}),
    "approve spam": ("spam", {}),
    "approve appealed": ("appealed", {}),
    "unapprove": ("shown", {}),
    "spam": ("pending", {}),
    "spam shown": ("shown", {}),
    "trash": ("pending", {"reason": "1", "told": "Not here."}),
    "trash reported": ("reported", {"told": "Not here."}),
    "restore": ("trash", {}),
    "keep": ("reported", {}),
    "deny": ("appealed", {"told": "It stays away."}),
    "edit": ("pending", {"text": "Other *words*", "why": "An address"}),
    "edit shown": ("shown", {"text": "Other *words*"}),
    "reply": ("pending", {"text": "I answer."}),
    "reply shown": ("shown", {"text": "I answer."}),
}


LEAVES = {"keep", "deny", "edit"}  # the status as it is


@pytest.mark.once
def test_undoing_each_decision_and_each_batch_restores_everything(whole: Scene) -> None:
    before = everything(whole)
    for what, (name, typed) in ONE_BY_ONE.items():
        comment = Comment.objects.get(pk=whole.comments[name].pk)
        there = set(Decision.objects.values_list("pk", flat=True))
        seen = f"{comment.pk} {comment.status} {comment.wording_id}"
        data = {"action": what.split()[0], "comment": comment.pk, "seen": seen, **typed}
        assert whole.desk.client.post(whole.at(name), data).status_code == 302, what
        made = list(Decision.objects.exclude(pk__in=there))
        assert made, what
        assert what.split()[0] in LEAVES or any(one.before != one.after for one in made), what
        whole.desk.undo(*made)
        let_days_pass()
        assert differing(whole, before) == {}, what
        assert mail.outbox == [], what
    assert not list(checking.problems())
    check_that_undoing_a_batch_restores_everything(whole, before)


def check_that_undoing_a_batch_restores_everything(scene: Scene, before: dict[str, Any]) -> None:
    anna = scene.comments["shown"].commenter_id
    strokes: list[tuple[str, dict[str, Any]]] = [
        (f"{QUEUE}?status=all", {"action": "spam", "whole": "1"}),
        (f"{QUEUE}?status=all", {"action": "approve", "whole": "1"}),
        (f"{QUEUE}people/{anna}/", {"action": "remove", "days": "7", "verb": "trash"}),
    ]
    for at, data in strokes:
        answer = scene.desk.client.post(at, data)
        batch = Batch.objects.select_related("moderator").first()
        assert batch
        batches.decide_all(batch)  # only its job, because emails are slow
        assert batch.done > 1
        scene.desk.client.post(answer["Location"], {"action": "undo"})
        let_days_pass()
        assert differing(scene, before) == {}, data
        assert mail.outbox == [], data
    assert not list(checking.problems())


def told() -> list[str]:
    """Return who has been emailed since the last call."""
    let_days_pass()
    found = sorted(message.recipients()[0].split("-")[0] for message in mail.outbox)
    mail.outbox.clear()
    return found


@pytest.mark.once
def test_a_decision_made_again_is_notified_once(scene: Scene) -> None:
    comment, mara = scene.comments["pending"], scene.desk.user
    approval = actions.approve(comment, by=mara)
    undone = undo.undo(approval, by=mara)
    assert told() == []
    again = undo.undo(undone, by=mara)
    assert told() == ["decision", "essay", "essay", "miriam@example.org", "thread"]
    follow("essay", essay=scene.essay)
    undo.undo(undo.undo(again, by=mara), by=mara)
    undo.undo(actions.trash(comment, by=mara), by=mara)
    undo.undo(actions.unapprove(comment, by=mara), by=mara)
    actions.trash(comment, by=mara)
    actions.restore(comment, by=mara)
    assert told() == []  # new subscribers are not notified of earlier comments


@pytest.mark.once
def test_a_comment_unapproved_before_its_emails_is_notified_on_approval(scene: Scene) -> None:
    comment = Browser().post_comment(scene.essay, text="Held, and in the trash at once")
    refusal = actions.trash(comment, by=scene.desk.user)
    assert told() == []
    undo.undo(refusal, by=scene.desk.user)
    assert told() == ["judge@example.org", "mara@example.org"]
    back = undo.undo(actions.unapprove(scene.comments["shown"], by=scene.desk.user), by=scene.desk.user)
    assert told() == []
    undo.undo(back, by=scene.desk.user)
    assert told() == []


@pytest.mark.once
def test_an_undone_reply_is_in_no_list_while_it_can_be_restored(scene: Scene) -> None:
    parent, desk = scene.comments["shown"], scene.desk
    data = {"action": "reply", "seen": f"{parent.pk} approved {parent.wording_id}", "text": "Never mind."}
    desk.client.post(scene.at("shown"), data)
    answer = Comment.objects.latest("pk")
    desk.undo(Decision.objects.latest("pk"))
    assert "Never mind." not in desk.open(f"{QUEUE}?status=trash")
    assert "Never mind." in desk.open(f"{QUEUE}log/")
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False):
        desk.client.force_login(desk.user)
        assert "Never mind." in desk.open(f"{QUEUE}?status=trash")
    desk.undo(Decision.objects.latest("pk"))
    answer.refresh_from_db()
    assert answer.is_approved
