"""Guests remembered by a cookie, if they asked for it."""

import pytest
from django.conf import settings

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Status
from tests import make
from tests.comments.door import Browser, words
from tests.comments.judged import HELD, known

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COOKIE = settings.COMMENTER_COOKIE_NAME


def test_a_guest_is_remembered_only_when_asked_to(essay: Essay, guest: Browser) -> None:
    assert COOKIE not in guest.post_to(essay).answer.cookies
    cookie = guest.post_to(essay, text="Again.", remember="on").answer.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) == settings.COMMENTER_COOKIE_AGE


def test_a_remembered_guest_sees_the_filled_in_form_and_the_held_comment(essay: Essay, guest: Browser) -> None:
    answer = guest.post_to(essay, text="Hold this.", website="example.org", remember="on").answer
    comment = Comment.objects.get()
    assert answer.headers["Location"] == f"/comments/{comment.pk}/"
    page = guest.read(answer.headers["Location"])
    assert HELD in words(page.comment(comment))
    assert page.form == make.details(text="", website="https://example.org", remember="on")
    assert page.answer.headers["Cache-Control"] == "private, no-store"


def test_a_guest_who_unticks_the_box_is_forgotten(essay: Essay, guest: Browser) -> None:
    guest.post_to(essay, remember="on")
    answer = guest.post_to(essay, text="Forget me.").answer
    assert answer.cookies[COOKIE]["max-age"] == 0
    assert "?key=" in answer.headers["Location"]
    assert guest.read(essay).form == make.details(text="", name="", email="")


@pytest.mark.both
def test_a_remembered_guest_is_one_commenter_and_an_unknown_one_is_two(essay: Essay, guest: Browser) -> None:
    guest.say(essay, text="One.", remember="on")
    guest.say(essay, text="Two.", remember="on")
    assert Commenter.objects.count() == 1
    guest.cookies.clear()
    guest.say(essay, text="Three.")
    assert Commenter.objects.count() == 2


def test_another_name_in_the_same_browser_is_another_person(essay: Essay, guest: Browser) -> None:
    known(essay, guest)
    second = guest.say(essay, text="I am his wife.", name="Eva Karg", remember="on")
    assert second.status == Status.PENDING
    assert Commenter.objects.count() == 2
    assert guest.read(essay).form["name"] == "Eva Karg"


def test_a_remembered_guest_may_change_their_website(essay: Essay, guest: Browser) -> None:
    commenter = known(essay, guest)
    guest.say(essay, text="Two.", website="example.org", remember="on")
    commenter.refresh_from_db()
    assert commenter.website == "https://example.org"
    assert guest.read(essay).html.count('href="https://example.org"') == 2


@pytest.mark.parametrize("cookie", ["", "1", "MQ:1:x", "ImFkbWluIg:1tXxXx:abcdefghijklmnopqrstuvwxyz", "%00", "é"])
def test_a_forged_cookie_identifies_no_one(essay: Essay, guest: Browser, cookie: str) -> None:
    make.guest().save()
    guest.cookies[COOKIE] = cookie
    page = guest.read(essay)
    assert page.status == 200
    assert page.form["name"] == ""


def test_a_guests_cookie_is_ignored_for_a_logged_in_user(essay: Essay, guest: Browser) -> None:
    commenter = known(essay, guest)
    Commenter.objects.filter(pk=commenter.pk).update(user=make.user("reader"))
    assert guest.read(essay).form["name"] == ""
    assert guest.say(essay, text="Who am I?").commenter != commenter


def test_the_cookie_of_a_deleted_guest_identifies_no_one(essay: Essay, guest: Browser) -> None:
    commenter = known(essay, guest)
    Comment.objects.all().delete()
    commenter.delete()
    assert guest.read(essay).form["name"] == ""
    guest.say(essay)
