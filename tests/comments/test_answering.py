"""Replying without script: where the form appears, and which comment it answers."""

import pytest

from blog.models import Essay
from comments.models import Discussion
from tests import make
from tests.comments.door import Browser, words
from tests.comments.shown import address, roots

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_form_appears_under_the_answered_comment(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    make.comment(essay, to=root)
    link = guest.read(essay).comment(root).find(".//a[@class='reply']")
    assert link is not None
    assert link.get("aria-label") == "Reply to Ines Okafor"
    page = guest.read(str(link.get("href")))
    form = page.id("respond")
    assert form in list(page.comment(root).iter())
    assert "Leave a Reply to Ines Okafor" in words(form)
    assert page.form["parent"] == str(root.pk)
    cancel = page.one("a[@class='cancel']")
    assert (words(cancel), cancel.get("hidden")) == ("Cancel reply", None)
    assert cancel.get("href") == address(essay, f"#comment-{root.pk}")


def test_the_form_is_on_the_page_of_the_answered_comment(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    second = roots(essay, 2)[1]
    page = guest.read(address(essay, f"?replyto={second.pk}"))
    assert page.shown == [second.pk]
    assert page.form["parent"] == str(second.pk)


def test_a_reply_link_keeps_page_and_order(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    first = roots(essay, 2)[0]
    page = guest.read(address(essay, "?cpage=2&order=newest"))
    link = page.comment(first).find(".//a[@class='reply']")
    assert link is not None
    assert link.get("href") == address(essay, f"?cpage=2&order=newest&replyto={first.pk}#respond")


@pytest.mark.parametrize(
    "wish",
    [
        *["0", "-1", "abc", "١", "9" * 5000, "{foreign}"],
        *(pytest.param(wish, marks=pytest.mark.both) for wish in ("%00", "9" * 18, "9" * 30, "{pending}")),
    ],
)
def test_comments_that_cannot_be_answered_have_no_reply_link(essay: Essay, guest: Browser, wish: str) -> None:
    pending, foreign = make.comment(essay, status="pending"), make.comment(make.essay())
    page = guest.read(address(essay, "?replyto=" + wish.format(pending=pending.pk, foreign=foreign.pk)))
    assert page.status == 200
    assert page.form["parent"] == ""
    assert "Leave a Reply to" not in words(page.id("respond"))


def test_closed_comments_are_shown_without_a_form(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    Discussion.objects.update(is_open=False)
    page = guest.read(address(essay, f"?replyto={root.pk}"))
    assert page.shown == [root.pk]
    assert "Comments are closed." in page.words
    assert page.find("form[@id='respond']") is None
    assert page.find("a[@class='reply']") is None
