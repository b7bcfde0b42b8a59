"""Held comments: the reasons, and who sees them while they are pending."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Status, Wording
from tests import make
from tests.comments.approvals import HELD, approve, create_approved_guest, reasons
from tests.comments.browser_client import Browser, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Held comments, and who sees them


def test_a_guest_without_a_cookie_sees_the_held_comment_by_a_signed_link(essay: Essay, guest: Browser) -> None:
    answer = guest.submit_comment(essay, text="Hold this.").response
    comment = Comment.objects.get()
    assert settings.COMMENTER_COOKIE_NAME not in answer.cookies
    assert comment.status == Status.PENDING
    address = answer.headers["Location"]
    assert address.startswith(f"/comments/{comment.pk}/?key=")
    page = guest.read(address)
    assert "Hold this." in text_of(page.comment(comment))
    assert HELD in text_of(page.comment(comment))
    assert "A moderator will review your first comment" in text_of(page.comment(comment))


def test_a_held_comment_is_hidden_from_others(essay: Essay, guest: Browser, stranger: Browser) -> None:
    address = guest.submit_comment(essay, text="Hold this.").response.headers["Location"]
    comment = Comment.objects.get()
    assert stranger.get(f"/comments/{comment.pk}/").status_code == 404
    assert stranger.get(f"{address[:-1]}x").status_code == 404
    page = stranger.read(essay)
    assert page.comment_keys == []
    assert "Hold this." not in page.html
    assert "0 comments" not in page.text


def test_a_signed_link_shows_only_its_comment(essay: Essay, guest: Browser, stranger: Browser) -> None:
    mine = guest.submit_comment(essay, text="Mine.").response.headers["Location"].partition("?")[2]
    theirs = stranger.post_comment(essay, text="Theirs.", name="Somebody Else")
    assert guest.get(f"/comments/{theirs.pk}/?{mine}").status_code == 404
    assert "Theirs." not in guest.read(f"{essay.get_absolute_url()}?{mine}").html


def test_a_signed_link_lasts_for_three_months(essay: Essay, guest: Browser) -> None:
    address = guest.submit_comment(essay).response.headers["Location"]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=89)):
        assert guest.get(address).status_code == 302
    with time_machine.travel(datetime.now(UTC) + timedelta(days=91)):
        assert guest.get(address).status_code == 404


def test_a_signed_link_to_a_comment_that_was_approved_leads_there(essay: Essay, guest: Browser) -> None:
    address = guest.submit_comment(essay, text="Hold this.").response.headers["Location"]
    approve(Comment.objects.get())
    page = guest.read(address)
    assert "Hold this." in page.text
    assert HELD not in page.text


@pytest.mark.parametrize("status", ["spam", "trash"])
def test_a_trashed_comment_is_hidden_from_its_author_too(essay: Essay, guest: Browser, status: str) -> None:
    address = guest.submit_comment(essay, text="Hold this.", remember="on").response.headers["Location"]
    Comment.objects.update(status=status, removed_by=Comment.Remover.MODERATOR)
    assert guest.get(address).status_code == 404
    assert "Hold this." not in guest.read(essay).html


def test_a_held_reply_appears_under_its_parent(essay: Essay, guest: Browser, stranger: Browser) -> None:
    root = make.comment(essay)
    reply = guest.post_comment(essay, text="Hold this.", parent=str(root.pk), remember="on")
    page = guest.read(essay)
    assert page.comment_keys == [root.pk, reply.pk]
    assert HELD in text_of(page.comment(root))
    assert "1 comment " in page.text
    assert stranger.read(essay).comment_keys == [root.pk]


# Reasons for holding


@pytest.mark.parametrize(
    ("rules", "sent", "codes", "said"),
    [
        ({"hold_everything": True}, {}, ["everything"], "every comment is held"),
        ({"hold_first_comment": True}, {}, ["first"], "first comment"),
        ({"hold_links": 2}, {"text": "http://a.example http://b.example"}, ["links"], "2 links"),
        ({"hold_links": 1}, {"text": "[see](https://a.example)"}, ["links"], "1 link"),
        ({"hold_words": "Casino\nroulette"}, {"text": "the CASINO  wins"}, ["word"], "contains “casino”"),
        ({"hold_words": "two words"}, {"text": "two\nwords"}, ["word"], "contains “two words”"),
        ({"hold_words": "karg"}, {}, ["word"], "contains “karg”"),
        ({"hold_words": "@example.org"}, {}, ["word"], "contains “@example.org”"),
        ({"hold_words": "casino.example"}, {"website": "casino.example"}, ["word"], "contains “casino.example”"),
        ({"hold_words": "casino"}, {"text": "ca*sino*"}, ["word"], "contains “casino”"),
    ],
)
def test_a_comment_is_held_and_its_reasons_are_described(
    essay: Essay, guest: Browser, rules: dict[str, object], sent: dict[str, str], codes: list[str], said: str
) -> None:
    from comments.screening import reasons as why_held

    make.rules(**{"hold_first_comment": False, "hold_links": 0} | rules)
    comment = guest.post_comment(essay, **sent)
    assert comment.status == Status.PENDING
    kept = Wording.objects.get(comment=comment).reasons
    assert [reason["code"] for reason in kept] == codes
    assert [why_held.describe(reason) for reason in kept] == [said]


def test_all_reasons_are_stored(essay: Essay, guest: Browser) -> None:
    make.rules(hold_words="casino")
    comment = guest.post_comment(essay, text="casino http://a.example http://b.example", name="Admin")
    assert reasons(comment) == ["first", "links", "word", "office"]


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"hold_links": 0}, "http://a.example http://b.example http://c.example"),
        ({"hold_links": 3}, "http://a.example http://b.example"),
        ({"hold_links": 1}, f"> Said here.\n> — [Ines]({settings.SITE_URL}/comments/1/)"),
        ({"hold_words": "casino\n\n  \n"}, "a quiet word"),
    ],
)
def test_other_comments_are_published(essay: Essay, guest: Browser, rules: dict[str, object], text: str) -> None:
    make.rules(hold_first_comment=False, **rules)
    assert guest.post_comment(essay, text=text).status == Status.APPROVED


def test_a_guest_is_held_until_a_comment_is_approved(essay: Essay, guest: Browser) -> None:
    assert guest.post_comment(essay, text="One.", remember="on").status == Status.PENDING
    second = guest.post_comment(essay, text="Two.", remember="on")
    assert second.status == Status.PENDING
    approve(second)
    assert guest.post_comment(essay, text="Three.", remember="on").status == Status.APPROVED


def test_a_first_comment_after_login_is_held_too(essay: Essay) -> None:
    browser = Browser(make.user("reader"))
    first = browser.post_comment(essay, text="One.")
    assert first.status == Status.PENDING
    assert HELD in text_of(browser.read(essay).comment(first))
    approve(first)
    assert browser.post_comment(essay, text="Two.").status == Status.APPROVED


def test_typing_an_approved_guests_name_and_email_gives_no_trust(
    essay: Essay, guest: Browser, stranger: Browser
) -> None:
    commenter = create_approved_guest(essay, guest)
    guest.post_comment(make.essay(), text="http://a.example http://b.example", remember="on")
    comment = stranger.post_comment(essay, text="I am she.", name=commenter.name, email=commenter.email)
    assert comment.status == Status.PENDING
    assert "first" in reasons(comment)
    assert comment.commenter != commenter
    assert "I am she." not in guest.read(essay).text


def test_the_authors_reply_is_published_immediately_and_marked(essay: Essay, author: User) -> None:
    make.rules(hold_everything=True, hold_words="promise", refuse_words="promise")
    comment = Browser(author).post_comment(essay, text="I promise: http://a.example http://b.example")
    assert comment.status == Status.APPROVED
    place = Browser().read(essay).comment(comment)
    assert "by-author" in str(place.get("class"))
    assert "author" in text_of(place)


def test_a_moderators_reply_is_published_immediately_and_not_marked(essay: Essay) -> None:
    make.rules(hold_everything=True)
    for user in (make.moderator(), make.owner()):
        comment = Browser(user).post_comment(essay, text=f"{user}: calm, please.")
        assert comment.status == Status.APPROVED
        assert "by-author" not in str(Browser().read(essay).comment(comment).get("class"))


def test_the_author_of_another_essay_has_no_rights_here(essay: Essay) -> None:
    other = make.author("joris")
    make.essay(by=other)
    assert Browser(other).post_comment(essay).status == Status.PENDING


def test_a_rejected_text_is_returned_with_the_word(essay: Essay, guest: Browser) -> None:
    make.rules(refuse_words="bother\ndrat")
    page = guest.submit_comment(essay, text="Oh DRAT it all.")
    assert page.status == 422
    assert "containing “drat”" in page.error_summary
    assert page.by_id("respond-text").get("aria-invalid") == "true"
    assert page.form_values["text"] == "Oh DRAT it all."
    assert not Commenter.objects.filter(user=None).exists()
