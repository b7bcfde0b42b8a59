"""Invalid fields, who may comment at all, and the messages about both."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import User
from blog.models import Essay
from comments.models import Comment, Discussion, Wording
from tests import make
from tests.comments.browser_client import Browser, Page, text_of

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
        ("email", "ma\u017fon@example.org", "accented or non-English letters"),
        ("email", "m\u0131a@example.org", "accented or non-English letters"),
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
    sent = make.guest_form(text="Long thought\nabout </textarea>.", website="example.org", remember="on") | {
        field: typed
    }
    page = guest.submit_comment(essay, **sent)
    assert page.status == 422
    assert not Comment.objects.exists()
    assert not page.response.cookies
    kept = page.form_values
    assert {name: " ".join(value.split()) for name, value in kept.items() if name != field} == {
        name: " ".join(value.split()) for name, value in sent.items() if name != field
    }
    box = page.by_id(f"respond-{field}")
    assert box.get("aria-invalid") == "true"
    described = [text_of(page.by_id(name)) for name in str(box.get("aria-describedby")).split()]
    assert said in " ".join(described)
    assert said in page.error_summary
    assert f"#respond-{field}" in [link.get("href") for link in page.all("*[@class='errors']//a")]
    summary = page.only("*[@class='errors']")
    assert summary.get("tabindex") == "-1"
    assert summary.get("autofocus") is not None


def test_all_errors_are_shown_together(essay: Essay, guest: Browser) -> None:
    page = guest.submit_comment(essay, text="", name="", email="nobody", website="two words")
    links = [link.get("href") for link in page.all("*[@class='errors']//a")]
    assert links == ["#respond-text", "#respond-name", "#respond-email", "#respond-website"]
    assert len(page.all("*[@aria-invalid='true']")) == 4


def test_missing_fields_are_required(essay: Essay, guest: Browser) -> None:
    page = Page(guest.post(f"{essay.get_absolute_url()}respond/", {}))
    assert page.status == 422
    assert len(page.all("*[@aria-invalid='true']")) == 3


def test_a_valid_field_is_not_marked(essay: Essay, guest: Browser) -> None:
    page = guest.submit_comment(essay, text="")
    assert page.by_id("respond-name").get("aria-invalid") is None
    assert page.by_id("respond-email").get("aria-describedby") == "respond-email-hint"


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
    comment = guest.post_comment(essay, **{field: longest})
    kept = Wording.objects.get(comment=comment).text if field == "text" else getattr(comment.commenter, field)
    assert kept == longest


@pytest.mark.parametrize(("field", "longest", "limit"), BYTES)
def test_a_value_one_byte_too_long_is_rejected_with_its_length(
    essay: Essay, guest: Browser, field: str, longest: str, limit: int
) -> None:
    typed = longest.replace("@", "a@") if field == "email" else f"{longest}x"
    page = guest.submit_comment(essay, **{field: typed})
    assert page.status == 422
    assert f"This is 1 byte too long. The limit is {limit:,} bytes." in page.error_summary
    assert page.form_values[field] == typed


# Who may comment at all


def test_posting_to_closed_comments_is_forbidden_and_the_text_is_kept(essay: Essay, guest: Browser) -> None:
    Discussion.objects.update_or_create(essay=essay, defaults={"is_open": False})
    page = guest.submit_comment(essay, text="Too late, alas.")
    assert page.status == 403
    assert "Comments are closed." in page.text
    assert "Too late, alas." in page.text
    assert not Comment.objects.exists()
    assert page.find("form[@id='respond']") is None


def test_comments_close_after_the_days_set_in_the_rules(essay: Essay, guest: Browser) -> None:
    make.rules(close_after_days=14)
    assert essay.published
    with time_machine.travel(essay.published + timedelta(days=14, minutes=-1)):
        guest.post_comment(essay, text="In time.")
        assert "Leave a Reply" in guest.read(essay).text
    with time_machine.travel(essay.published + timedelta(days=14, minutes=1)):
        assert guest.submit_comment(essay, text="Too late.").status == 403
        page = guest.read(essay)
        assert "Comments are closed." in page.text
        assert page.find("*[@class='reply']") is None


def test_authors_and_moderators_cannot_comment_on_a_closed_essay_either(essay: Essay, author: User) -> None:
    Discussion.objects.update_or_create(essay=essay, defaults={"is_open": False})
    assert Browser(author).submit_comment(essay).status == 403


def test_a_guest_is_asked_to_log_in_if_required_and_the_text_is_kept(essay: Essay, guest: Browser) -> None:
    make.rules(who_may_comment="login")
    page = guest.submit_comment(essay, text="Let me in.")
    assert page.status == 403
    assert "Please log in to comment." in page.error_summary
    assert page.form_values["text"] == "Let me in."
    assert "Log in to leave a reply:" in page.text
    assert "name" not in page.form_values
    Browser(make.user("reader")).post_comment(essay, text="I am in.")


def test_an_optional_email_may_be_empty_but_not_invalid(essay: Essay, guest: Browser) -> None:
    make.rules(who_may_comment="name")
    assert guest.post_comment(essay, email="").commenter.email == ""
    assert guest.submit_comment(essay, text="Again.", email="nobody").status == 422
    assert guest.submit_comment(essay, text="Again.", name="").status == 422


def test_a_logged_in_user_needs_only_a_text(essay: Essay) -> None:
    reader = make.user("reader", name="Rosa Castellanos")
    browser = Browser(reader)
    page = browser.read(essay)
    assert page.form_values == {"parent": "", "on": "", "text": "", "as": str(reader.commenter.pk)}
    assert "You are commenting using your Rejoinder account." in page.text
    comment = browser.post_comment(essay, text="Mine.", name="Somebody Else", email="else@example.org")
    assert (comment.commenter.user, comment.commenter.name) == (reader, "Rosa Castellanos")
