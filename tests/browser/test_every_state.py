"""Every page of a reader's and every state of it at 320 pixels (640 at 200 %), right-to-left and left-to-right, by day
and by night: nothing is wider than the window, no words are cut off, and axe finds nothing.

By default each is opened and then turned right-to-left in place, every second one by night; under --all in every look.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Commenter
from blog.models import Essay
from comments.likes import actions as likes
from comments.models import Address, Comment, Discussion, Rules, Subscription
from comments.notifications import signed_links
from comments.screening.screening import Sender
from comments.threads.tree import MAX_COMMENTS
from moderation.decisions import actions as deciding
from tests import make
from tests.conftest import RUNS_ALL
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

LONG = "Wolfeschlegelsteinhausenbergerdorff"
EMAIL = "a.reader.with.a.long.name@a-rather-long-domain.example.org"

# Every piece of text that shows, and what of it lies beyond the block it stands in, what clips it, or the page; what
# scrolls may be wider.
CUT_OFF = """() => {
    const found = [];
    const scrolls = (part) => part.closest("pre, .scroll, textarea, input, select") !== null;
    const blockOf = (part) => (getComputedStyle(part).display === "inline" ? blockOf(part.parentElement) : part);
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode, part = text.parentElement;
        if (!text.data.trim() || part.closest(".unseen, .skip, svg, script, noscript") || scrolls(part)) continue;
        if (!part.checkVisibility({ visibilityProperty: true })) continue;
        const block = blockOf(part);
        const range = document.createRange();
        range.selectNodeContents(text);
        const lines = [...range.getClientRects()].filter(({ width }) => width > 1);
        for (let box = part; box !== document.documentElement; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (style.display === "inline" || style.display === "contents") continue;
            const isClipped = style.overflowX !== "visible" || style.contain.includes("paint");
            if (box !== document.body && !isClipped && box !== block) continue;
            const { left, right } = box.getBoundingClientRect();
            if (lines.some((line) => line.left < left - 1 || line.right > right + 1)) {
                found.push(`${box.tagName}.${box.className} is too narrow: ${text.data.trim()}`);
            }
        }
    }
    return [...new Set(found)];
}"""


TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((part) => { const { left, right } = part.getBoundingClientRect(); return left < 0 || right > innerWidth })
    .map((part) => part.outerHTML.slice(0, 100))"""


# axe takes a minute for a page of 400 comments, most of which look alike.
KEEP_THE_LAST_REPLIES = """[...document.querySelectorAll("li.comment li.comment li.comment:not(:has(li))")]
    .slice(0, -3).forEach((reply) => reply.remove())"""


@dataclass
class Talk:
    """An argument with everything a reader can meet in one."""

    essay: Essay
    closed: Essay
    empty: Essay
    long: Essay
    root: Comment
    deep: Comment
    own: Comment
    held: Comment
    gone: Comment
    reader: Any
    address: Address


@dataclass
class Stage:
    """A browser of somebody's, and what there is to see."""

    page: Page
    url: str
    talk: Talk

    def go(self, path: str) -> None:
        self.page.goto(self.url + path)

    def read(self, after: str = "", essay: Essay | None = None) -> None:
        self.go((essay or self.talk.essay).get_absolute_url() + after)

    def follow(self, link: str) -> None:
        self.go(link.removeprefix(settings.SITE_URL))

    def log_in(self) -> None:
        inside = Client()  # the log-ins of a minute are counted, and all tests come from one address
        inside.force_login(self.talk.reader)
        cookie = inside.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.url}])

    def write(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"form#respond [name={name}]").fill(value)


@pytest.fixture(scope="module")
def talk(_site: "Server", django_db_blocker: DjangoDbBlocker) -> Iterator[Talk]:
    with django_db_blocker.unblock(), _site.connected():
        before = Rules.objects.current()
        make.rules(hold_first_comment=True, guests_may_like=True)
        yield made()
        before.save()


