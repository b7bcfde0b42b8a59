"""Traps for bots: a honeypot and the time taken. What they catch is held, never lost."""

from typing import Any

import pytest

from blog.models import Essay
from comments.models import Comment, Status
from comments.screening import reasons
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _free(essay: Essay) -> None:
    make.rules(hold_first_comment=False, hold_quick=2)


def why(comment: Comment) -> list[str]:
    return [reasons.describe(reason) for reason in comment.wording.reasons] if comment.wording else []


def test_the_honeypot_is_hidden_from_readers(guest: Browser, essay: Essay) -> None:
    page = guest.read(essay)
    field = page.by_id("respond-subject")
    assert (field.get("tabindex"), field.get("autocomplete"), field.get("value")) == ("-1", "off", "")
    hidden = [part for part in page.all("*[@aria-hidden='true']") if field in list(part.iter())]
    assert len(hidden) == 1
    assert "unseen" in hidden[0].get("class", "")


def test_a_filled_in_honeypot_holds_the_comment_and_the_queue_shows_why(guest: Browser, essay: Essay) -> None:
    comment = guest.post_comment(essay, subject="Hello")
    assert comment.status == Status.PENDING
    assert why(comment) == ["filled in a hidden field"]


@pytest.mark.parametrize("seconds", ["0.3", "1.9"])
def test_a_comment_submitted_too_fast_is_held(guest: Browser, essay: Essay, seconds: str) -> None:
    comment = guest.post_comment(essay, seconds=seconds)
    assert comment.status == Status.PENDING
    assert why(comment) == [f"sent {seconds} seconds after opening the page"]


@pytest.mark.parametrize("seconds", ["2.0", "90.4", "", "-1", "nan", "1e-9", "0,1", "0.1\n", "٠.١", "9" * 400])
def test_slow_submissions_and_those_without_javascript_are_not_held(guest: Browser, essay: Essay, seconds: str) -> None:
    assert guest.post_comment(essay, seconds=seconds).status == Status.APPROVED


def test_known_commenters_may_submit_fast(essay: Essay) -> None:
    person = Browser(make.user("anna"))
    assert person.post_comment(essay, seconds="0.1").status == Status.APPROVED


def test_the_owner_can_allow_fast_submissions(guest: Browser, essay: Essay) -> None:
    make.rules(hold_quick=0)
    assert guest.post_comment(essay, seconds="0.0").status == Status.APPROVED


def test_the_honeypot_is_emptied_when_the_form_is_shown_again(guest: Browser, essay: Essay) -> None:
    fields: dict[str, Any] = {"subject": "Hello", "email": "none"}
    assert guest.submit_comment(essay, **fields).by_id("respond-subject").get("value") == ""
