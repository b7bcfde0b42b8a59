"""Duplicate comments, and the rate limit between comments."""

import time
from collections.abc import Callable

import pytest
import time_machine

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Status
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.approvals import HELD
from tests.comments.browser_client import Browser, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Duplicates


@pytest.mark.both
def test_a_duplicate_links_to_the_existing_comment(essay: Essay, guest: Browser) -> None:
    first = guest.post_comment(essay, text="Twice.")
    page = guest.submit_comment(essay, text=" Twice. ")
    assert page.status == 409
    assert "You’ve already posted this comment." in page.error_summary
    assert Comment.objects.count() == 1
    there = guest.read(str(page.only("*[@class='errors']//a").get("href")))
    assert HELD in text_of(there.comment(first))


def test_a_duplicate_of_a_published_comment_links_to_it_without_a_key(essay: Essay, author: User) -> None:
    browser = Browser(author)
    first = browser.post_comment(essay, text="Twice.")
    page = browser.submit_comment(essay, text="Twice.")
    assert page.status == 409
    assert page.only("*[@class='errors']//a").get("href") == f"/comments/{first.pk}/"


DECIDED: dict[str, Callable[[Comment, User], object]] = {
    "pending": lambda comment, judge: None,
    "published": lambda comment, judge: deciding.approve(comment, by=judge),
    "pending again": lambda comment, judge: (
        deciding.approve(comment, by=judge),
        deciding.unapprove(comment, by=judge),
    ),
    "put under Spam by the filter": lambda comment, judge: Comment.objects.update(status=Status.SPAM),
    "marked as spam": lambda comment, judge: deciding.mark_spam(comment, by=judge),
}


@pytest.mark.parametrize("decided", DECIDED)
@pytest.mark.parametrize("is_logged_in", [False, True])
def test_the_link_to_a_duplicate_works_in_another_browser_or_is_left_out(
    essay: Essay, rosa: User, decided: str, is_logged_in: bool
) -> None:
    make.rules(hold_first_comment=True)
    user = rosa if is_logged_in else None
    first = Browser(user).post_comment(essay, text="Twice.")
    DECIDED[decided](first, make.moderator("judge"))
    other = Browser(user, address="198.51.100.9")
    page = other.submit_comment(essay, text="Twice.")
    assert page.status == 409
    addresses = [str(link.get("href")) for link in page.all("*[@class='errors']//a")]
    assert bool(addresses) == (is_logged_in or decided != "marked as spam")
    for address in addresses:
        there = other.read(address)
        assert (there.status, "Twice." in there.text) == (200, True)


def test_a_remembered_guest_gets_the_duplicate_message_too(essay: Essay, guest: Browser) -> None:
    guest.post_comment(essay, text="Twice.", remember="on")
    assert guest.submit_comment(essay, text="Twice.", remember="on").status == 409


@pytest.mark.parametrize(
    "other",
    [{"text": "Other words."}, {"name": "Hanna Karg"}, {"email": "other@example.org"}],
    ids=["text", "name", "email"],
)
def test_a_different_text_is_no_duplicate(essay: Essay, guest: Browser, other: dict[str, str]) -> None:
    guest.post_comment(essay, text="Twice.")
    guest.post_comment(essay, **{"text": "Twice."} | other)


def test_the_same_text_elsewhere_is_no_duplicate(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    guest.post_comment(essay, text="Yes.")
    guest.post_comment(essay, text="Yes.", parent=str(root.pk))
    guest.post_comment(make.essay(), text="Yes.")


def test_a_comment_in_the_trash_can_be_posted_again(essay: Essay, guest: Browser) -> None:
    first = guest.post_comment(essay, text="Twice.")
    deciding.trash(first, by=make.moderator())
    guest.post_comment(essay, text="Twice.")


def test_a_duplicate_is_reported_before_the_rate_limit(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.post_comment(essay, text="Twice.")
    assert guest.submit_comment(essay, text="Twice.").status == 409


# Rate limit


def test_a_second_comment_too_soon_is_rejected_and_keeps_its_text(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.post_comment(essay)
    page = guest.submit_comment(essay, text="And another thing.")
    assert page.status == 429
    assert 1 <= int(page.response.headers["Retry-After"]) <= 15
    assert f"Please wait {page.response.headers['Retry-After']} second" in page.error_summary
    assert page.form_values["text"] == "And another thing."
    assert Comment.objects.count() == 1
    with time_machine.travel(time.time() + 15.1):
        guest.post_comment(essay, text="And another thing.")


@pytest.mark.both
def test_the_rate_limit_applies_to_an_ip_address_for_all_people(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.post_comment(essay)
    assert Browser().submit_comment(essay, text="I am another.", name="Another", email="b@example.org").status == 429


@pytest.mark.both
def test_the_rate_limit_applies_to_a_person_everywhere(essay: Essay, guest: Browser, stranger: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.post_comment(essay)
    assert stranger.submit_comment(essay, text="The same person.").status == 429
    reader = make.user("reader")
    Browser(reader, address="192.0.2.1").post_comment(essay)
    assert Browser(reader, address="192.0.2.2").submit_comment(essay, text="From my phone.").status == 429


def test_another_person_at_another_address_is_not_limited(essay: Essay, guest: Browser, stranger: Browser) -> None:
    make.rules(flood_seconds=15)
    guest.post_comment(essay)
    stranger.post_comment(essay, name="Another", email="b@example.org")


def test_moderators_are_not_limited(essay: Essay) -> None:
    make.rules(flood_seconds=15)
    browser = Browser(make.moderator())
    browser.post_comment(essay, text="One.")
    browser.post_comment(essay, text="Two.")


def test_a_corrected_reply_is_not_limited(essay: Essay, guest: Browser) -> None:
    make.rules(flood_seconds=15, refuse_words="bother")
    assert guest.submit_comment(essay, email="").status == 422
    assert guest.submit_comment(essay, text="Oh bother.").status == 422
    guest.post_comment(essay, text="Oh dear.")


def test_no_one_is_limited_if_the_limit_is_off(essay: Essay, guest: Browser) -> None:
    guest.post_comment(essay, text="One.")
    guest.post_comment(essay, text="Two.")
