"""The notice beside the form says whether a comment will be held, and it is right."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Block, Comment
from tests import make
from tests.comments.approvals import approve, create_approved_guest
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FIRST = "A moderator will read your first comment before it appears."
EVERY = "A moderator reads every comment before it appears."
YOURS = "A moderator will read your comments before they appear."
BLOCKED = "You are blocked from commenting here. Not in this tone."


def reader(**block: Any) -> Browser:
    user = make.user(name="Rosa Castellanos")
    if block:
        Block.objects.create(commenter=Commenter.objects.for_user(user), **block)
    return Browser(user)


def approved_reader(essay: Essay) -> Browser:
    browser = reader()
    approve(browser.post_comment(essay, text="My first."))
    return browser


def pending_reader(essay: Essay) -> Browser:
    browser = reader()
    browser.post_comment(essay, text="My first.")
    return browser


def remembered_guest(essay: Essay) -> Browser:
    browser = Browser()
    create_approved_guest(essay, browser)
    return browser


def in_blocked_network(essay: Essay) -> Browser:
    Block.objects.create(kind="hold", network="203.0.113.0/24")
    return reader()


PEOPLE: dict[str, tuple[Callable[[Essay], Browser], str, str]] = {  # what they read while first ones are held, and all
    "a stranger": (lambda essay: Browser(), FIRST, EVERY),
    "somebody who logged in and never wrote": (lambda essay: reader(), FIRST, EVERY),
    "somebody whose first comment is pending": (pending_reader, FIRST, EVERY),
    "somebody with an approved comment": (approved_reader, "", EVERY),
    "a remembered guest with an approved comment": (remembered_guest, "", EVERY),
    "the essay's author": (lambda essay: Browser(User.objects.get(username="miriam")), "", ""),
    "a moderator": (lambda essay: Browser(make.moderator()), "", ""),
    "the owner": (lambda essay: Browser(make.owner()), "", ""),
    "a trusted person": (lambda essay: reader(kind="trust"), "", ""),
    "a held person": (lambda essay: reader(kind="hold"), YOURS, YOURS),
    "a blocked person": (lambda essay: reader(kind="block", sentence="Not in this tone."), BLOCKED, BLOCKED),
    "somebody in a held network": (in_blocked_network, YOURS, YOURS),
}


def notices(browser: Browser, essay: Essay) -> list[str]:
    """The notice on the page, and in the part that is fetched after a login."""
    pages = [browser.read(essay), Page(browser.get(f"{essay.get_absolute_url()}identity/"))]
    return ["".join(page.only("p[@class='hint becomes']").itertext()) for page in pages]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("is_everything_held", [False, True])
def test_the_notice_says_what_happens_to_the_comment(essay: Essay, who: str, is_everything_held: bool) -> None:
    make.rules(hold_first_comment=True)
    person, *wanted = PEOPLE[who]
    browser = person(essay)
    make.rules(hold_first_comment=True, hold_everything=is_everything_held)
    notice = wanted[is_everything_held]
    assert notices(browser, essay) == [notice, notice]
    answer = browser.submit_comment(essay, text="And what do I say?", remember="on")
    if notice == BLOCKED:
        assert answer.status == 403
    else:
        assert answer.status == 302
        assert Comment.objects.latest("pk").status == ("pending" if notice else "approved")


def test_a_person_about_to_post_as_a_guest_is_a_stranger(essay: Essay) -> None:
    make.rules(hold_first_comment=True)
    assert FIRST in approved_reader(essay).read(f"{essay.get_absolute_url()}?change=1").text


def test_no_notice_appears_if_nothing_is_held(essay: Essay) -> None:
    make.rules(hold_first_comment=False)
    for browser in (Browser(), reader()):
        assert notices(browser, essay) == ["", ""]
