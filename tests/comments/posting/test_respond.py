"""Posting with the reply form: what is accepted, where it leads, parents, and cross-site requests."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Status, Wording
from tests import make
from tests.comments.approvals import reasons
from tests.comments.browser_client import Browser, redirect_path, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# What is accepted


@pytest.mark.both
def test_a_published_reply_redirects_to_its_place_on_the_page(essay: Essay, author: User) -> None:
    browser = Browser(author)
    root = make.comment(essay)
    answer = browser.submit_comment(essay, text="I see.", parent=str(root.pk)).response
    reply = Comment.objects.latest("pk")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/comments/{reply.pk}/"
    on = browser.get(answer.headers["Location"])
    assert on.headers["Location"] == f"{essay.get_absolute_url()}#comment-{reply.pk}"
    page = Browser().read(redirect_path(on))
    assert "I see." in text_of(page.comment(reply))
    assert page.comment(reply).get("data-status") == "approved"
    assert page.comment_keys == [root.pk, reply.pk]


def test_a_page_accepts_comments_like_an_essay(author: User, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    about = make.essay("About", by=author, kind="page")
    guest.post_comment(about, text="Who are you?")
    assert "Who are you?" in guest.read("/about/").text


def test_a_rejected_text_comes_back_as_typed(essay: Essay, author: User) -> None:
    typed = "*Well*,\n\nI think <b>so</b> & you?"
    comment = Browser(author).post_comment(essay, text=typed)
    assert Wording.objects.get(comment=comment).text == typed


def test_only_post_requests_are_allowed(essay: Essay, guest: Browser) -> None:
    assert guest.get(f"{essay.get_absolute_url()}respond/").status_code == 405


def test_an_unpublished_essay_accepts_no_comments(author: User, guest: Browser) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for published in (None, tomorrow):
        essay = make.essay(by=author, published=published, dated=date(2026, 1, 1))
        assert guest.submit_comment(essay).status == 404
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("example.org", "https://example.org"),
        ("//example.org/a", "https://example.org/a"),
        ("  http://example.org/b ", "http://example.org/b"),
        ("HTTPS://EXAMPLE.org", "HTTPS://EXAMPLE.org"),
        ("", ""),
    ],
)
def test_a_website_typed_without_a_scheme_gets_one(essay: Essay, guest: Browser, typed: str, kept: str) -> None:
    assert guest.post_comment(essay, website=typed).commenter.website == kept


# Parents


def parents() -> dict[str, str]:
    return {
        "nothing like a number": "abc",
        "negative": "-1",
        "zero": "0",
        "a fraction": "1.5",
        "an exponent": "1e9",
        "other digits": "١",
        "beyond the column": "9" * 19,
        "beyond any column": "9" * 20,
        "beyond what Python reads": "9" * 5000,
        "NUL": "\x00",
        "SQL": "1' OR '1'='1",
        "null": "null",
        "never given out": "987654321",
    }


@pytest.mark.parametrize("parent", parents().values(), ids=parents().keys())
def test_an_invalid_parent_is_explained_and_dropped_from_the_form(essay: Essay, guest: Browser, parent: str) -> None:
    page = guest.submit_comment(essay, text="Whom do I answer?", parent=parent)
    assert page.status == 422
    assert "The comment you’re replying to " in page.error_summary
    assert page.form_values == make.guest_form(text="Whom do I answer?")
    assert not Comment.objects.exists()
    assert guest.post(f"{essay.get_absolute_url()}respond/", page.form_values).status_code == 302


@pytest.mark.both
@pytest.mark.parametrize("state", ["of another essay", "pending", "spam", "trash", "deleted"])
def test_a_comment_that_accepts_no_replies_is_reported_as_unavailable(essay: Essay, guest: Browser, state: str) -> None:
    parent = make.comment(make.essay() if state == "of another essay" else essay)
    key = str(parent.pk)
    if state == "deleted":
        Comment.objects.filter(pk=parent.pk).delete()
    elif state != "of another essay":
        Comment.objects.update(status=state)
    page = guest.submit_comment(essay, text="Whom do I answer?", parent=key)
    assert page.status == 422
    assert "The comment you’re replying to is no longer available." in page.error_summary
    assert page.form_values["parent"] == ""
    assert page.form_values["text"] == "Whom do I answer?"
    assert not Comment.objects.filter(wording__text="Whom do I answer?").exists()


def test_a_rejected_reply_comes_back_under_its_parent(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    page = guest.submit_comment(essay, text="", parent=str(root.pk))
    assert page.form_values["parent"] == str(root.pk)
    assert "Leave a Reply to Ines Okafor" in text_of(page.by_id("respond"))
    assert "Leave a Reply" in text_of(page.comment(root))


# Origins


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "none"}, {"User-Agent": "an old one"}], ids=["none", "silent"])
def test_a_comment_of_unverified_origin_is_held(essay: Essay, headers: dict[str, str]) -> None:
    make.rules(hold_first_comment=False)
    comment = Browser(headers=headers).post_comment(essay)
    assert comment.status == Status.PENDING
    assert reasons(comment) == ["origin"]


def test_our_own_origin_header_is_enough_proof(essay: Essay) -> None:
    make.rules(hold_first_comment=False)
    assert Browser(headers={"Origin": "http://testserver"}).post_comment(essay).status == Status.APPROVED


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    ids=["cross-site", "same-site", "origin"],
)
def test_a_cross_site_post_is_rejected(essay: Essay, headers: dict[str, str]) -> None:
    assert Browser(headers=headers).post(f"{essay.get_absolute_url()}respond/", make.guest_form()).status_code == 403
    assert not Comment.objects.exists()


def test_no_one_posts_as_a_logged_in_user_from_an_unverified_origin(essay: Essay, author: User) -> None:
    browser = Browser(author, headers={"User-Agent": "an old one"})
    assert browser.post(f"{essay.get_absolute_url()}respond/", make.guest_form()).status_code == 403
    assert not Comment.objects.exists()


def test_the_senders_network_is_stored_but_not_the_address(essay: Essay, guest: Browser) -> None:
    comment = guest.post_comment(essay)
    assert Wording.objects.get(comment=comment).network == "203.0.113.0/24"
