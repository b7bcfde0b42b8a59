"""Comments by one guest in one visit have one commenter if name and email match; the cookie does no more."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Status
from tests import make
from tests.comments.approvals import approve
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COOKIE = settings.VISIT_COOKIE_NAME


def people() -> int:
    return Commenter.objects.count()


@pytest.mark.both
def test_two_comments_with_the_same_name_and_email_have_one_commenter(essay: Essay, guest: Browser) -> None:
    first, second = (guest.post_comment(essay, text=text) for text in ("One.", "Two."))
    assert first.commenter == second.commenter
    assert people() == 1


def test_a_second_comment_of_an_approved_guest_is_not_held_as_a_first_one(essay: Essay, guest: Browser) -> None:
    make.rules(hold_first_comment=True)
    approve(guest.post_comment(essay, text="One."))
    assert guest.post_comment(essay, text="Two.").status == Status.APPROVED


@pytest.mark.parametrize("other", [{"name": "Anna K."}, {"email": "Anna@karg.example"}, {"name": "anna karg"}])
def test_another_name_or_email_is_another_person(essay: Essay, guest: Browser, other: dict[str, str]) -> None:
    guest.post_comment(essay, text="One.", name="Anna Karg", email="anna@karg.example")
    guest.post_comment(essay, text="Two.", **{"name": "Anna Karg", "email": "anna@karg.example", **other})
    assert people() == 2


def test_another_browser_with_the_same_name_and_email_is_another_person(essay: Essay, guest: Browser) -> None:
    guest.post_comment(essay, text="One.")
    Browser(address="198.51.100.9").post_comment(essay, text="Two.")
    assert people() == 2


def test_the_cookie_ends_with_the_browser_session_or_after_a_day(essay: Essay, guest: Browser) -> None:
    cookie = guest.submit_comment(essay, text="One.").response.cookies[COOKIE]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert guest.post_comment(essay, text="Two.").commenter == Comment.objects.earliest("pk").commenter
    with time_machine.travel(timezone.now() + timedelta(hours=48, minutes=1)):
        guest.post_comment(essay, text="Three.")
    assert people() == 2


@pytest.mark.parametrize(
    "change", [lambda value: value[:-5] + value[-5].swapcase() + "xxxx", lambda value: "1", lambda value: ""]
)
def test_a_forged_cookie_merges_nothing(essay: Essay, guest: Browser, change: Any) -> None:
    guest.post_comment(essay, text="One.")
    guest.cookies[COOKIE] = change(guest.cookies[COOKIE].value)
    guest.post_comment(essay, text="Two.")
    assert people() == 2


def test_the_value_of_one_cookie_is_invalid_in_the_other(essay: Essay, guest: Browser) -> None:
    guest.post_comment(essay, text="One.")
    guest.cookies[settings.COMMENTER_COOKIE_NAME] = guest.cookies[COOKIE].value
    assert "One." not in guest.read("/replies/comments/").text
    assert guest.read(essay).form_values["name"] == ""


def test_the_cookie_alone_fills_in_no_form_and_opens_no_private_page(essay: Essay, guest: Browser) -> None:
    comment = guest.post_comment(essay, text="One.")
    assert guest.cookies.keys() == {COOKIE}
    page = guest.read(essay)
    assert (page.form_values["name"], page.form_values["email"]) == ("", "")
    for address in ("/replies/comments/", "/accounts/data/", f"/comments/{comment.pk}/edit/"):
        assert "One." not in guest.read(address).text, address
    assert guest.post(f"/comments/{comment.pk}/delete/", {}).status_code in {403, 404}
    assert Commenter.objects.get().verified is False


def test_a_guest_whose_comments_were_claimed_is_not_reused(essay: Essay, guest: Browser) -> None:
    first = guest.post_comment(essay, text="One.")
    Commenter.objects.filter(pk=first.commenter_id).update(user=make.user("anna"))
    assert guest.post_comment(essay, text="Two.").commenter != first.commenter


def test_a_logged_in_user_comments_only_with_their_account(essay: Essay, guest: Browser) -> None:
    guest.post_comment(essay, text="One.")
    user = make.user("rosa", name="Rosa Castellanos")
    guest.force_login(user)
    guest.identity = str(Commenter.objects.for_user(user).pk)
    assert guest.post_comment(essay, text="Two.").commenter.user == user
