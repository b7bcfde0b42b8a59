"""Subscriptions in a browser: without JavaScript, by keyboard, on a phone and in the dark; every page is accessible."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from playwright.sync_api import expect

from blog.models import Essay
from comments.models import Address, Subscription
from comments.notifications import signed_links
from tests import make
from tests.browser.layout import check_layout
from tests.lists import SCRIPT_OR_NOT
from tests.services.chromium import Visitor
from tests.services.processes import wait_until

if TYPE_CHECKING:
    from tests.services.site import Server

numbers = count(1)


@pytest.fixture
def essay(site: "Server") -> Iterator[Essay]:
    yield make.essay("Whose Promise Is It?")
    make.rules(hold_first_comment=True)


def path_of(link: str) -> str:
    return link.removeprefix(settings.SITE_URL)


@pytest.mark.parametrize("script", SCRIPT_OR_NOT)
def test_a_reader_subscribes_confirms_changes_and_unsubscribes_by_keyboard(
    visitor: Visitor, site: "Server", essay: Essay, script: bool
) -> None:
    email = f"a.reader.with.a.long.name.{next(numbers)}@a-rather-long-domain.example.org"
    page = visitor.open(site.url + essay.get_absolute_url(), width=360, script=script)

    def check(also_in: str = "", *, dark: bool = False) -> None:
        check_layout(visitor, page, dark=dark, width=320, has_script=script, also_in=also_in)

    def press(name: str, role: str = "button") -> None:
        page.get_by_role(role, name=name, exact=True).first.focus()  # type: ignore[arg-type]
        page.keyboard.press("Enter")

    press("Subscribe without commenting", "link")
    expect(page.get_by_label("All comments on “Whose Promise Is It?”")).to_be_checked()
    check("subscribe_page")
    page.emulate_media(forced_colors="active")  # the browser draws boxes and radio buttons, and nothing covers them
    checked = page.locator("input:checked")
    assert set(checked.evaluate_all("all => all.map((each) => getComputedStyle(each, '::before').content)")) == {"none"}
    page.emulate_media(forced_colors="none")
    press("Subscribe")
    expect(page.get_by_label("Email", exact=True)).to_be_focused()
    check(dark=True)
    page.keyboard.type(email)
    page.get_by_label("New essays").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    check("requested_subscription")

    unconfirmed = Subscription.objects.waiting().filter(address__email=email)
    wait_until(lambda: unconfirmed.count() == 2, "two requested subscriptions")
    page.goto(site.url + path_of(signed_links.confirm_url(Address.objects.get(email=email))))
    check("confirm_page", dark=True)
    press("Confirm subscription")
    expect(page.get_by_role("status")).to_have_text("You’re subscribed.")
    check("subscriptions_page")
    press("Switch to daily digest")
    expect(page.get_by_text("once a day", exact=True)).to_have_count(1)
    press("Pause all emails")
    expect(page.get_by_role("button", name="Resume emails")).to_be_visible()
    check(dark=True)
    press("Unsubscribe")
    expect(page.get_by_role("status")).to_have_text("You’ve unsubscribed from these emails.")
    expect(page.locator(".follows li")).to_have_count(1)

    page.goto(
        site.url + path_of(signed_links.unsubscribe_url(Subscription.objects.get(address__email=email, stopped=None)))
    )
    check("unsubscribe_page")
    press("Unsubscribe")
    expect(page.get_by_role("status")).to_have_text("You’ve unsubscribed from these emails.")
    check("unsubscribed_page")
    press("Undo")
    expect(page.get_by_role("button", name="Unsubscribe")).to_be_visible()
    page.goto(f"{site.url}/subscriptions/nonsense/")
    check("expired_link")


def test_subscription_boxes_survive_a_rejection_and_a_held_comments_author_asks_for_the_decision(
    visitor: Visitor, site: "Server", essay: Essay
) -> None:
    make.rules(hold_first_comment=True)
    page = visitor.open(site.url + essay.get_absolute_url(), width=360)
    scope = page.get_by_label("Which comments")
    expect(scope).to_be_hidden()
    page.get_by_label("Notify me of new comments via email.").check()
    scope.select_option("essay")
    page.get_by_label("Name", exact=True).fill("Anna Karg")
    page.get_by_label("Email", exact=True).fill(f"anna{next(numbers)}@example.org")
    page.get_by_role("button", name="Post Comment").last.click()
    expect(page.get_by_label("Comment", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Notify me of new comments via email.")).to_be_checked()
    expect(scope).to_have_value("essay")
    page.get_by_label("Comment", exact=True).fill("Mine.")
    page.get_by_role("button", name="Post Comment").last.click()
    pending = page.locator("li.comment.held")
    expect(pending.get_by_role("status")).to_contain_text("open the confirmation link we’ve emailed you")
    check_layout(visitor, page, width=320)
    pending.get_by_role("button", name="Email me the decision").click()
    expect(pending.get_by_role("status")).to_contain_text("open the confirmation link we’ve emailed you")
    expect(pending.get_by_role("button", name="Email me the decision")).to_have_count(0)
    check_layout(visitor, page, dark=True, width=320)
