"""Emails to moderators: their frequency, and decisions by their links without logging in."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog.models import Authorship, Essay
from comments.models import Appeal, Comment, Decision, Notice, Reason
from moderation import jobs
from moderation.decisions import actions
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHOICE = "/accounts/queue-mail/"


@pytest.fixture
def essay() -> Essay:
    make.rules()
    return make.essay("Of Forms")


@pytest.fixture
def mara() -> User:
    return make.moderator("mara", name="Mara")


@pytest.fixture
def comment(essay: Essay, mara: User) -> Comment:
    return Browser().post_comment(essay, text="See *these*: http://a.example http://b.example")


def sent() -> list[Any]:
    """Return the emails sent to Mara."""
    run_ready_jobs()
    return [message for message in mail.outbox if message.recipients() == ["mara@example.org"]]


def links(message: Any) -> dict[str, str]:
    """Return the path of each action's link."""
    lines = [line.partition(": ") for line in message.body.splitlines() if "/comments/decide/" in line]
    return {verb: "/" + link.split("/", 3)[3] for verb, _colon, link in lines}


def now(comment: Comment) -> Comment:
    found: Comment = Comment.objects.get(pk=comment.pk)
    return found


def press(link: str, action: str, **fields: str) -> Page:
    return Page(Browser().post(link, {"action": action} | fields))


# By the link


@pytest.mark.both
def test_a_comment_is_approved_by_link_without_logging_in(comment: Comment, mara: User) -> None:
    ways = links(sent()[0])
    assert list(ways) == ["Approve", "Spam", "Trash"]
    page = Page(Browser().get(ways["Spam"]))
    assert "http://a.example" in page.text
    assert [button.get("value") for button in page.all("button[@name='action']")] == ["spam", "approve", "trash"]
    assert page.response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in page.response.headers["Cache-Control"]
    assert now(comment).status == "pending"
    answer = press(ways["Approve"], "approve")
    assert answer.status == 302
    decision = Decision.objects.get()
    assert (decision.verb, decision.moderator, now(comment).status) == ("approve", mara, "approved")
    page = Page(Browser().get(answer.response["Location"]))
    assert "Already moderated: approved by you, just now." in page.text
    assert not page.all("button[@name='action']")


def test_a_rejection_stores_a_reason_and_a_message(comment: Comment) -> None:
    link = links(sent()[0])["Trash"]
    reason = Reason.objects.get(name="Advertising")
    press(link, "trash", reason=str(reason.pk), told="Two links to shops.")
    decision = Decision.objects.get()
    assert (decision.verb, decision.reason, decision.message) == ("trash", reason, "Two links to shops.")


def test_a_comment_already_decided_is_reported_and_not_changed(comment: Comment) -> None:
    link = links(sent()[0])["Approve"]
    actions.mark_spam(comment, by=make.moderator("joris", name="Joris"))
    assert "Already moderated: marked as spam by Joris, just now." in Page(Browser().get(link)).text
    page = press(link, "approve", told="Typed for nothing.")
    assert page.status == 409
    assert "marked as spam by Joris" in page.text
    assert "Typed for nothing." in page.text
    assert now(comment).status == "spam"
    assert Decision.objects.count() == 1


def test_a_comment_edited_since_the_email_must_be_decided_in_the_queue(essay: Essay, mara: User) -> None:
    rosa = Browser(make.user("rosa"))
    comment = rosa.post_comment(essay, text="First words.")
    link = links(sent()[0])["Approve"]
    rosa.post(f"/comments/{comment.pk}/edit/", {"text": "Other words.", "seen": str(comment.wording_id)})
    page = press(link, "approve")
    assert page.status == 409
    assert "This comment was edited after we sent the email" in page.text
    assert now(comment).status == "pending"


def test_a_link_works_for_a_week_and_only_unchanged(comment: Comment) -> None:
    link = links(sent()[0])["Approve"]
    for wrong in (link.replace("/decide/", "/decide/x"), "/comments/decide/1/", "/comments/decide/a:b:c/"):
        for answer in (Browser().get(wrong), Browser().post(wrong, {"action": "approve"})):
            assert answer.status_code == 404
            assert "a.example" not in Page(answer).text
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        for answer in (Browser().get(link), Browser().post(link, {"action": "approve"})):
            assert answer.status_code == 410
            assert "This link has expired" in Page(answer).text
            assert "a.example" not in Page(answer).text
    assert now(comment).status == "pending"


@pytest.mark.parametrize("gone", ["closed", "no longer a moderator"])
def test_a_former_moderator_cannot_decide(comment: Comment, mara: User, gone: str) -> None:
    link = links(sent()[0])["Approve"]
    if gone == "closed":
        User.objects.filter(pk=mara.pk).update(is_active=False)
    else:
        mara.groups.clear()
    for answer in (Browser().get(link), Browser().post(link, {"action": "approve"})):
        assert answer.status_code == 404
        assert "a.example" not in Page(answer).text
    assert now(comment).status == "pending"


def test_only_actions_that_the_page_offers_are_accepted(comment: Comment) -> None:
    link = links(sent()[0])["Approve"]
    for action in ("deny", "keep", "restore", "undo", "delete", ""):
        assert press(link, action).status == 409
    assert Browser(headers={"Sec-Fetch-Site": "cross-site"}).post(link, {"action": "spam"}).status_code == 403
    assert now(comment).status == "pending"
    assert not Decision.objects.exists()


