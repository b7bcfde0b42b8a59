"""Deciding with the queue's buttons: one comment or many, messages, and undo."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse

from blog import actions as writing
from blog.models import Essay
from comments.models import Decision, Status
from moderation.decisions import actions
from tests import make
from tests.lists import both_one_in
from tests.moderation.desk import QUEUE, Desk, held, listed, status

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def anchor(response: HttpResponse) -> str:
    return urlsplit(response["Location"]).fragment


@pytest.mark.parametrize(
    ("before", "action", "after"),
    both_one_in(
        3,
        [
            ("pending", "approve", "approved"),
            ("pending", "spam", "spam"),
            ("pending", "trash", "trash"),
            ("approved", "unapprove", "pending"),
            ("approved", "trash", "trash"),
            ("spam", "restore", "pending"),
            ("spam", "approve", "approved"),
            ("trash", "restore", "pending"),
        ],
    ),
)
def test_a_button_decides_and_the_remaining_line_undoes_it(
    desk: Desk, essay: Essay, before: str, action: str, after: str
) -> None:
    comment = make.comment(essay, "These are the first words of it", by=make.guest("Piet"), status="pending")
    if before != "pending":
        {"approved": actions.approve, "spam": actions.mark_spam, "trash": actions.trash}[before](comment, by=desk.user)
    at = f"{QUEUE}?status={before}"
    html = desk.follow(desk.send(action, comment, at=at, seen=before))
    assert status(comment) == after
    decision = Decision.objects.filter(comment=comment).latest("pk")
    assert (decision.moderator, decision.verb) == (desk.user, action)
    assert listed(html) == []
    label = str(Decision.Verb(action).label).capitalize()
    assert f"<p>{label}: <bdi>Piet</bdi>, “<bdi>These are the first words of it</bdi>”</p>" in html
    html = desk.follow(desk.undo(decision, at=at))
    assert status(comment) == before
    assert listed(html) == [comment.pk]
    assert "Undone: the comment by Piet is" in html


def test_the_next_row_is_focused(desk: Desk, essay: Essay) -> None:
    first, second, third = held(essay, 3)
    assert anchor(desk.send("approve", second)) == f"comment-{third.pk}"
    assert anchor(desk.send("approve", third)) == f"comment-{first.pk}"
    assert anchor(desk.send("approve", first)) == "queue"
    everything = f"{QUEUE}?status=all"
    assert anchor(desk.send("spam", second, at=everything)) == f"comment-{first.pk}"


def test_a_decision_stays_on_the_same_page(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 7)
    at = f"{QUEUE}?page=2&per_page=3"
    response = desk.send("approve", comments[4], at=at)
    query = parse_qs(urlsplit(response["Location"]).query)
    assert (query["after"], query["per_page"]) == ([str(comments[2].pk)], ["3"])
    html = desk.follow(response)
    assert listed(html) == [comments[index].pk for index in (3, 5, 6)]
    assert html.index(f'id="comment-{comments[3].pk}"') < html.index(f'id="comment-{comments[4].pk}"')
    assert html.index(f'id="comment-{comments[4].pk}"') < html.index(f'id="comment-{comments[5].pk}"')


def test_every_decision_made_on_a_page_can_be_undone_there(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 4)
    address = QUEUE
    for action, comment in zip(("approve", "spam", "trash"), comments, strict=False):
        address = desk.send(action, comment, at=address)["Location"].split("#")[0]
    html = desk.open(address)
    assert html.count('value="undo"') == 3
    for decision in Decision.objects.order_by("pk"):
        address = desk.undo(decision, at=address)["Location"].split("#")[0]
    assert listed(desk.open(address)) == [comment.pk for comment in comments]
    assert "decided" not in address


def test_a_decision_followed_by_another_has_no_undo(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    address = desk.send("approve", comment)["Location"]
    actions.unapprove(comment, by=make.moderator())
    html = desk.open(address)
    assert 'value="undo"' not in html
    assert listed(html) == [comment.pk]


@pytest.mark.both
def test_all_selected_comments_are_decided_and_reported(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 4)
    actions.approve(comments[1], by=make.moderator())
    gone = make.comment(make.essay(), status="pending")
    writing.delete(gone.essay)
    html = desk.follow(desk.send("approve", *comments, gone, seen="pending"))
    assert "3 approved, 1 had already been moderated, 1 no longer exists." in html
    assert {status(comment) for comment in comments} == {"approved"}
    assert Decision.objects.filter(moderator=desk.user, verb="approve").count() == 3
    assert "Undo all 3" in html
    html = desk.follow(desk.undo(*Decision.objects.filter(moderator=desk.user, verb="approve")))
    assert "3 undone." in html
    assert [status(comment) for comment in comments] == ["pending", "approved", "pending", "pending"]


def test_an_empty_selection_shows_a_message(desk: Desk, essay: Essay) -> None:
    held(essay, 2)
    assert "Select at least one comment first." in desk.follow(desk.send("approve"))
    assert "Select at least" not in desk.open()


@pytest.mark.both
def test_a_form_sent_twice_decides_once_and_can_be_undone(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    desk.send("approve", comment, seen="pending")
    html = desk.follow(desk.send("approve", comment, seen="pending"))
    assert "The comment by Piet was already moderated: approved by you, just now. Nothing was changed." in html
    assert Decision.objects.count() == 1
    assert 'value="undo"' in html


@pytest.mark.both
@pytest.mark.parametrize("action", ["approve", "spam", "trash"])
def test_a_decision_of_another_moderator_is_kept_and_reported(desk: Desk, essay: Essay, action: str) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    actions.trash(comment, by=make.moderator("jo", name="Jo"))
    html = desk.follow(desk.send(action, comment, seen="pending"))
    said = "The comment by Piet was already moderated: moved to the trash by Jo, just now. Nothing was changed."
    assert said in html
    assert Decision.objects.count() == 1
    assert status(comment) == Status.TRASH


def test_an_undo_after_another_decision_shows_a_message(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    approved = actions.approve(comment, by=desk.user)
    actions.trash(comment, by=make.moderator("jo", name="Jo"))
    assert "moved to the trash by Jo" in desk.follow(desk.undo(approved))
    assert status(comment) == Status.TRASH


def test_a_deleted_comment_is_reported(desk: Desk, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    writing.delete(essay)
    assert "This comment no longer exists." in desk.follow(desk.send("approve", comment))
    assert "This comment no longer exists." in desk.follow(desk.send("undo", decision="123"))


@pytest.mark.parametrize(
    "data", [{}, {"action": "eat", "comment": "1"}, {"action": "", "comment": "1"}, {"action": "__class__"}]
)
def test_an_unknown_action_is_rejected_with_a_message(desk: Desk, data: dict[str, str]) -> None:
    response = desk.client.post(QUEUE, data)
    assert response.status_code == 400
    assert b"<h1>" in response.content


@pytest.mark.both
@pytest.mark.parametrize("key", ["", "x", "-1", "0", "9" * 30, "²", "1 or 1=1"])
def test_an_invalid_key_changes_nothing(desk: Desk, essay: Essay, key: str) -> None:
    comment = make.comment(essay, status="pending")
    for data in ({"action": "approve", "comment": key}, {"action": "undo", "decision": key}):
        assert desk.client.post(QUEUE, data | {"seen": key}).status_code == 302
    assert status(comment) == Status.PENDING


def test_undo_all_stays_on_the_page_while_other_comments_are_decided(desk: Desk, essay: Essay) -> None:
    comments = held(essay, 5)
    address = desk.send("spam", *comments[:3])["Location"].split("#")[0]
    address = desk.send("approve", comments[3], at=address)["Location"].split("#")[0]
    html = desk.open(address)
    assert "Undo all 3" in html
    bar = html.split('<form class="report"')[1].split("</form>")[0]
    named = [int(pk) for pk in re.findall(r'name="decision" value="(\d+)"', bar)]
    address = desk.undo(*Decision.objects.filter(pk__in=named), at=address)["Location"].split("#")[0]
    assert [status(comment) for comment in comments] == ["pending", "pending", "pending", "approved", "pending"]
    assert "Undo all 3" not in desk.open(address)
