"""Replying without script: where the form appears, and which comment it answers."""

import pytest

from blog.models import Essay
from comments.models import Discussion
from tests import make
from tests.comments.browser_client import Browser, text_of
from tests.comments.essay_pages import create_roots, essay_path

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_form_appears_under_the_answered_comment(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    make.comment(essay, to=root)
    link = guest.read(essay).comment(root).find(".//a[@class='reply']")
    assert link is not None
    assert link.get("aria-label") == "Reply to Ines Okafor"
    page = guest.read(str(link.get("href")))
    form = page.by_id("respond")
    assert form in list(page.comment(root).iter())
    assert "Leave a Reply to Ines Okafor" in text_of(form)
    assert page.form_values["parent"] == str(root.pk)
    cancel = page.only("a[@class='cancel']")
    assert (text_of(cancel), cancel.get("hidden")) == ("Cancel reply", None)
    assert cancel.get("href") == essay_path(essay, f"#comment-{root.pk}")


def test_the_form_is_on_the_page_of_the_answered_comment(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    second = create_roots(essay, 2)[1]
    page = guest.read(essay_path(essay, f"?replyto={second.pk}"))
    assert page.comment_keys == [second.pk]
    assert page.form_values["parent"] == str(second.pk)


def test_a_reply_link_keeps_page_and_order(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    first = create_roots(essay, 2)[0]
    page = guest.read(essay_path(essay, "?cpage=2&order=newest"))
    link = page.comment(first).find(".//a[@class='reply']")
    assert link is not None
    assert link.get("href") == essay_path(essay, f"?cpage=2&order=newest&replyto={first.pk}#respond")


@pytest.mark.parametrize(
    "wish",
    [
        *["0", "-1", "abc", "١", "9" * 5000, "{foreign}"],
        *(pytest.param(wish, marks=pytest.mark.both) for wish in ("%00", "9" * 18, "9" * 30, "{pending}")),
    ],
)
def test_comments_that_cannot_be_answered_have_no_reply_link(essay: Essay, guest: Browser, wish: str) -> None:
    pending, foreign = make.comment(essay, status="pending"), make.comment(make.essay())
    page = guest.read(essay_path(essay, "?replyto=" + wish.format(pending=pending.pk, foreign=foreign.pk)))
    assert page.status == 200
    assert page.form_values["parent"] == ""
    assert "Leave a Reply to" not in text_of(page.by_id("respond"))


def test_closed_comments_are_shown_without_a_form(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    Discussion.objects.update(is_open=False)
    page = guest.read(essay_path(essay, f"?replyto={root.pk}"))
    assert page.comment_keys == [root.pk]
    assert "Comments are closed." in page.text
    assert page.find("form[@id='respond']") is None
    assert page.find("a[@class='reply']") is None
