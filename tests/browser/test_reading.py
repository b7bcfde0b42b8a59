"""Reading a long thread in a browser: new comments, comments that arrive, keyboard shortcuts, collapsed branches."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Commenter
from blog.models import Essay
from comments.threads.tree import MAX_COMMENTS
from tests import make
from tests.bench import corpus
from tests.lists import SCRIPT_OR_NOT
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(hold_first_comment=False)
    return make.essay("Of Reading", by=make.author(name="Miriam Achterberg"))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('.comment')?.id"))


def test_keys_navigate_the_thread_and_branches_stay_collapsed(visitor: Visitor, site: "Server", essay: Essay) -> None:
    first_comment, second = make.comment(essay, "One."), make.comment(essay, "Two.")
    reply = make.comment(essay, "Three.", to=second)
    page = visitor.open(site.url + essay.get_absolute_url())
    for key, expected in (("j", first_comment), ("j", second), ("k", first_comment), ("j", second)):
        page.keyboard.press(key)
        assert focused(page) == f"comment-{expected.pk}"
    page.goto(f"{site.url}{reply.get_absolute_url()}")
    page.wait_for_function("document.activeElement.classList.contains('say')")
    page.keyboard.press("u")
    assert focused(page) == f"comment-{second.pk}"
    page.keyboard.press("c")
    expect(page.get_by_text("Three.")).to_be_hidden()
    page.goto(site.url + essay.get_absolute_url())
    expect(page.get_by_text("Three.")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    visitor.check_accessibility(page)
    page.get_by_label("Enable keyboard shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert focused(page) == "None"
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Enable keyboard shortcuts").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name=re.compile("^Leave a Reply to"))).to_be_visible()
    page.keyboard.type("jkn?")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("jkn?")


def test_new_comments_since_the_last_visit_and_arriving_ones_are_marked(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    make.comment(essay, "Known.")
    page = visitor.open(alone=True)
    page.clock.install(time=timezone.now())
    page.goto(site.url + essay.get_absolute_url())
    expect(page.locator(".new")).to_have_count(0)  # the first visit
    page.goto("about:blank")
    new = make.comment(essay, "Not known.")  # in the minute of the visit
    page.clock.set_system_time(timezone.now() + timedelta(hours=1))
    page.goto(site.url + essay.get_absolute_url())
    expect(page.locator(f"#comment-{new.pk} .new")).to_have_text("new")
    expect(page.locator(".new")).to_have_count(1)
    page.get_by_role("link", name="New: 1").click()
    assert focused(page) == f"comment-{new.pk}"
    make.comment(essay, "While you read.")
    page.clock.fast_forward(31_000)
    new_link = page.get_by_role("link", name="Show new comments: 1")
    expect(new_link).to_be_visible()
    expect(page.get_by_text("While you read.")).to_have_count(0)
    visitor.check_accessibility(page)
    new_link.click()
    expect(page.get_by_text("While you read.")).to_be_visible()
    expect(page.locator(".new")).to_have_count(2)


def test_omitted_replies_are_loaded_in_place(visitor: Visitor, site: "Server") -> None:
    long = corpus.essay(900, roots=0.02, depth=40, seed=7)
    page = visitor.open(site.url + long.get_absolute_url())
    visible = page.locator(".thread .comment")
    before = visible.count()
    assert before < 500
    link = page.locator(".rest a").last
    name = link.evaluate("(link) => link.closest('.thread > .comment').id")
    replies = int(re.findall(r"\d+", link.text_content() or "")[0])
    link.evaluate("(link) => [link, link].forEach((pressed) => pressed.click())")
    expect(page.locator(f"#{name} .comment")).to_have_count(replies)
    expect(page.locator(f"#{name} > .rest")).to_have_count(0)
    assert visible.count() == before + replies
    assert focused(page) != name
    assert page.evaluate(f"document.getElementById('{name}').contains(document.activeElement)")
    expect(page.locator(f"#{name} time").last).to_have_text("yesterday")


@pytest.mark.parametrize("script", SCRIPT_OR_NOT)
def test_a_chosen_order_applies_everywhere_until_the_default_is_chosen(
    visitor: Visitor, site: "Server", essay: Essay, script: bool
) -> None:
    other = make.essay("Of Writing")
    comments = [[make.comment(target) for _ in range(3)] for target in (essay, other)]

    def first_comment(address: str) -> str | None:
        page.goto(site.url + address)
        return page.locator("li.comment").first.get_attribute("id")

    page = visitor.open(site.url + essay.get_absolute_url(), script=script)
    page.get_by_role("link", name="Newest", exact=True).click()
    page.wait_for_url("**order=newest**")
    assert first_comment(other.get_absolute_url()) == f"comment-{comments[1][2].pk}"
    assert first_comment(comments[0][0].get_absolute_url()) == f"comment-{comments[0][2].pk}"
    page.get_by_role("link", name="Oldest", exact=True).click()
    page.wait_for_url("**order=#comments")
    assert first_comment(other.get_absolute_url()) == f"comment-{comments[1][0].pk}"


def test_parts_of_a_thread_are_accessible(visitor: Visitor, site: "Server", essay: Essay) -> None:
    author = Commenter.objects.for_user(essay.bylines[0])
    top = make.comment(essay, by=make.guest("Tobias Fenn"))
    for number in range(7):
        top = make.comment(essay, to=top, by=author if number % 3 == 2 else make.guest(f"Ines {number}"))
    long = make.essay("Of Reading on")
    make.create_thread(long, None, *range(MAX_COMMENTS + 1))
    page = visitor.open(site.url + essay.get_absolute_url())

    def check(*links: str) -> None:
        """On a light phone, then on a dark desktop, where the links are visible, too."""
        for width, is_dark in ((360, False), (1280, True)):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme="dark" if is_dark else "light")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            visitor.check_accessibility(page, again=is_dark)
            for name in links:
                expect(page.get_by_role("link", name=name)).to_be_visible()

    check("2 replies by the author")
    page.get_by_role("link", name="2 replies by the author").click()
    expect(page.locator("li.comment")).to_have_count(2)
    check("Show all comments")
    page.goto(site.url + long.get_absolute_url())
    expect(page.get_by_role("link", name="Continue this thread")).to_be_visible()
    page.get_by_role("link", name="Continue this thread").press("Enter")
    expect(page.get_by_text("You’re viewing part of the discussion.")).to_be_visible()
    expect(page.locator("li.comment")).to_have_count(2)
    check()
    page.goto(site.url + long.get_absolute_url())
    # By keyboard: content outside the window is laid out when it is scrolled to, and could move under the mouse.
    page.get_by_role("link", name="Show 2 more replies").press("Enter")
    expect(page.locator("li.comment")).to_have_count(MAX_COMMENTS + 2)
    expect(page.get_by_role("link", name="Continue this thread")).to_have_count(0)
