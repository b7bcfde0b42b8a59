"""Malformed requests to moderators' pages are rejected and never cause a server error."""

from typing import Any

import pytest
from django.test import Client

from comments.models import Appeal, Comment, Report, Rule
from tests import make
from tests.conftest import RUNS_ALL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ODD = (
    "\0", "\ud83d", "’; DROP", "%s%n", "９", "-1", "9" * 30, "1.5", "1,2,x", "null", "[]", "true", "2026-13-45", "0001-01-01",
    "9999-12-31", "a" * 9000, "<script>", "\u202eabc", "1 pending x", " ", "/etc/passwd", "{{ 7 }}", "\r\nX: y",
)  # fmt: skip
CASES = [*enumerate(ODD)] if RUNS_ALL else [*enumerate(ODD)][::5]  # each field gets each of them in turn
ASKED = ("status", "page", "after", "before", "per_page", "decided", "batch", "q", "reason", "essay", "person", "age", "order", "comment",
         "who", "verb", "by", "since", "until", "words", "seen", "do", "after")  # fmt: skip
SENT = ("comment", "seen", "decision", "text", "why", "told", "reason", "whole", "key", "days", "kind", "until", "network",
        "email", "sentence", "words", "pk", "note", "hold_at", "mark_at", "spam_hold_at", "spam_mark_at", "action")  # fmt: skip
ACTIONS = ("approve", "spam", "trash", "restore", "keep", "deny", "undo", "edit", "reply", "delete", "empty", "block", "note",
           "lift", "remove", "x")  # fmt: skip


@pytest.fixture
def desk() -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"}, raise_request_exception=True)
    client.force_login(make.owner())
    return client


@pytest.fixture
def held() -> Comment:
    essay = make.essay("Of Hostility")
    Report.objects.create(comment=make.comment(essay), kind="spam", text="x")
    held = make.comment(essay, "Words", status="trash")
    Appeal.objects.create(comment=held, text="x")
    Rule.objects.create(name="R", action="hold")
    return held


def addresses(held: Comment) -> list[str]:
    queue = "/admin/comments/queue/"
    return [
        queue, f"{queue}comments/{held.pk}/", f"{queue}people/{held.commenter_id}/", f"{queue}log/", f"{queue}log/log.csv",
        f"{queue}numbers/", f"{queue}filter/", f"{queue}news/", f"{queue}looking/", f"{queue}batches/9/", "/moderation/",
        f"/comments/{held.pk}/report/", f"/comments/{held.pk}/appeal/", "/comments/decide/x/", "/accounts/queue-mail/",
    ]  # fmt: skip


def test_no_query_string_causes_a_server_error(desk: Client, held: Comment) -> None:
    for address in addresses(held):
        for number, odd in CASES:
            query = {name: ODD[(number + at) % len(ODD)] for at, name in enumerate(ASKED)} | {"q": odd}
            answer = desk.get(address, as_sent(query))
            assert answer.status_code < 500, (address, query)


def test_no_form_causes_a_server_error(desk: Client, held: Comment) -> None:
    for address in addresses(held):
        for number, _odd in CASES:
            sent = {name: ODD[(number + at) % len(ODD)] for at, name in enumerate(SENT)}
            if number % 2:
                sent |= {"action": ACTIONS[number % len(ACTIONS)], "comment": str(held.pk)}
            answer = desk.post(address, as_sent(sent))
            assert answer.status_code < 500, (address, sent)


def as_sent(fields: dict[str, str]) -> Any:
    """Replace lone surrogates, which cannot be encoded, as browsers do."""
    return {name: value.encode(errors="replace").decode() for name, value in fields.items()}


def test_a_text_that_is_too_long_is_rejected_and_kept_in_the_form(desk: Client) -> None:
    comment = make.comment(make.essay("Of Length"), "Words", status="pending")
    sent = {"action": "edit", "text": "a" * 65_526, "why": "", "comment": comment.pk}
    answer = desk.post(f"/admin/comments/queue/comments/{comment.pk}/", sent)
    assert answer.status_code == 422
    assert "65525 bytes" in answer.content.decode()
    assert "a" * 65_526 in answer.content.decode()