def made() -> Talk:
    author = make.author(name="Miriam Achterberg")
    essay = make.essay(f"Whose Promise Is It, {LONG}?", by=author, deck="On keeping the word of somebody you were")
    Discussion.objects.create(essay=essay, own_threads_a_page=3, own_shown_depth=3)
    root = make.comment(essay, f"Sell it.\n\n> Whether I use it\n\n{LONG * 3}", by=make.guest(f"Tobias {LONG}"))
    deep = root
    for number in range(6):
        by = (
            Commenter.objects.for_user(author)
            if number % 2
            else make.guest("Ines Okafor", website="https://ines.example")
        )
        deep = make.comment(essay, f"An answer, the {number}th.", to=deep, by=by)
    user = make.user(name="Rosa Castellanos")
    reader = Commenter.objects.for_user(user)
    own = make.comment(essay, "What I think myself.", by=reader)
    held = make.comment(essay, "What waits.", by=reader, status="pending")
    gone = make.comment(essay, "What is gone.")
    make.comment(essay, "And was answered.", to=gone)
    deciding.trash(gone, by=make.moderator(name="Mara Sundqvist"))
    for number in range(5):
        make.comment(essay, f"Thread {number}.")
    for name in ("Anselm Brandt", f"Joris {LONG}"):
        for target in (None, root.pk):
            fan = Commenter.objects.create(name=name)
            likes.like(commenter=fan, sender=Sender(), essay=essay, comment=target)
    address = Address.objects.create(email=EMAIL, verified=timezone.now(), problem=f"550 {LONG}")
    follows: list[dict[str, Any]] = [
        {"kind": "replies", "commenter": root.commenter},
        {"kind": "thread", "comment": root, "often": "daily"},
        {"kind": "essay", "essay": essay},
        {"kind": "essays"},
        {"kind": "decision", "comment": held},
    ]
    for about in follows:
        Subscription.objects.create(address=address, confirmed=timezone.now(), **about)
    closed, empty = make.essay("Closed", by=author, is_open=False), make.essay("Empty", by=author)
    make.comment(essay, "What was said.", to=root)
    long = make.essay("Long", by=author)
    make.create_thread(long, None, *range(MAX_COMMENTS + 1))
    return Talk(essay, closed, empty, long, root, deep, own, held, gone, user, address)


State = Callable[[Stage], None]
STATES: dict[str, State] = {}


def state(function: State) -> State:
    STATES[function.__name__] = function
    return function


# An essay and its argument


@state
def essay_with_its_argument(stage: Stage) -> None:
    stage.read()


@state
def essay_that_is_closed(stage: Stage) -> None:
    stage.read(essay=stage.talk.closed)


@state
def essay_nobody_answered(stage: Stage) -> None:
    stage.read(essay=stage.talk.empty)


@state
def form_under_a_comment(stage: Stage) -> None:
    stage.read()
    stage.page.locator(f"#comment-{stage.talk.root.pk} > .say .reply").click()
    expect(stage.page.locator(".thread form#respond")).to_be_visible()


@state
def form_refused(stage: Stage) -> None:
    stage.read()
    stage.write(text="", name="", email="anselm@brandt", website="no address")
    stage.page.locator("form#respond .post").click()
    expect(stage.page.locator(".errors")).to_be_focused()


@state
def form_with_all_boxes_and_the_guide(stage: Stage) -> None:
    stage.read()
    stage.page.locator("[name=notify_replies]").check()
    stage.page.locator("[name=notify_essays]").check()
    stage.page.locator(".guide summary").click()
    expect(stage.page.locator("[name=notify_about]")).to_be_visible()


@state
def form_with_a_preview(stage: Stage) -> None:
    stage.read()
    stage.write(text=f"So *it* is.\n\n> {LONG * 3}\n\n    {'code ' * 40}")
    stage.page.locator("form#respond [name=preview]").click()
    expect(stage.page.locator(".preview-body")).to_be_visible()


