"""Repeated submissions: JavaScript gives each a key, and a repetition gets the same response as the first."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from blog.models import Essay
from comments import jobs
from comments.models import Comment, Wording
from moderation.decisions import actions as deciding
from tests import make
from tests.comments.browser_client import Browser, redirect_path

pytestmark = pytest.mark.django_db

KEY = "0123456789abcdef0123456789abcdef"


def first(essay: Essay, browser: Browser, **fields: str) -> tuple[Comment, str]:
    answer = browser.submit_comment(essay, key=KEY, **fields).response
    assert answer.status_code == 302
    return Comment.objects.latest("pk"), redirect_path(answer)


def test_a_repeated_submission_leads_to_the_existing_comment(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    for fields in ({}, {"parent": str(root.pk)}, {"text": "Do remember me.", "remember": "on"}):
        comment, address = first(essay, guest, **fields)
        make.rules(flood_seconds=60)
        again = guest.submit_comment(essay, key=KEY, **fields).response
        make.rules(flood_seconds=0)
        assert (again.status_code, redirect_path(again).partition(":")[0]) == (302, address.partition(":")[0])
        assert Comment.objects.latest("pk") == comment


def test_it_does_so_after_the_parent_was_removed(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    comment, _address = first(essay, guest, parent=str(root.pk))
    deciding.trash(root, by=make.moderator())
    again = guest.submit_comment(essay, key=KEY, parent=str(root.pk)).response
    assert (again.status_code, Comment.objects.latest("pk")) == (302, comment)
    assert str(comment.pk) in redirect_path(again)


@pytest.mark.parametrize("remember", ["", "on"])
def test_it_does_so_after_the_comment_was_removed_or_edited(essay: Essay, guest: Browser, remember: str) -> None:
    comment, _address = first(essay, guest, remember=remember)
    comment.set_wording(Wording(text="Changed.", html="<p>Changed.</p>"), reasons=[])
    assert guest.submit_comment(essay, key=KEY, remember=remember).status == 302
    deciding.trash(comment, by=make.moderator())
    assert guest.submit_comment(essay, key=KEY, remember=remember).status == 302
    assert Comment.objects.count() == 1


def test_a_repeated_submission_identifies_the_guest_like_the_first(essay: Essay, guest: Browser) -> None:
    comment, _address = first(essay, guest, text="Held, or not.")
    again = guest.submit_comment(essay, key=KEY, text="Held, or not.").response
    assert f"/comments/{comment.pk}/delete/" in guest.read(redirect_path(again)).html


def test_anothers_key_reveals_and_blocks_nothing(essay: Essay, guest: Browser, stranger: Browser) -> None:
    comment, _address = first(essay, guest)
    answer = stranger.submit_comment(essay, key=KEY, name="Somebody Else", email="else@example.org").response
    other = Comment.objects.latest("pk")
    assert answer.status_code == 302
    assert other != comment
    assert f"/comments/{other.pk}/" in answer.headers["Location"]


def test_another_text_with_the_same_key_is_another_comment(essay: Essay, guest: Browser) -> None:
    comment, _address = first(essay, guest)
    assert guest.post_comment(essay, key=KEY, text="And one thing more.") != comment


@pytest.mark.once
@pytest.mark.parametrize("key", ["", "1", "x" * 32, KEY * 2, "\0" * 32])
def test_without_a_key_the_same_text_is_rejected_with_a_link(essay: Essay, guest: Browser, key: str) -> None:
    guest.post_comment(essay, key=key)
    assert guest.submit_comment(essay, key=key).status == 409


def test_the_key_is_deleted_after_a_day(essay: Essay, guest: Browser) -> None:
    first(essay, guest)
    for days, count in ((0.9, 1), (1.1, 0)):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            jobs.clear_submission_keys.call()
        assert Wording.objects.exclude(submission_key="").count() == count
    assert guest.submit_comment(essay, key=KEY).status == 409


def test_javascript_receives_the_url_of_the_comment(essay: Essay, guest: Browser) -> None:
    answer = guest.submit_comment(essay, key=KEY, in_place="1").response
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(f"/comments/{Comment.objects.latest('pk').pk}/?key=")
