"""Readers report comments; decisions close the reports, and an undo reopens them."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Commenter, User
from accounts.profiles import merging as people
from blog.models import Essay
from comments import checking
from comments.checking import problems
from comments.models import Comment, Decision, Report, Rule, Subscription
from comments.posting import editing
from comments.screening import rules_engine
from comments.threads.viewer import Viewer
from moderation.decisions import actions, undo
from moderation.decisions.actions import AlreadyDecided
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from transfer.person.deletion import delete_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def essay() -> Essay:
    make.rules()
    return make.essay("Of Forms", by=make.author("miriam"))


@pytest.fixture
def mara() -> User:
    return make.moderator("mara", name="Mara")


@pytest.fixture
def comment(essay: Essay) -> Comment:
    return make.comment(essay, "You fool.", by=make.guest("Tobias Fenn"))


def address(comment: Comment) -> str:
    return f"/comments/{comment.pk}/report/"


def send(browser: Client, comment: Comment, **fields: str) -> Page:
    return Page(browser.post(address(comment), {"kind": "rude", "words": ""} | fields))


def stored(comment: Comment) -> tuple[int, list[str]]:
    """Return the comment's stored count and the state of each report."""
    assert not [problem for problem in problems() if problem.kind is checking.Kind.REPORTS]
    states = Report.objects.filter(comment=comment.pk).order_by("pk").values_list("state", flat=True)
    return Comment.objects.get(pk=comment.pk).reports, list(states)


def mailed_to(email: str) -> list[Any]:
    run_ready_jobs()
    return [message for message in mail.outbox if message.recipients() == [email]]


# The page, and who may


def test_a_reader_reports_without_script_and_is_thanked(comment: Comment) -> None:
    reader = Browser()
    page = reader.read(comment.essay)
    more = next(link for link in page.comment(comment).iter("a") if text_of(link) == "More")
    assert more.get("aria-label") == "More actions for this comment by Tobias Fenn"
    links = reader.read(more.get("href", "")).all("main//a")
    assert address(comment) in [link.get("href") for link in links if text_of(link) == "Report this comment"]
    assert "You fool." in reader.read(address(comment)).text
    answer = send(reader, comment, words="He insults people.")
    assert answer.status == 303
    assert "Thank you." in reader.read(answer.response["Location"]).text
    report = Report.objects.get()
    assert (report.kind, report.text, report.network) == ("rude", "He insults people.", "203.0.113.0/24")
    assert stored(comment) == (1, ["open"])


def test_a_report_without_a_kind_comes_back_with_the_typed_text(comment: Comment) -> None:
    page = send(Browser(), comment, kind="", words="Look at this.")
    assert page.status == 422
    assert "Please choose a reason." in page.text
    assert "Look at this." in page.html
    assert "Please describe the problem." in send(Browser(), comment, kind="else").text
    assert stored(comment) == (0, [])


def test_one_person_reports_once(comment: Comment) -> None:
    rosa = Browser(make.user("rosa"))
    assert send(rosa, comment).status == 303
    again = send(rosa, comment, kind="spam")
    assert again.status == 409
    assert "already reported this comment" in again.text
    assert send(Browser(), comment).status == 303
    assert send(Browser(address="203.0.113.80"), comment).status == 409  # the same network
    assert send(Browser(address="198.51.100.7"), comment).status == 303
    assert stored(comment) == (3, ["open"] * 3)