@state
def form_of_somebody_logged_in(stage: Stage) -> None:
    stage.log_in()
    stage.read()
    expect(stage.page.locator(".identity.you")).to_be_visible()


@state
def comment_that_is_held(stage: Stage) -> None:
    stage.read()
    name = f"Anselm {LONG}"
    stage.write(text=f"Held, {timezone.now()}.", name=name, email=f"other.{EMAIL}")
    stage.page.locator("[name=notify_replies]").check()
    stage.page.locator("form#respond .post").click()
    expect(stage.page.locator("li.comment.held .notice .why").last).to_be_visible()


@state
def own_comment(stage: Stage) -> None:
    stage.log_in()
    stage.go(stage.talk.own.get_absolute_url())
    expect(stage.page.locator(f"#comment-{stage.talk.own.pk} .do a")).to_have_count(3)


@state
def dialog_of_keys(stage: Stage) -> None:
    stage.read()
    stage.page.keyboard.press("?")
    expect(stage.page.locator("#keys")).to_be_visible()


@state
def dialog_of_who_likes_it(stage: Stage) -> None:
    stage.read()
    stage.page.locator("article.essay .said a").last.click()
    expect(stage.page.locator("dialog .likers")).to_be_visible()


@state
def branch_that_goes_on_elsewhere(stage: Stage) -> None:
    stage.read(essay=stage.talk.long)
    stage.page.evaluate(KEEP_THE_LAST_REPLIES)
    expect(stage.page.locator(".branch a")).to_be_visible()


@state
def branch_by_itself(stage: Stage) -> None:
    stage.read(f"?thread={stage.talk.deep.parent_id}")
    expect(stage.page.locator(".part")).to_be_visible()


@state
def replies_by_the_author(stage: Stage) -> None:
    stage.read("?by=author")
    expect(stage.page.locator(".part")).to_be_visible()


@state
def second_page_of_threads(stage: Stage) -> None:
    stage.read("?cpage=2&order=newest")
    expect(stage.page.locator(".pager a").first).to_be_visible()


@state
def comment_by_its_address(stage: Stage) -> None:
    stage.go(stage.talk.deep.get_absolute_url())
    expect(stage.page.locator(f"#comment-{stage.talk.deep.pk}:target")).to_be_visible()


@state
def comment_that_is_gone(stage: Stage) -> None:
    stage.go(stage.talk.gone.get_absolute_url())
    expect(stage.page.locator(".gone").first).to_be_visible()


@state
def replies_shut(stage: Stage) -> None:
    stage.read()
    stage.page.locator(".replies > summary").first.click()


@state
def words_that_can_be_quoted(stage: Stage) -> None:
    stage.read()
    stage.page.locator(f"#comment-{stage.talk.root.pk} > .say .comment-body p").first.click(click_count=3)
    expect(stage.page.locator(".quote")).to_be_visible()


# The pages round a comment


@state
def page_of_who_likes_a_comment(stage: Stage) -> None:
    stage.go(f"/comments/{stage.talk.root.pk}/like/")


@state
def page_to_edit(stage: Stage) -> None:
    stage.log_in()
    stage.go(f"/comments/{stage.talk.own.pk}/edit/")


@state
def page_to_edit_refused(stage: Stage) -> None:
    stage.log_in()
    stage.go(f"/comments/{stage.talk.own.pk}/edit/")
    stage.page.locator("main textarea").fill(" ")
    stage.page.locator("main button.post").click()
    expect(stage.page.locator("[aria-invalid]").first).to_be_visible()


@state
def page_to_delete(stage: Stage) -> None:
    stage.log_in()
    stage.go(f"/comments/{stage.talk.own.pk}/delete/")


@state
def page_of_ones_own_comments(stage: Stage) -> None:
    stage.log_in()
    stage.go("/comments/mine/")


@state
def page_to_be_told(stage: Stage) -> None:
    stage.log_in()
    stage.go(f"/comments/{stage.talk.held.pk}/tell/")


# Following by mail


