"""Other actions in the queue: searching, editing, replying, deleting for good, and batches."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter, User
from blog.models import Authorship, Essay
from comments.checking import problems
from comments.models import Appeal, Batch, Comment, Decision, Notice, Report, Wording
from comments.threads.pages import ThreadPage
from comments.threads.viewer import Viewer
from moderation.decisions import actions, editing, undo
from moderation.queue import batches
from server import counting
from tests import make
from tests.moderation.desk import QUEUE, QueueClient, create_pending, listed_keys, stored_status
from tests.services.html import parse

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def one(comment: Comment) -> str:
    return f"{QUEUE}comments/{comment.pk}/"


def seen(comment: Comment) -> str:
    return f"{comment.pk} {comment.status} {comment.wording_id}"


def as_script(queue_client: QueueClient, data: dict[str, Any], at: str = QUEUE) -> Any:
    response = queue_client.client.post(at, data, headers={"accept": "application/json"})
    return json.loads(response.content)


def stored(comment: Comment) -> Comment:
    found: Comment = Comment.objects.get(pk=comment.pk)
    return found


def shown(essay: Essay) -> list[int]:
    return [
        row.pk for row in ThreadPage(Essay.objects.get(pk=essay.pk), Viewer()).rows()[0] if row.status == "approved"
    ]


# Searching


@pytest.mark.both
def test_the_search_covers_text_name_email_network_and_essay(queue_client: QueueClient, essay: Essay) -> None:
    other = make.essay("Orchards")
    found = make.comment(
        essay, "Plums and ÄPFEL, d’Été", by=make.guest("Rosa", email="rosa@fruit.example"), status="pending"
    )
    make.comment(other, "Something else", by=make.guest("Piet", email="piet@x.example"), status="pending")
    for q in ("plums", "äpfel", "d’été", "rosa", "fruit.example", "promise", "plums rosa"):
        assert listed_keys(queue_client.open(f"{QUEUE}?q={q}")) == [found.pk], q
    assert len(listed_keys(queue_client.open(f"{QUEUE}?q=203.0.113.77"))) == 2
    assert "No comments match." in queue_client.open(f"{QUEUE}?q=198.51.100.1")
    assert listed_keys(queue_client.open(f"{QUEUE}?essay={essay.pk}")) == [found.pk]
    assert listed_keys(queue_client.open(f"{QUEUE}?person={found.commenter_id}")) == [found.pk]
    assert listed_keys(queue_client.open(f"{QUEUE}?age=older")) == []


@pytest.mark.parametrize("code", ["imported", "akismet"])
def test_it_is_filtered_by_reasons_that_only_the_importer_or_the_spam_service_gives(
    queue_client: QueueClient, essay: Essay, code: str
) -> None:
    make.comment(essay, "One", status="pending")
    other = make.comment(essay, "Two", status="pending")
    Wording.objects.filter(comment=other).update(reasons=[{"code": code}])
    assert listed_keys(queue_client.open(f"{QUEUE}?reason={code}")) == [other.pk]


@pytest.mark.both
def test_it_is_filtered_by_reason_and_sorted(queue_client: QueueClient, essay: Essay) -> None:
    make.rules(hold_words="casino")
    first = make.comment(essay, "One", status="pending")
    casino = make.comment(essay, "A casino", status="pending")
    assert listed_keys(queue_client.open(f"{QUEUE}?reason=word")) == [casino.pk]
    Comment.objects.filter(pk=casino.pk).update(spam_score=0.9)
    Comment.objects.filter(pk=first.pk).update(reports=3)
    assert listed_keys(queue_client.open(f"{QUEUE}?order=likeliest")) == [casino.pk, first.pk]
    assert listed_keys(queue_client.open(f"{QUEUE}?order=reported")) == [first.pk, casino.pk]
    assert listed_keys(queue_client.open(f"{QUEUE}?order=newest")) == [casino.pk, first.pk]
    assert listed_keys(queue_client.open(f"{QUEUE}?status=reported")) == [first.pk]
    response = queue_client.send("approve", casino, at=f"{QUEUE}?order=likeliest")
    assert response["Location"].endswith(f"#comment-{first.pk}")


def test_my_essays_tab_has_comments_on_my_essays_and_by_me(queue_client: QueueClient, essay: Essay) -> None:
    Authorship.objects.create(essay=essay, author=queue_client.user)
    mine = make.comment(essay)
    make.comment(make.essay())
    assert listed_keys(queue_client.open(f"{QUEUE}?status=mine")) == [mine.pk]


@pytest.mark.both
def test_the_count_of_my_essays_has_comments_on_them_and_by_me(
    queue_client: QueueClient, essay: Essay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count() -> str | None:
        return parse(queue_client.open(QUEUE)).findtext(".//a[@data-tab='mine']/span")

    assert count() == "0"
    me, other = Commenter.objects.for_user(queue_client.user), make.essay()
    make.comment(other, by=me)
    assert count() == "1"
    Authorship.objects.create(essay=essay, author=queue_client.user)
    make.comment(essay, by=me)
    make.comment(essay, status="spam")
    make.comment(other)
    assert count() == "3"
    monkeypatch.setattr(counting, "LIMIT", 2)
    assert count() == "2+"
    for _more in range(2):
        make.comment(essay)  # now more than the limit are approved
    assert count() == "2+"


def test_a_row_shows_reports_and_the_appeal(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay)
    for number, words in enumerate(("", "a shop")):
        Report.objects.create(comment=comment, kind="spam", text=words, network=f"198.51.{number}.0/24")
    Comment.objects.filter(pk=comment.pk).update(reports=2)
    assert "reported twice: spam; spam, “<bdi>a shop</bdi>”" in queue_client.open(f"{QUEUE}?status=reported")
    refused = make.comment(essay, status="trash")
    Appeal.objects.create(comment=refused, text="It was a joke")
    assert "appeal: “<bdi>It was a joke</bdi>”" in queue_client.open(f"{QUEUE}?status=appealed")


# Writing


@pytest.mark.both
def test_an_edit_keeps_the_earlier_text_and_can_be_undone(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, "Old words", status="pending")
    data = {"action": "edit", "seen": seen(comment), "text": "New words", "why": "a phone number"}
    make.comment(essay, "The next one", status="pending")
    response = queue_client.client.post(one(comment), data)
    assert response["Location"].endswith(f"#comment-{comment.pk}")
    html = queue_client.follow(response)
    fresh = Comment.objects.select_related("wording").get(pk=comment.pk)
    assert fresh.wording
    assert (fresh.wording.text, fresh.status, bool(fresh.edited)) == ("New words", "pending", True)
    decision = Decision.objects.get(comment=comment)
    assert (decision.verb, decision.note, decision.wording_id) == ("edit", "a phone number", comment.wording_id)
    assert "Edited.</span>" in html
    assert "1 earlier version" in html
    queue_client.undo(decision)
    fresh.refresh_from_db()
    assert (fresh.wording.text, fresh.edited) == ("Old words", None)
    assert not list(problems())
    queue_client.undo(Decision.objects.latest("pk"))
    fresh.refresh_from_db()
    assert fresh.wording.text == "New words"


def test_an_edit_conflict_with_the_author_shows_both_texts(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, "What it was", status="pending")
    stale = seen(comment)
    comment.set_wording(Wording(text="What it is", html="<p>What it is</p>"), reasons=[])
    Comment.objects.filter(pk=comment.pk).update(edited=timezone.now())
    edit = {"action": "edit", "seen": stale, "text": "Mine"}
    approve = {"action": "approve", "comment": comment.pk, "seen": stale}
    for html in (
        queue_client.client.post(one(comment), edit).content.decode(),
        queue_client.follow(queue_client.client.post(QUEUE, approve)),
    ):
        assert "Before:" in html
        assert html.index("What it was") < html.index("Now:")
    assert not Decision.objects.exists()
    for data, at in ((edit, one(comment)), (approve, QUEUE)):
        assert "Before:" in as_script(queue_client, data, at)["rows"][str(comment.pk)]


TYPED: dict[str, dict[str, str]] = {
    "reply": {"text": "Typed here"},
    "spam": {"told": "Typed here", "reason": "1"},
    "delete": {"why": "Typed here"},
}


@pytest.mark.parametrize("action", TYPED)
def test_a_text_typed_while_another_moderator_decides_is_kept_and_can_be_sent_again(
    queue_client: QueueClient, essay: Essay, action: str
) -> None:
    comment = make.comment(essay, "A question?", by=make.guest("Piet"), status="pending")
    data = {"action": action, "seen": seen(comment), **TYPED[action]}
    actions.trash(comment, by=make.moderator("jo", name="Jo"))
    kept = as_script(queue_client, data, one(comment))
    assert "moved to the trash by Jo" in kept["wrong"]
    assert seen(stored(comment)) in kept["rows"][str(comment.pk)]
    response = queue_client.client.post(one(comment), data)
    assert response.status_code == 422
    form = next(
        each
        for each in parse(response.content.decode()).iter("form")
        if "Nothing was changed." in "".join(each.itertext())
    )
    kept_values = [field.get("value") or field.text for field in form.iter() if field.get("name")]
    assert {"Typed here", seen(stored(comment))} <= set(kept_values)
    assert Decision.objects.count() == 1
    queue_client.client.post(one(comment), {**data, "seen": seen(stored(comment))})
    assert Decision.objects.count() > 1


def test_an_edit_conflict_with_a_moderator_names_the_moderator(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, "Old words", by=make.guest("Piet"), status="pending")
    stale = seen(comment)
    editing.edit(comment, by=make.moderator("jo", name="Jo"), text="Jo’s words")
    approved = queue_client.send("approve", comment, seen=stale.partition(" ")[2])
    assert "Jo has just edited this comment." in queue_client.follow(approved)
    data = {"action": "edit", "seen": stale, "text": "Jo’s words"}
    assert as_script(queue_client, data, one(comment))["wrong"].startswith("The text is unchanged.")


def test_a_text_sent_after_the_session_ended_is_kept_until_the_next_login(
    queue_client: QueueClient, essay: Essay
) -> None:
    comment = make.comment(essay, "A question?", status="pending")
    data = {"action": "reply", "seen": seen(comment), "text": "Typed <here>."}
    queue_client.client.logout()
    headers = {"accept": "application/json"}
    assert queue_client.client.post(one(comment), data, headers=headers).status_code == 401
    response = queue_client.client.post(one(comment), data)
    assert response.status_code == 403
    fields = [field for field in parse(response.content.decode()).iter("input") if field.get("name")]
    kept = {str(field.get("name")): field.get("value") for field in fields}
    queue_client.client.force_login(queue_client.user)
    assert queue_client.client.post(one(comment), kept).status_code == 302
    assert "Typed &lt;here&gt;." in Comment.objects.get(parent=comment).wording.html


def test_a_failed_form_shows_an_error_and_keeps_the_text(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, "Same", status="pending")
    data = {"action": "edit", "seen": seen(comment), "text": "Same", "why": "typed why"}
    response = queue_client.client.post(one(comment), data)
    assert response.status_code == 422
    assert "typed why" in response.content.decode()
    assert "wrong" in as_script(queue_client, {**data, "text": " "}, one(comment))


@pytest.mark.both
def test_invisible_and_unstorable_characters_are_removed_from_moderators_texts(
    queue_client: QueueClient, essay: Essay
) -> None:
    comment = make.comment(essay, "A question?")
    hostile = "N\0o\u202e more"
    for data in (
        {"action": "edit", "text": hostile, "why": hostile},
        {"action": "reply", "text": hostile, "key": hostile},
        {"action": "trash", "comment": comment.pk, "told": hostile, "reason": hostile},
        {"action": "delete", "why": hostile},
    ):
        assert queue_client.client.post(one(comment), data).status_code == 302, data
    assert not Decision.objects.filter(note__contains="\u202e").exists()
    assert "\0" not in Decision.objects.filter(verb="trash").latest("pk").message


@pytest.mark.both
def test_a_reply_approves_its_parent_and_one_undo_reverses_both(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, "A question?", status="pending")
    data = {"action": "reply", "seen": seen(comment), "text": "An answer."}
    answer = as_script(queue_client, data, one(comment))
    assert len(answer["made"]) == 2
    assert answer["rows"][str(comment.pk)].count('name="decision"') == 2
    assert len(shown(essay)) == 2
    reply = Comment.objects.get(parent=comment)
    assert reply.commenter.user == queue_client.user
    as_script(queue_client, {"action": "undo", "decision": answer["made"]})
    assert shown(essay) == []
    assert stored_status(comment) == "pending"
    jobs_left = Notice.objects.filter(state="ready", kind="published")
    assert not jobs_left.exists()
    assert not list(problems())


@pytest.mark.both
def test_a_comment_deleted_for_good_leaves_an_empty_row_only_above_replies(
    queue_client: QueueClient, essay: Essay
) -> None:
    root = make.comment(essay, "A root")
    leaf = make.comment(essay, "A leaf", to=root)
    other = make.comment(essay, "Another", to=root)
    queue_client.client.post(one(leaf), {"action": "delete", "seen": seen(leaf), "why": "law"})
    assert not Comment.objects.filter(pk=leaf.pk).exists()
    assert Decision.objects.get(comment_number=leaf.pk).note == "law"
    queue_client.client.post(one(root), {"action": "delete", "seen": seen(root)})
    assert not Wording.objects.filter(comment=root).exists()
    assert shown(essay) == [other.pk]
    assert listed_keys(queue_client.open(f"{QUEUE}?status=trash")) == []
    assert not list(problems())


def test_emptying_asks_for_confirmation_and_deletes_only_listed_comments(
    queue_client: QueueClient, essay: Essay
) -> None:
    junk = [make.comment(essay, status="spam") for _ in range(2)]
    at = f"{QUEUE}?status=spam"
    data: dict[str, Any] = {"action": "empty", "seen": [seen(comment) for comment in junk]}
    later, saved = make.comment(essay, status="spam"), make.comment(essay)
    data["seen"].append(seen(saved))
    html = queue_client.client.post(at, data).content.decode()
    assert "Delete 2 for good" in html
    assert Comment.objects.count() == 4
    html = queue_client.follow(queue_client.client.post(at, {**data, "sure": "1"}))
    assert "2 deleted for good." in html
    assert set(Comment.objects.values_list("pk", flat=True)) == {later.pk, saved.pk}


def test_a_decision_older_than_thirty_days_cannot_be_undone(queue_client: QueueClient, essay: Essay) -> None:
    comment = make.comment(essay, status="pending")
    decision = actions.approve(comment, by=queue_client.user)
    Decision.objects.filter(pk=decision.pk).update(created=timezone.now() - undo.UNDO_PERIOD * 2)
    assert "older than 30 days" in queue_client.follow(queue_client.undo(decision))
    assert stored_status(comment) == "approved"


# Over a whole result


@pytest.mark.both
def test_all_matching_comments_are_decided_by_a_job_and_undone_by_one(queue_client: QueueClient, essay: Essay) -> None:
    comments = create_pending(essay, 5)
    other = make.comment(make.essay(), status="pending")
    at = f"{QUEUE}?essay={essay.pk}&per_page=2"
    response = queue_client.client.post(at, {"action": "spam", "comment": [comments[0].pk], "whole": "1"})
    batch = Batch.objects.get()
    actions.approve(comments[3], by=make.moderator())
    later = make.comment(essay, status="pending")
    assert "progress" in queue_client.follow(response)
    batches.decide_batch.func(batch.pk)
    assert [stored_status(each) for each in (*comments, other, later)] == ["spam"] * 3 + [
        "approved",
        "spam",
        "pending",
        "pending",
    ]
    batch.refresh_from_db()
    assert (batch.state, batch.total, batch.done, batch.missed) == ("done", 5, 4, 1)
    html = queue_client.follow(queue_client.client.post(response["Location"], {"action": "undo"}))
    assert "Undoing…" in html
    batches.undo_batch.func(batch.pk, queue_client.user.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.undone) == ("undone", 4)
    assert [stored_status(each) for each in comments] == ["pending"] * 3 + ["approved", "pending"]


# Two moderators


def test_an_open_page_receives_others_decisions_and_who_is_viewing(
    queue_client: QueueClient, essay: Essay, client: Client
) -> None:
    cache.clear()
    first, second = (make.comment(essay, by=make.guest(name), status="pending") for name in ("Piet", "Rosa"))
    stale = seen(first)
    address = f"{QUEUE}news/?seen={seen(first).replace(' ', '+')}&seen={seen(second).replace(' ', '+')}"
    quiet = queue_client.client.get(address)
    assert json.loads(quiet.content)["rows"] == {}
    assert queue_client.client.get(address, headers={"if-none-match": quiet["ETag"]}).status_code == 304
    jo: User = make.moderator("jo", name="Jo")
    actions.approve(first, by=jo)
    elsewhere = Client()
    elsewhere.force_login(jo)
    assert elsewhere.post(f"{QUEUE}looking/", {"comment": second.pk}).status_code == 204
    news = json.loads(queue_client.client.get(address).content)
    assert "Approved by Jo, just now: <bdi>Piet</bdi>" in news["rows"][str(first.pk)]
    assert news["looking"] == {str(second.pk): "Also viewing: Jo"}
    assert json.loads(elsewhere.get(address).content)["looking"] == {}
    refused = as_script(queue_client, {"action": "spam", "comment": first.pk, "seen": stale})
    assert "Approved by Jo" in refused["rows"][str(first.pk)]
    assert refused["made"] == []
    assert stored_status(first) == "approved"
