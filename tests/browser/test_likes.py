"""Likes in a real browser: instant with JavaScript, by form without; by keyboard, at any width, light and dark."""

from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Response, expect

from accounts.models import Commenter
from blog.models import Essay
from comments.likes import actions as likes
from comments.models import Comment, Discussion, Like, Rules
from comments.screening.screening import Sender
from tests import make
from tests.lists import SCRIPT_OR_NOT
from tests.services import provider
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server


@pytest.fixture
def essay(site: "Server") -> Essay:
    make.rules(guests_may_like=True)
    return make.essay("Of Liking", by=make.author(name="Miriam Achterberg"))


@pytest.fixture
def comment(essay: Essay) -> Comment:
    liked = make.comment(essay, "The dead keep still, yes.", by=make.guest("Ines Okafor"))
    for name in ("Anselm Brandt", "Joris Vane"):
        liker = Commenter.objects.create(name=name)
        for target in (None, liked.pk):
            likes.like(commenter=liker, sender=Sender(), essay=essay, comment=target)
    return liked


def test_likes_with_script(visitor: Visitor, site: "Server", essay: Essay, comment: Comment) -> None:
    page = visitor.open(site.url + essay.get_absolute_url())
    sentence, button = page.locator("article.essay .said"), page.get_by_role("button", name="Like this essay")
    expect(sentence).to_have_text("2 bloggers like this:")
    button.focus()
    page.keyboard.press("Enter")
    liked = page.get_by_role("button", name="You like this essay")
    expect(liked).to_be_focused()
    expect(liked).to_have_attribute("aria-pressed", "true")
    expect(sentence).to_have_text("You and 2 other bloggers like this:")
    row = page.locator(f"#comment-{comment.pk} .likes")
    page.get_by_role("button", name="Like this comment by Ines Okafor").click()
    expect(page.get_by_role("button", name="You like this comment by Ines Okafor")).to_have_text("Liked")
    expect(row.locator(".count")).to_have_text("3")
    assert Like.objects.filter(commenter__name="", comment=comment).count() == 1

    likers_link = sentence.get_by_role("link")
    likers_link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="You and 2 other bloggers like this:")
    expect(dialog.locator("li bdi")).to_have_text(["Joris Vane", "Anselm Brandt"])
    expect(dialog).to_contain_text("And a guest.")
    page.keyboard.press("Escape")
    expect(page.locator("dialog:has(.likers)")).to_have_count(0)
    expect(likers_link).to_be_focused()
    row.locator(".count").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.locator("dialog:has(.likers)")).to_have_count(0)

    page.reload()
    expect(sentence).to_have_text("You and 2 other bloggers like this:")
    liked.click()
    expect(sentence).to_have_text("2 bloggers like this:")
    expect(page.locator("article.essay .likes button")).to_have_attribute("value", "1")  # the response has arrived
    count = len(visitor.errors)
    Discussion.objects.filter(essay=essay).update(may_be_liked=False)
    button.click()
    expect(page.locator("article.essay [role=status]")).to_have_text("Likes are turned off.")
    expect(sentence).to_have_text("2 bloggers like this:")
    expect(button).to_have_text("Like")
    page.route("**/like/", lambda route: route.fulfill(status=503, body="<!doctype html><h1>A whole page</h1>"))
    button.click()
    expect(page.locator("article.essay [role=status]")).to_contain_text("We couldn’t reach the site")
    page.unroute("**/like/")
    page.route("**/like/", lambda route: route.abort())
    row.get_by_role("button").click()
    expect(row.get_by_role("status")).to_contain_text("We couldn’t reach the site")
    expect(row.locator(".count")).to_have_text("3")
    del visitor.errors[count:]  # Chromium logs rejected requests and those that we abort


def test_likes_without_script(visitor: Visitor, site: "Server", essay: Essay, comment: Comment) -> None:
    page = visitor.open(site.url + essay.get_absolute_url(), script=False)
    page.get_by_role("button", name="Like this comment by Ines Okafor").click()
    expect(page).to_have_url(f"{site.url}{essay.get_absolute_url()}#comment-{comment.pk}")
    expect(page.get_by_role("button", name="You like this comment by Ines Okafor")).to_be_visible()
    page.get_by_role("button", name="Like this essay").click()
    expect(page).to_have_url(f"{site.url}{essay.get_absolute_url()}#likes")
    page.locator(".essay .said").get_by_role("link", name="You and 2 other bloggers like this:").click()
    expect(page.get_by_role("listitem").filter(has_text="Joris Vane")).to_be_visible()
    page.get_by_role("button", name="You like this essay").click()
    expect(page.locator(".essay .said")).to_have_text("2 bloggers like this:")
    assert Like.objects.filter(commenter__name="", comment=comment).count() == 1


