"""Invalid fields, who may comment at all, and the messages about both."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Discussion, Wording
from tests import make
from tests.comments.door import Browser, Page, words

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Invalid fields


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("text", "", "Please write something"),
        ("text", " \n\u3000\u200b ", "Please write something"),
        ("name", "", "Enter your name."),
        ("name", " \u200b ", "Enter your name."),
        ("email", "", "never made public"),
        ("email", "anna", "Enter a valid email address"),
        ("email", "anna@example", "needs an ending"),
        ("email", "ma\u017fon@example.org", "accented or special letters"),
        ("email", "m\u0131a@example.org", "accented or special letters"),
        ("email", "anna @example.org", "Enter a valid email address"),
        ("email", "a@b.example\nBcc: c@d.example", "Enter a valid email address"),
        ("website", "two words", "Enter a valid website address"),
        ("website", "javascript:alert(1)", "Enter a valid website address"),
        ("website", "JaVaScRiPt:alert(1)", "Enter a valid website address"),
        ("website", "java\tscript:alert(1)", "Enter a valid website address"),
        ("website", "javascript://example.org/%0aalert(1)", "Enter a valid website address"),
        ("website", "data:text/html,<script>alert(1)</script>", "Enter a valid website address"),
        ("website", "ftp://example.org", "Enter a valid website address"),
        ("website", "http://", "Enter a valid website address"),
    ],
)
def test_an_error_is_shown_beside_the_field_and_the_text_is_kept(
    essay: Essay, guest: Browser, field: str, typed: str, said: str
) -> None:
    sent = make.details(text="Long thought\nabout </textarea>.", website="example.org", remember="on") | {field: typed}
    page = guest.post_to(essay, **sent)
    assert page.status == 422
    assert not Comment.objects.exists()
    assert not page.answer.cookies
    kept = page.form
    assert {name: " ".join(value.split()) for name, value in kept.items() if name != field} == {
        name: " ".join(value.split()) for name, value in sent.items() if name != field
    }
    box = page.id(f"respond-{field}")
    assert box.get("aria-invalid") == "true"
    described = [words(page.id(name)) for name in str(box.get("aria-describedby")).split()]
    assert said in " ".join(described)
    assert said in page.problem
    assert f"#respond-{field}" in [link.get("href") for link in page.all("*[@class='errors']//a")]
    summary = page.one("*[@class='errors']")
    assert summary.get("tabindex") == "-1"
    assert summary.get("autofocus") is not None


def test_all_errors_are_shown_together(essay: Essay, guest: Browser) -> None:
    page = guest.post_to(essay, text="", name="", email="nobody", website="two words")
    links = [link.get("href") for link in page.all("*[@class='errors']//a")]
    assert links == ["#respond-text", "#respond-name", "#respond-email", "#respond-website"]
    assert len(page.all("*[@aria-invalid='true']")) == 4


def test_missing_fields_are_required(essay: Essay, guest: Browser) -> None:
    page = Page(guest.post(f"{essay.get_absolute_url()}respond/", {}))
    assert page.status == 422
    assert len(page.all("*[@aria-invalid='true']")) == 3


def test_a_valid_field_is_not_marked(essay: Essay, guest: Browser) -> None:
    page = guest.post_to(essay, text="")
    assert page.id("respond-name").get("aria-invalid") is None
    assert page.id("respond-email").get("aria-describedby") == "respond-email-hint"


BYTES = [
    ("text", "é" * 32_762 + "x", 65_525),
    ("name", "é" * 122 + "x", 245),
    ("email", f"{'a' * 38}@{'b' * 57}.org", 100),
    ("website", f"https://example.org/{'é' * 90}", 200),
]


@pytest.mark.both
@pytest.mark.parametrize(("field", "longest", "limit"), BYTES)
def test_values_of_maximum_length_are_accepted(
    essay: Essay, guest: Browser, field: str, longest: str, limit: int
) -> None:
    assert len(longest.encode()) == limit
    comment = guest.say(essay, **{field: longest})
    kept = Wording.objects.get(comment=comment).text if field == "text" else getattr(comment.commenter, field)
    assert kept == longest


@pytest.mark.parametrize(("field", "longest", "limit"), BYTES)
def test_a_value_one_byte_too_long_is_rejected_with_its_length(
    essay: Essay, guest: Browser, field: str, longest: str, limit: int
) -> None:
    typed = longest.replace("@", "a@") if field == "email" else f"{longest}x"
    page = guest.post_to(essay, **{field: typed})
    assert page.status == 422
    assert f"This is 1 byte too long. The limit is {limit:,} bytes." in page.problem
    assert page.form[field] == typed


# Who may comment at all


def test_posting_to_closed_comments_is_forbidden_and_the_text_is_kept(essay: Essay, guest: Browser) -> None:
    Discussion.objects.update_or_create(essay=essay, defaults={"is_open": False})
    page = guest.post_to(essay, text="Too late, alas.")
    assert page.status == 403
    assert "Comments are closed." in page.words
    assert "Too late, alas." in page.words
    assert not Comment.objects.exists()
    assert page.find("form[@id='respond']") is None


def test_comments_close_after_the_days_set_in_the_rules(essay: Essay, guest: Browser) -> None:
    make.rules(close_after_days=14)
    assert essay.published
    with time_machine.travel(essay.published + timedelta(days=14, minutes=-1)):
        guest.say(essay, text="In time.")
        assert "Leave a Reply" in guest.read(essay).words
    with time_machine.travel(essay.published + timedelta(days=14, minutes=1)):
        assert guest.post_to(essay, text="Too late.").status == 403
        page = guest.read(essay)
        assert "Comments are closed." in page.words
        assert page.find("*[@class='reply']") is None


def test_authors_and_moderators_cannot_comment_on_a_closed_essay_either(essay: Essay, author: User) -> None:
    Discussion.objects.update_or_create(essay=essay, defaults={"is_open": False})
    assert Browser(author).post_to(essay).status == 403


def test_a_guest_is_asked_to_log_in_if_required_and_the_text_is_kept(essay: Essay, guest: Browser) -> None:
    make.rules(who_may_comment="login")
    page = guest.post_to(essay, text="Let me in.")
    assert page.status == 403
    assert "Please log in to comment." in page.problem
    assert page.form["text"] == "Let me in."
    assert "Log in to leave a reply:" in page.words
    assert "name" not in page.form
    Browser(make.user("reader")).say(essay, text="I am in.")


def test_an_optional_email_may_be_empty_but_not_invalid(essay: Essay, guest: Browser) -> None:
    make.rules(who_may_comment="name")
    assert guest.say(essay, email="").commenter.email == ""
    assert guest.post_to(essay, text="Again.", email="nobody").status == 422
    assert guest.post_to(essay, text="Again.", name="").status == 422


def test_a_logged_in_user_needs_only_a_text(essay: Essay) -> None:
    reader = make.user("reader", name="Rosa Castellanos")
    browser = Browser(reader)
    page = browser.read(essay)
    assert page.form == {"parent": "", "text": "", "as": str(reader.commenter.pk)}
    assert "You are commenting using your Rejoinder account." in page.words
    comment = browser.say(essay, text="Mine.", name="Somebody Else", email="else@example.org")
    assert (comment.commenter.user, comment.commenter.name) == (reader, "Rosa Castellanos")
