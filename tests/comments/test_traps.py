"""What programs do to a form: a field that no reader sees, and no time at all. It is held, never lost."""

from typing import Any

import pytest

from blog.models import Essay
from comments.models import Comment, Status
from comments.screening import reasons
from tests import make
from tests.comments.door import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _free(essay: Essay) -> None:
    make.rules(hold_first_comment=False, hold_quick=2)


def why(comment: Comment) -> list[str]:
    return [reasons.in_words(reason) for reason in comment.wording.reasons] if comment.wording else []


def test_the_field_is_there_for_programs_alone(guest: Browser, essay: Essay) -> None:
    page = guest.read(essay)
    field = page.id("respond-subject")
    assert (field.get("tabindex"), field.get("autocomplete"), field.get("value")) == ("-1", "off", "")
    hidden = [part for part in page.all("*[@aria-hidden='true']") if field in list(part.iter())]
    assert len(hidden) == 1
    assert "unseen" in hidden[0].get("class", "")


def test_filled_in_it_is_held_and_the_queue_says_why(guest: Browser, essay: Essay) -> None:
    comment = guest.say(essay, subject="Hello")
    assert comment.status == Status.PENDING
    assert why(comment) == ["filled in a hidden field"]


@pytest.mark.parametrize("seconds", ["0.3", "1.9"])
def test_sent_in_no_time_it_is_held(guest: Browser, essay: Essay, seconds: str) -> None:
    comment = guest.say(essay, seconds=seconds)
    assert comment.status == Status.PENDING
    assert why(comment) == [f"sent {seconds} seconds after opening the page"]


@pytest.mark.parametrize("seconds", ["2.0", "90.4", "", "-1", "nan", "1e-9", "0,1", "0.1\n", "٠.١", "9" * 400])
def test_nobody_is_held_who_took_their_time_or_has_no_script(guest: Browser, essay: Essay, seconds: str) -> None:
    assert guest.say(essay, seconds=seconds).status == Status.APPROVED


def test_who_is_known_may_be_quick(essay: Essay) -> None:
    person = Browser(make.user("anna"))
    assert person.say(essay, seconds="0.1").status == Status.APPROVED


def test_the_owner_can_leave_haste_alone(guest: Browser, essay: Essay) -> None:
    make.rules(hold_quick=0)
    assert guest.say(essay, seconds="0.0").status == Status.APPROVED


def test_refused_for_something_else_the_field_comes_back_empty(guest: Browser, essay: Essay) -> None:
    fields: dict[str, Any] = {"subject": "Hello", "email": "none"}
    assert guest.post_to(essay, **fields).id("respond-subject").get("value") == ""