def test_a_reader_who_may_not_like_is_told_where_to_log_in(
    visitor: Visitor, site: "Server", essay: Essay, comment: Comment
) -> None:
    Rules.objects.update(guests_may_like=False)
    page = visitor.open(site.url + essay.get_absolute_url())
    row = page.locator(f"#comment-{comment.pk} .likes")
    row.get_by_role("button").click()
    expect(row.get_by_role("status")).to_contain_text("Log in to like this.")
    expect(row.get_by_role("button", name="Log in")).to_be_visible()
    expect(row.locator(".count")).to_have_text("2")
    visitor.check_accessibility(page)
    visitor.errors.clear()  # Chromium logs rejected requests


@pytest.mark.parametrize("script", SCRIPT_OR_NOT)
def test_a_like_is_saved_after_the_login_and_the_reader_returns_to_the_comment(
    visitor: Visitor, site: "Server", essay: Essay, comment: Comment, script: bool
) -> None:
    Rules.objects.update(guests_may_like=False)
    page = visitor.open(site.url + essay.get_absolute_url(), script=script)
    page.get_by_role("button", name="Like this comment by Ines Okafor").click()
    page.locator("main").get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name="Log in with X (Twitter)").click()
    provider.allow(page, "Mara Lindqvist")
    expect(page).to_have_url(f"{site.url}{essay.get_absolute_url()}#comment-{comment.pk}")
    expect(page.get_by_role("button", name="You like this comment by Ines Okafor")).to_be_visible()
    assert Like.objects.filter(commenter__name="Mara Lindqvist", comment=comment).count() == 1
    visitor.errors.clear()  # Chromium logs rejected requests


def test_a_like_is_saved_when_the_login_happens_in_another_window(
    visitor: Visitor, site: "Server", essay: Essay, comment: Comment
) -> None:
    Rules.objects.update(guests_may_like=False)
    page = visitor.open(site.url + essay.get_absolute_url())
    page.get_by_role("button", name="Like this essay").click()
    expect(page.locator("article.essay").get_by_role("button", name="Log in")).to_be_visible()
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Log in with X (Twitter)").click()
    provider.allow(popup.value, "Mara Lindqvist")
    expect(page.get_by_role("button", name="You like this essay")).to_be_visible()
    expect(page.locator("article.essay [role=status]")).to_have_count(0)
    assert Like.objects.filter(commenter__name="Mara Lindqvist", essay=essay).count() == 1
    visitor.errors.clear()  # Chromium logs rejected requests


def test_likes_fit_in_every_look(visitor: Visitor, site: "Server", essay: Essay, comment: Comment) -> None:
    page = visitor.open(site.url + essay.get_absolute_url())
    page.get_by_role("button", name="Like this essay").click()
    page.get_by_role("button", name="Like this comment").click()
    expect(page.get_by_role("button", name="You like this comment")).to_be_visible()
    page.get_by_role("link", name="2 other bloggers").first.click()
    for width, scheme in ((360, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        visitor.check_accessibility(page, again=width == 1280)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        box = page.get_by_role("dialog").bounding_box()
        assert box
        assert 0 <= box["x"] < box["x"] + box["width"] <= width
    page.keyboard.press("Escape")
    for width, scheme in ((360, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        visitor.check_accessibility(page, again=width == 1280)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for part in page.locator(".likes :is(button, a)").all():
            size = part.bounding_box()
            assert size
            assert min(size["width"], size["height"]) >= 24


def test_of_several_quick_presses_the_last_counts(
    visitor: Visitor, site: "Server", essay: Essay, comment: Comment
) -> None:
    page = visitor.open(site.url + essay.get_absolute_url())
    like = page.locator(f"#comment-{comment.pk} > .say .likes button")
    for presses, last in ((2, "like=0"), (3, "like=1")):
        with page.expect_response(partial(is_sent, last)):
            like.evaluate("(button, presses) => { while (presses--) button.click() }", presses)
        expect(like).to_have_attribute("aria-pressed", str(last == "like=1").lower())
        assert Comment.objects.get(pk=comment.pk).likes == presses


def is_sent(value: str, response: Response) -> bool:
    return value in (response.request.post_data or "")