def test_links_are_not_logged(comment: Comment, caplog: pytest.LogCaptureFixture) -> None:
    link = links(sent()[0])["Approve"]
    Browser(headers={"Sec-Fetch-Site": "cross-site"}).post(link)
    handler: Any = logging.getLogger("django").handlers[0]
    lines = [handler.format(record) for record in caplog.records]
    assert any("/comments/decide/…/" in line for line in lines)
    assert not any(link.split("/")[3].split(":")[-1] in line for line in lines)


def test_a_reported_comment_is_kept_by_email_link(essay: Essay, mara: User) -> None:
    comment = make.comment(essay, "You fool.")
    Browser().post(f"/comments/{comment.pk}/report/", {"kind": "rude", "words": "Look."})
    ways = links(sent()[-1])
    assert list(ways) == ["Keep", "Spam", "Trash"]
    assert "Harassment or threats: Look." in Page(Browser().get(ways["Keep"])).text
    answer = press(ways["Keep"], "keep")
    assert "kept by you" in Page(Browser().get(answer.response["Location"])).text
    assert (now(comment).status, now(comment).reports) == ("approved", 0)


def test_an_appeal_is_rejected_by_email_link(essay: Essay, mara: User) -> None:
    rosa = Browser(make.user("rosa"))
    comment = rosa.post_comment(essay, text="A quotation.")
    actions.trash(comment, by=make.moderator("joris", name="Joris"), message="No.")
    rosa.post(f"/comments/{comment.pk}/appeal/", {"words": "It was not me who said it."})
    ways = links(sent()[-1])
    page = Page(Browser().get(ways["Reject appeal"]))
    for part in ("Rejected by Joris: No.", "It was not me who said it."):
        assert part in page.text
    press(ways["Reject appeal"], "deny", told="It was not marked.")
    made = Appeal.objects.get()
    assert (made.state, made.answer, made.answered_by) == ("denied", "It was not marked.", mara)


# How they come


def choose(mara: User, how: str) -> Page:
    return Page(Browser(mara).post(CHOICE, {"queue_mail": how}, follow=True))


def test_each_moderator_chooses_how_often_to_be_emailed(essay: Essay, mara: User) -> None:
    assert "/accounts/queue-mail/" in Browser(mara).get("/accounts/me/", follow=True).content.decode()
    assert "Changes saved." in choose(mara, "none").text
    assert Browser(mara).post(CHOICE, {"queue_mail": "never"}).status_code == 422
    Browser().post_comment(essay)
    assert sent() == []
    assert Browser(make.user("rosa")).get(CHOICE).status_code == 403
    assert "/login/" in Client().get(CHOICE)["Location"]


def test_unsent_emails_are_dropped_for_a_moderator_who_chooses_none(comment: Comment, mara: User) -> None:
    choose(mara, "none")
    assert sent() == []


@pytest.mark.parametrize("how", ["hourly", "daily"])
def test_a_digest_contains_the_links_of_each_comment(essay: Essay, mara: User, how: str) -> None:
    choose(mara, how)
    decided, first, second = (
        Browser(address=f"203.0.{n}.7").post_comment(essay, text=f"Number {n}.") for n in (1, 2, 3)
    )
    run_ready_jobs()
    Browser().post(f"/comments/{make.comment(essay).pk}/report/", {"kind": "rude"})
    assert sent() == []
    actions.approve(decided, by=make.moderator("joris", queue_mail="none"))
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        jobs.send_digests.call()
        jobs.send_digests.call()
        message = sent()[0]
        assert len(sent()) == 1
        assert message.subject == "[Rejoinder] 3 comments to moderate"
        assert "Number 1." not in message.body
        ways = [line.partition(": ")[2] for line in message.body.splitlines() if line.startswith("Approve: ")]
        press("/" + ways[1].split("/", 3)[3], "approve")
    assert (now(first).status, now(second).status) == ("pending", "approved")
    assert not Notice.objects.filter(state="gathered").exists()


def test_after_switching_to_immediate_the_gathered_emails_arrive_within_an_hour(essay: Essay, mara: User) -> None:
    choose(mara, "daily")
    Browser().post_comment(essay)
    run_ready_jobs()
    choose(mara, "each")
    jobs.send_digests.call()
    assert [message.subject for message in sent()] == ["[Rejoinder] 1 comment to moderate"]


def test_authors_who_moderate_are_emailed_about_their_own_essays(essay: Essay) -> None:
    author = make.author("mara", queue_mail="each")
    Authorship.objects.create(essay=essay, author=author)
    elsewhere = make.essay("Elsewhere")
    Browser().post_comment(essay, text="Under hers.")
    assert sent() == []
    make.rules(authors_moderate=True)
    Browser(address="198.51.100.7").post_comment(elsewhere, text="Not hers.")
    comment = Browser(address="192.0.2.7").post_comment(essay, text="Under hers again.")
    message = sent()[0]
    assert len(sent()) == 1
    link = links(message)["Approve"]
    make.rules(authors_moderate=False)
    assert press(link, "approve").status == 404
    make.rules(authors_moderate=True)
    assert press(link, "approve").status == 302
    assert now(comment).is_approved
