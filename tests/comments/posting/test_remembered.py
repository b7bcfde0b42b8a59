"""Guests remembered by a cookie, if they asked for it."""

import pytest
from django.conf import settings

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Status
from tests import make
from tests.comments.approvals import HELD, create_approved_guest
from tests.comments.browser_client import Browser, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COOKIE = settings.COMMENTER_COOKIE_NAME


def test_a_guest_is_remembered_only_when_asked_to(essay: Essay, guest: Browser) -> None:
    assert COOKIE not in guest.submit_comment(essay).response.cookies
    cookie = guest.submit_comment(essay, text="Again.", remember="on").response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) == settings.COMMENTER_COOKIE_AGE


def test_a_remembered_guest_sees_the_filled_in_form_and_the_held_comment(essay: Essay, guest: Browser) -> None:
    answer = guest.submit_comment(essay, text="Hold this.", website="example.org", remember="on").response
    comment = Comment.objects.get()
    assert answer.headers["Location"] == f"/comments/{comment.pk}/"
    page = guest.read(answer.headers["Location"])
    assert HELD in text_of(page.comment(comment))
    assert page.form_values == make.guest_form(text="", website="https://example.org", remember="on")
    assert page.response.headers["Cache-Control"] == "private, no-store"


def test_a_guest_who_unticks_the_box_is_forgotten(essay: Essay, guest: Browser) -> None:
    guest.submit_comment(essay, remember="on")
    answer = guest.submit_comment(essay, text="Forget me.").response
    assert answer.cookies[COOKIE]["max-age"] == 0
    assert "?key=" in answer.headers["Location"]
    assert guest.read(essay).form_values == make.guest_form(text="", name="", email="")


@pytest.mark.both
def test_a_remembered_guest_is_one_commenter_and_an_unknown_one_is_two(essay: Essay, guest: Browser) -> None:
    guest.post_comment(essay, text="One.", remember="on")
    guest.post_comment(essay, text="Two.", remember="on")
    assert Commenter.objects.count() == 1
    guest.cookies.clear()
    guest.post_comment(essay, text="Three.")
    assert Commenter.objects.count() == 2


def test_another_name_in_the_same_browser_is_another_person(essay: Essay, guest: Browser) -> None:
    create_approved_guest(essay, guest)
    second = guest.post_comment(essay, text="I am his wife.", name="Eva Karg", remember="on")
    assert second.status == Status.PENDING
    assert Commenter.objects.count() == 2
    assert guest.read(essay).form_values["name"] == "Eva Karg"


def test_a_remembered_guest_may_change_their_website(essay: Essay, guest: Browser) -> None:
    commenter = create_approved_guest(essay, guest)
    guest.post_comment(essay, text="Two.", website="example.org", remember="on")
    commenter.refresh_from_db()
    assert commenter.website == "https://example.org"
    assert guest.read(essay).html.count('href="https://example.org"') == 2


@pytest.mark.parametrize("cookie", ["", "1", "MQ:1:x", "ImFkbWluIg:1tXxXx:abcdefghijklmnopqrstuvwxyz", "%00", "é"])
def test_a_forged_cookie_identifies_no_one(essay: Essay, guest: Browser, cookie: str) -> None:
    make.guest().save()
    guest.cookies[COOKIE] = cookie
    page = guest.read(essay)
    assert page.status == 200
    assert page.form_values["name"] == ""


def test_a_guests_cookie_is_ignored_for_a_logged_in_user(essay: Essay, guest: Browser) -> None:
    commenter = create_approved_guest(essay, guest)
    Commenter.objects.filter(pk=commenter.pk).update(user=make.user("reader"))
    assert guest.read(essay).form_values["name"] == ""
    assert guest.post_comment(essay, text="Who am I?").commenter != commenter


def test_the_cookie_of_a_deleted_guest_identifies_no_one(essay: Essay, guest: Browser) -> None:
    commenter = create_approved_guest(essay, guest)
    Comment.objects.all().delete()
    commenter.delete()
    assert guest.read(essay).form_values["name"] == ""
    guest.post_comment(essay)
