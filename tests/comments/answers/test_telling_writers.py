"""How the writer of a comment learns that an author of the essay answered, corrected the essay or picked it."""

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Commenter, User
from blog.models import Essay
from comments.answers.actions import Choice, save
from comments.answers.jobs import complete_corrections
from comments.models import Address, Comment, Subscription
from comments.notifications import outbox
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.answers.publishing import publish
from tests.comments.browser_client import Browser
from tests.comments.replies.reading import entries_of, feed_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules(hold_first_comment=False)
    return publish(make.essay(published=None, by=author), "<p>They were lost until 1900.</p>")


@pytest.fixture
def rosa() -> User:
    return make.user("rosa", name="Rosa")


@pytest.fixture
def comment(essay: Essay, rosa: User) -> Comment:
    return make.comment(essay, "That is wrong.", by=Commenter.objects.for_user(rosa))


def subscribe(comment: Comment, often: str = "at_once") -> None:
    now = timezone.now()
    address = Address.objects.create(email="rosa@example.org", verified=now)
    Subscription.objects.create(
        address=address, kind="replies", commenter=comment.commenter, confirmed=now, often=often
    )


def emails() -> list[Any]:
    """Return the emails to the writer that the due jobs send."""
    mail.outbox.clear()
    run_ready_jobs()
    return [message for message in mail.outbox if message.to == ["rosa@example.org"]]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice("stands"), "Miriam answered your comment: “I stand by this.”"),
        (
            Choice("misread", is_picked=True),
            "Miriam answered your comment: “Not what I said.” Miriam picked your comment.",
        ),
        (Choice(is_strongest=True), "Miriam chose your comment as the strongest objection."),
    ],
)
def test_the_page_of_replies_says_so_until_the_answer_is_removed(
    comment: Comment, author: User, rosa: User, choice: Choice, words: str
) -> None:
    User.objects.filter(pk=author.pk).update(name="Miriam")
    browser = Browser(rosa)
    save(comment.pk, choice, by=author)
    assert browser.read("/").text.count("Replies 1") == 1
    assert entries_of(browser) == [f"{words} “That is wrong.”"]
    assert entries_of(browser, "?show=answers") == [f"{words} “That is wrong.”"]
    assert words in browser.get(feed_of(browser)).content.decode()
    assert entries_of(Browser(author)) == []
    save(comment.pk, Choice(), by=author)
    assert entries_of(browser) == []


def test_a_correction_is_told_when_readers_can_see_it(essay: Essay, comment: Comment, author: User, rosa: User) -> None:
    User.objects.filter(pk=author.pk).update(name="Miriam")
    subscribe(comment)
    save(comment.pk, Choice("corrected"), by=author)
    assert emails() == []
    assert entries_of(Browser(rosa)) == []
    publish(essay, "<p>They were not printed until 1879.</p>")
    complete_corrections.call(essay.pk)
    (message,) = emails()
    assert "Miriam corrected “Objections” after your comment" in message.subject
    assert f"corrections/#correction-{comment.pk}" in message.body
    assert entries_of(Browser(rosa)) == ["Miriam corrected the essay after your comment. “That is wrong.”"]


def test_each_kind_is_emailed_once_and_only_to_subscribers(comment: Comment, author: User) -> None:
    save(comment.pk, Choice("stands"), by=author)
    assert emails() == []
    subscribe(comment)
    save(comment.pk, Choice("misread"), by=author)
    (message,) = emails()
    assert "answered your comment" in message.subject
    assert "Not what I said" in message.body
    save(comment.pk, Choice("stands"), by=author)
    assert emails() == []
    save(comment.pk, Choice("stands", is_picked=True), by=author)
    (message,) = emails()
    assert "picked your comment" in message.subject


def test_an_answer_removed_before_it_is_emailed_is_not_and_a_new_one_is(comment: Comment, author: User) -> None:
    subscribe(comment)
    save(comment.pk, Choice("stands"), by=author)
    save(comment.pk, Choice(), by=author)
    assert emails() == []
    save(comment.pk, Choice("stands"), by=author)
    assert len(emails()) == 1


def test_picks_are_not_told_while_the_owner_turned_them_off(comment: Comment, author: User, rosa: User) -> None:
    make.rules(authors_pick=False)
    subscribe(comment)
    save(comment.pk, Choice(is_picked=True), by=author)
    assert emails() == []
    assert entries_of(Browser(rosa)) == []


def test_authors_whom_the_writer_muted_are_not_mentioned(comment: Comment, author: User, rosa: User) -> None:
    browser = Browser(rosa)
    reply = make.comment(comment.essay, "Mine.", by=Commenter.objects.for_user(author))
    browser.post(f"/comments/{reply.pk}/mute/", {"mute": "1"})
    save(comment.pk, Choice("stands"), by=author)
    assert entries_of(browser) == []


def test_the_daily_digest_names_the_answer(comment: Comment, author: User) -> None:
    subscribe(comment, often="daily")
    save(comment.pk, Choice("stands"), by=author)
    assert emails() == []
    outbox.build_digests(timezone.now())
    outbox.send_ready.enqueue()
    (message,) = emails()
    assert "answered your comment on “Objections”: “I stand by this”." in message.body