@state
def follow(stage: Stage) -> None:
    stage.go(f"/subscriptions/?comment={stage.talk.root.pk}")


@state
def follow_refused(stage: Stage) -> None:
    stage.go(f"/subscriptions/?essay={stage.talk.essay.pk}")
    for box in stage.page.locator("[type=checkbox]").all():
        box.uncheck()
    stage.page.locator("button.post").click()
    expect(stage.page.locator(".wrong").first).to_be_visible()


@state
def follow_asked(stage: Stage) -> None:
    stage.go(f"/subscriptions/asked/?essay={stage.talk.essay.pk}")


@state
def confirm(stage: Stage) -> None:
    Subscription.objects.filter(kind__in=("replies", "essay")).update(confirmed=None, created=timezone.now())
    stage.follow(signed_links.confirm_url(stage.talk.address))
    Subscription.objects.filter(kind__in=("replies", "essay")).update(confirmed=timezone.now())
    expect(stage.page.locator("main [name=subscription]")).to_have_count(2)


@state
def what_one_follows(stage: Stage) -> None:
    stage.follow(f"{signed_links.subscriptions_url(stage.talk.address)}?said=changed")
    expect(stage.page.locator(".follows li")).to_have_count(5)


@state
def what_one_follows_at_an_address_that_takes_no_mail(stage: Stage) -> None:
    Address.objects.filter(pk=stage.talk.address.pk).update(suppressed=timezone.now() - timedelta(days=1))
    stage.follow(signed_links.subscriptions_url(stage.talk.address))
    Address.objects.filter(pk=stage.talk.address.pk).update(suppressed=None)
    expect(stage.page.locator(".trouble")).to_be_visible()


@state
def stop(stage: Stage) -> None:
    stage.follow(signed_links.unsubscribe_url(stage.talk.address.subscriptions.get(kind="thread")))


@state
def stopped(stage: Stage) -> None:
    row = stage.talk.address.subscriptions.get(kind="thread")
    stage.follow(signed_links.unsubscribe_url(row))
    stage.page.locator("main button.post").click()
    expect(stage.page.locator("[role=status]")).to_be_visible()
    Subscription.objects.filter(pk=row.pk).update(stopped=None)


@state
def stop_daily(stage: Stage) -> None:
    stage.follow(signed_links.unsubscribe_daily_url(stage.talk.address))


@state
def link_that_is_no_longer_good(stage: Stage) -> None:
    stage.go("/subscriptions/nonsense/")


# Other pages


@state
def home(stage: Stage) -> None:
    stage.go("/")


@state
def archive(stage: Stage) -> None:
    stage.go("/archive/")


@state
def privacy(stage: Stage) -> None:
    stage.go("/privacy/")


@state
def nothing_there(stage: Stage) -> None:
    stage.go("/nothing-there/")


LANGUAGES = {"ar": {"lang": "ar", "dir": "rtl"}, "en": {"lang": "en", "dir": "ltr"}}
ALL_LOOKS = [
    (language, dark, width) for language in ("ar", "en") for dark in (False, True) for width in (320, 768, 1280)
]
LOOKS = [
    (name, *look)
    for number, name in enumerate(STATES)
    for look in (ALL_LOOKS if RUNS_ALL else [("ar", bool(number % 2), 320)])
]


@pytest.mark.parametrize(
    ("name", "language", "dark", "width"),
    LOOKS,
    ids=[f"{name}-{language}-{'dark' if dark else 'light'}-{width}" for name, language, dark, width in LOOKS],
)
def test_a_state(
    visitor: Visitor, site: "Server", talk: Talk, name: str, language: str, dark: bool, width: int
) -> None:
    page = visitor.open(width=width, dark=dark)
    STATES[name](Stage(page, site.url, talk))
    if not RUNS_ALL:
        fits(page)
    page.evaluate("looks => Object.assign(document.documentElement, looks)", LANGUAGES[language])
    fits(page)
    visitor.axe(page)


def fits(page: Page) -> None:
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(TOO_WIDE) == []