@pytest.mark.once
def test_reports_are_limited_per_hour(comment: Comment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comments.reports.reporting.REPORTS_AN_HOUR", 1)
    other = make.comment(comment.essay)
    assert send(Browser(), comment).status == 303
    answer = send(Browser(), other)
    assert answer.status == 429
    assert answer.response["Retry-After"]
    assert stored(other) == (0, [])


@pytest.mark.once
def test_own_and_unreadable_comments_cannot_be_reported(essay: Essay) -> None:
    rosa = make.user("rosa")
    own = make.comment(essay, by=Commenter.objects.for_user(rosa))
    browser = Browser(rosa)
    assert "Report" not in text_of(browser.read(essay).comment(own))
    assert send(browser, own).status == 403
    for status in ("pending", "spam", "trash"):
        assert send(browser, make.comment(essay, status=status)).status == 404
    Essay.objects.filter(pk=essay.pk).update(published=None)
    assert send(browser, own).status == 404
    assert not Report.objects.exists()


@pytest.mark.once
def test_there_is_no_report_link_when_reports_are_off(comment: Comment) -> None:
    make.rules(readers_may_report=False)
    assert "Report" not in text_of(Browser().read(comment.essay).comment(comment))
    assert Browser().get(address(comment)).status_code == 404
    assert send(Browser(), comment).status == 404


@pytest.mark.once
@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_report_sent_by_another_site_is_rejected(comment: Comment, headers: dict[str, str]) -> None:
    assert send(Browser(headers=headers), comment).status == 403
    assert stored(comment) == (0, [])


# What decisions make of it


@pytest.mark.parametrize(
    ("verb", "state"), [(actions.keep, "dismissed"), (actions.mark_spam, "upheld"), (actions.trash, "upheld")]
)
def test_a_decision_closes_reports_and_each_undo_reverses_it(
    comment: Comment, mara: User, verb: Any, state: str
) -> None:
    send(Browser(), comment)
    send(Browser(make.user("rosa")), comment)
    decision = verb(Comment.objects.get(pk=comment.pk), by=mara)
    assert stored(comment) == (0, [state] * 2)
    undone = undo.undo(decision, by=mara)
    assert stored(comment) == (2, ["open"] * 2)
    assert Comment.objects.get(pk=comment.pk).is_approved
    again = undo.undo(undone, by=mara)
    assert stored(comment) == (0, [state] * 2)
    undo.undo(again, by=mara)
    assert stored(comment) == (2, ["open"] * 2)


def test_an_unapproved_comment_keeps_its_reports_until_it_is_decided(comment: Comment, mara: User) -> None:
    send(Browser(), comment)
    actions.unapprove(comment, by=mara)
    assert stored(comment) == (1, ["open"])
    actions.approve(comment, by=mara)
    assert stored(comment) == (0, ["dismissed"])


@pytest.mark.once
def test_a_comment_without_reports_cannot_be_kept(comment: Comment, mara: User) -> None:
    with pytest.raises(AlreadyDecided):
        actions.keep(comment, by=mara)
    assert not Decision.objects.exists()


def test_an_undo_does_not_reopen_a_second_report_from_one_network(comment: Comment, mara: User) -> None:
    send(Browser(), comment)
    kept = actions.keep(comment, by=mara)
    send(Browser(), comment)
    undo.undo(kept, by=mara)
    assert stored(comment) == (1, ["dismissed", "open"])


@pytest.mark.once
def test_a_rule_of_the_owner_holds_comments_reported_often(comment: Comment, mara: User) -> None:
    rule = Rule.objects.create(name="Often reported", is_on=True, action=Rule.Action.HOLD)
    rule.conditions.create(kind="reported", value="2")
    rules_engine.update_stamp()
    send(Browser(), comment)
    assert Comment.objects.get(pk=comment.pk).is_approved
    send(Browser(make.user("rosa")), comment, tell="on")
    assert Comment.objects.get(pk=comment.pk).status == "pending"
    assert stored(comment) == (2, ["open"] * 2)
    assert "Please moderate" in mailed_to(mara.email)[-1].subject
    assert not mailed_to("rosa@example.org")
    actions.approve(comment, by=mara)
    assert stored(comment) == (0, ["dismissed"] * 2)
    assert "decided to keep it" in mailed_to("rosa@example.org")[0].body


# Who hears of it


@pytest.mark.once
def test_moderators_are_notified_of_the_first_report_only(comment: Comment, mara: User) -> None:
    run_ready_jobs()
    mail.outbox.clear()
    send(Browser(), comment, words="He insults people.")
    message = mailed_to(mara.email)[0]
    assert message.subject == "[Rejoinder] A comment by Tobias Fenn on “Of Forms” was reported"
    for part in ("You fool.", "Harassment or threats: He insults people.", "Keep: http"):
        assert part in message.body
    send(Browser(make.user("rosa")), comment)
    assert len(mailed_to(mara.email)) == 1
    actions.keep(comment, by=mara)
    send(Browser(make.user("ines")), comment)
    assert len(mailed_to(mara.email)) == 2
    assert not mailed_to("miriam@example.org")  # no new comment was published


@pytest.mark.once
@pytest.mark.parametrize(
    ("verb", "said"), [(actions.keep, "decided to keep it"), (actions.trash, "It has been removed.")]
)
def test_a_logged_in_reporter_is_emailed_the_outcome_on_request(
    comment: Comment, mara: User, verb: Any, said: str
) -> None:
    send(Browser(make.user("rosa")), comment, words="My secret reasons.", tell="on")
    send(Browser(make.user("ines")), comment)
    assert not mailed_to("rosa@example.org")
    verb(comment, by=mara, note="Between us.")
    message = mailed_to("rosa@example.org")[0]
    assert said in message.body
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not [part for part in ("You fool.", "secret", "Between us", "Mara") if part in str(message.message())]
    assert not mailed_to("ines@example.org")


@pytest.mark.once
def test_an_undo_before_the_email_is_sent_cancels_it(comment: Comment, mara: User) -> None:
    send(Browser(make.user("rosa")), comment, tell="on")
    decision = actions.trash(comment, by=mara)
    undo.undo(decision, by=mara)
    assert not mailed_to("rosa@example.org")
    actions.keep(comment, by=mara)
    assert "decided to keep it" in mailed_to("rosa@example.org")[0].body


@pytest.mark.once
def test_a_visitors_address_must_be_confirmed_first(comment: Comment, mara: User) -> None:
    answer = send(Browser(), comment, email="eve@example.org")
    assert "open the confirmation link" in Browser().read(answer.response["Location"]).text
    asking = mailed_to("eve@example.org")
    assert "Confirm your subscription" in asking[0].subject
    assert "Tobias" not in str(asking[0].message())
    link = next(word for word in asking[0].body.split() if "/confirm/" in word)
    reader = Browser()
    page = reader.read("/" + link.split("/", 3)[3])
    assert "Updates on your report about Tobias Fenn" in page.text
    reader.post("/" + link.split("/", 3)[3], {"subscription": str(Subscription.objects.get().pk)})
    actions.trash(comment, by=mara)
    assert "It has been removed." in mailed_to("eve@example.org")[1].body


# Those who report may become one, and be forgotten


def test_merging_two_people_keeps_one_report(comment: Comment, mara: User) -> None:
    one, two = (Commenter.objects.for_user(make.user(name)) for name in ("rosa", "ines"))
    for who in (one, two):
        assert who.user
        send(Browser(who.user), comment)
    assert stored(comment)[0] == 2
    people.merge_commenters(one, two)
    assert stored(comment) == (1, ["open"])
    assert Report.objects.get().commenter == two


def test_erasing_a_person_keeps_only_the_bare_report(comment: Comment) -> None:
    for name in ("rosa", "ines"):
        user = make.user(name)
        send(Browser(user), comment, words="My words.", tell="on")
        delete_person(Commenter.objects.for_user(user), keep_comments=True)
    assert stored(comment) == (2, ["open"] * 2)
    assert Report.objects.filter(commenter=None, network="", text="").count() == 2


def test_deleting_a_comment_closes_its_reports(essay: Essay) -> None:
    rosa = make.user("rosa")
    speaker = Commenter.objects.for_user(rosa)
    first, second = (make.comment(essay, by=speaker) for _ in range(2))
    for comment in (first, second):
        send(Browser(), comment)
    editing.remove(first.pk, by=Viewer(speaker))
    assert stored(first) == (0, ["upheld"])
    delete_person(speaker, keep_comments=False)
    assert stored(second) == (0, ["upheld"])


def test_a_wrong_count_is_found_and_repaired(comment: Comment) -> None:
    send(Browser(), comment)
    Comment.objects.filter(pk=comment.pk).update(reports=7)
    assert [str(problem) for problem in problems()] == [
        f"Comment {comment.pk}: stored count is 7 open reports, actual count is 1."
    ]
    checking.repair()
    assert stored(comment) == (1, ["open"])
