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
from tests.lists import one_in_on_both_databases
from tests.moderation.desk import QUEUE, QueueClient, create_pending, listed_keys, stored_status

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def anchor(response: HttpResponse) -> str:
    return urlsplit(response["Location"]).fragment


@pytest.mark.parametrize(
    ("before", "action", "after"),
    one_in_on_both_databases(
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
    queue_client: QueueClient, essay: Essay, before: str, action: str, after: str
) -> None:
    comment = make.comment(essay, "These are the first words of it", by=make.guest("Piet"), status="pending")
    if before != "pending":
        {"approved": actions.approve, "spam": actions.mark_spam, "trash": actions.trash}[before](
            comment, by=queue_client.user
        )
    at = f"{QUEUE}?status={before}"
    html = queue_client.follow(queue_client.send(action, comment, at=at, seen=before))
    assert stored_status(comment) == after
    decision = Decision.objects.filter(comment=comment).latest("pk")
    assert (decision.moderator, decision.verb) == (queue_client.user, action)
    assert listed_keys(html) == []
    label = str(Decision.Verb(action).label).capitalize()
    assert f"<p>{label}: <bdi>Piet</bdi>, “<bdi>These are the first words of it</bdi>”</p>" in html
    html = queue_client.follow(queue_client.undo(decision, at=at))
    assert stored_status(comment) == before
    assert listed_keys(html) == [comment.pk]
    assert "Undone: the comment by Piet is" in html


def test_the_next_row_is_focused(queue_client: QueueClient, essay: Essay) -> None:
    first, second, third = create_pending(essay, 3)
    assert anchor(queue_client.send("approve", second)) == f"comment-{third.pk}"
    assert anchor(queue_client.send("approve", third)) == f"comment-{first.pk}"
    assert anchor(queue_client.send("approve", first)) == "queue"
    everything = f"{QUEUE}?status=all"
    assert anchor(queue_client.send("spam", second, at=everything)) == f"comment-{first.pk}"


def test_a_decision_stays_on_the_same_page(queue_client: QueueClient, essay: Essay) -> None:
    comments = create_pending(essay, 7)
    at = f"{QUEUE}?page=2&per_page=3"
    response = queue_client.send("approve", comments[4], at=at)
    query = parse_qs(urlsplit(response["Location"]).query)
    assert (query["after"], query["per_page"]) == ([str(comments[2].pk)], ["3"])
    html = queue_client.follow(response)
    assert listed_keys(html) == [comments[index].pk for index in (3, 5, 6)]
    assert html.index(f'id="comment-{comments[3].pk}"') < html.index(f'id="comment-{comments[4].pk}"')
    assert html.index(f'id="comment-{comments[4].pk}"') < html.index(f'id="comment-{comments[5].pk}"')


def test_every_decision_made_on_a_page_can_be_undone_there(queue_client: QueueClient, essay: Essay) -> None:
    comments = create_pending(essay, 4)
    address = QUEUE
    for action, comment in zip(("approve", "spam", "trash"), comments, strict=False):
        address = queue_client.send(action, comment, at=address)["Location"].split("#")[0]
    html = queue_client.open(address)
    assert html.count('value="undo"') == 3
    for decision in Decision.objects.order_by("pk"):
        address = queue_client.undo(decision, at=address)["Location"].split("#")[0]
    assert listed_keys(queue_client.open(address)) == [comment.pk for comment in comments]
    assert "decided" not in address


def test_a_decision_followed_by_another_has_no_undo(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    address = queue_client.send("approve", comment)["Location"]
    actions.unapprove(comment, by=make.moderator())
    html = queue_client.open(address)
    assert 'value="undo"' not in html
    assert listed_keys(html) == [comment.pk]


@pytest.mark.both
def test_all_selected_comments_are_decided_and_reported(queue_client: QueueClient, essay: Essay) -> None:
    comments = create_pending(essay, 4)
    actions.approve(comments[1], by=make.moderator())
    gone = make.comment(make.essay(), status="pending")
    writing.delete(gone.essay)
    html = queue_client.follow(queue_client.send("approve", *comments, gone, seen="pending"))
    assert "3 approved, 1 had already been moderated, 1 no longer exists." in html
    assert {stored_status(comment) for comment in comments} == {"approved"}
    assert Decision.objects.filter(moderator=queue_client.user, verb="approve").count() == 3
    assert "Undo all 3" in html
    html = queue_client.follow(queue_client.undo(*Decision.objects.filter(moderator=queue_client.user, verb="approve")))
    assert "3 undone." in html
    assert [stored_status(comment) for comment in comments] == ["pending", "approved", "pending", "pending"]


def test_an_empty_selection_shows_a_message(queue_client: QueueClient, essay: Essay) -> None:
    create_pending(essay, 2)
    assert "Select at least one comment first." in queue_client.follow(queue_client.send("approve"))
    assert "Select at least" not in queue_client.open()


@pytest.mark.both
def test_a_form_sent_twice_decides_once_and_can_be_undone(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    queue_client.send("approve", comment, seen="pending")
    html = queue_client.follow(queue_client.send("approve", comment, seen="pending"))
    assert "The comment by Piet was already moderated: approved by you, just now. Nothing was changed." in html
    assert Decision.objects.count() == 1
    assert 'value="undo"' in html


@pytest.mark.both
@pytest.mark.parametrize("action", ["approve", "spam", "trash"])
def test_a_decision_of_another_moderator_is_kept_and_reported(
    queue_client: QueueClient, essay: Essay, action: str
) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    actions.trash(comment, by=make.moderator("jo", name="Jo"))
    html = queue_client.follow(queue_client.send(action, comment, seen="pending"))
    said = "The comment by Piet was already moderated: moved to the trash by Jo, just now. Nothing was changed."
    assert said in html
    assert Decision.objects.count() == 1
    assert stored_status(comment) == Status.TRASH


def test_an_undo_after_another_decision_shows_a_message(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, by=make.guest("Piet"), status="pending")
    approved = actions.approve(comment, by=queue_client.user)
    actions.trash(comment, by=make.moderator("jo", name="Jo"))
    assert "moved to the trash by Jo" in queue_client.follow(queue_client.undo(approved))
    assert stored_status(comment) == Status.TRASH


def test_a_deleted_comment_is_reported(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    writing.delete(essay)
    assert "This comment no longer exists." in queue_client.follow(queue_client.send("approve", comment))
    assert "This comment no longer exists." in queue_client.follow(queue_client.send("undo", decision="123"))


@pytest.mark.parametrize(
    "data", [{}, {"action": "eat", "comment": "1"}, {"action": "", "comment": "1"}, {"action": "__class__"}]
)
def test_an_unknown_action_is_rejected_with_a_message(queue_client: QueueClient, data: dict[str, str]) -> None:
    response = queue_client.client.post(QUEUE, data)
    assert response.status_code == 400
    assert b"<h1>" in response.content


@pytest.mark.both
@pytest.mark.parametrize("key", ["", "x", "-1", "0", "9" * 30, "²", "1 or 1=1"])
def test_an_invalid_key_changes_nothing(queue_client: QueueClient, essay: Essay, key: str) -> None:
    comment = make.comment(essay, status="pending")
    for data in ({"action": "approve", "comment": key}, {"action": "undo", "decision": key}):
        assert queue_client.client.post(QUEUE, data | {"seen": key}).status_code == 302
    assert stored_status(comment) == Status.PENDING


def test_undo_all_stays_on_the_page_while_other_comments_are_decided(queue_client: QueueClient, essay: Essay) -> None:
    comments = create_pending(essay, 5)
    address = queue_client.send("spam", *comments[:3])["Location"].split("#")[0]
    address = queue_client.send("approve", comments[3], at=address)["Location"].split("#")[0]
    html = queue_client.open(address)
    assert "Undo all 3" in html
    bar = html.split('<form class="report"')[1].split("</form>")[0]
    named = [int(pk) for pk in re.findall(r'name="decision" value="(\d+)"', bar)]
    address = queue_client.undo(*Decision.objects.filter(pk__in=named), at=address)["Location"].split("#")[0]
    assert [stored_status(comment) for comment in comments] == ["pending", "pending", "pending", "approved", "pending"]
    assert "Undo all 3" not in queue_client.open(address)
