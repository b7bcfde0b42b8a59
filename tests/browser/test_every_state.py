"""Every page for readers in every state at 320 pixels (640 at 200 %) and wider, right-to-left and left-to-right, in
both color schemes and forced colors: nothing is wider than the window, no text is cut off, and axe finds nothing.

By default each state is loaded once, a third of them dark and a third with forced colors, then turned right-to-left and
widened in place; with --all each is loaded in every combination.
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
NOTE = (
    "<h2>Part</h2>"
    '<p>She had not.<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></p><section role="doc-endnotes">'
    f'<ol><li id="note-1"><p>Twice, <a href="https://example.org">they say</a>: {LONG}.</p></li></ol></section>'
)
EMAIL = "a.reader.with.a.long.name@a-rather-long-domain.example.org"

# Every visible piece of text, and what of it lies beyond its block, the element that clips it, or the page; what
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
class Thread:
    """An essay with a thread that has everything a reader can meet in one."""

    essay: Essay
    closed: Essay
    empty: Essay
    long: Essay
    root: Comment
    deep: Comment
    own_comment: Comment
    pending: Comment
    removed: Comment
    reader: Any
    address: Address


@dataclass
class Stage:
    """A browser page and the data that it can show."""

    page: Page
    url: str
    thread: Thread

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def open_essay(self, after: str = "", essay: Essay | None = None) -> None:
        self.open((essay or self.thread.essay).get_absolute_url() + after)

    def open_link(self, link: str) -> None:
        self.open(link.removeprefix(settings.SITE_URL))

    def log_in(self) -> None:
        client = Client()  # logins per minute are limited, and all tests come from one address
        client.force_login(self.thread.reader)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.url}])

    def write(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"form#respond [name={name}]").fill(value)


@pytest.fixture(scope="module")
def thread(_site: "Server", django_db_blocker: DjangoDbBlocker) -> Iterator[Thread]:
    with django_db_blocker.unblock(), _site.connected():
        before = Rules.objects.current()
        make.rules(hold_first_comment=True, guests_may_like=True)
        yield create_thread_page()
        before.save()


def create_thread_page() -> Thread:
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
    written = make.comment(essay, "What I think myself.", by=reader)
    pending = make.comment(essay, "What waits.", by=reader, status="pending")
    removed = make.comment(essay, "What is gone.")
    make.comment(essay, "And was answered.", to=removed)
    deciding.trash(removed, by=make.moderator(name="Mara Sundqvist"))
    for number in range(5):
        make.comment(essay, f"Thread {number}.")
    for name in ("Anselm Brandt", f"Joris {LONG}"):
        for target in (None, root.pk):
            liker = Commenter.objects.create(name=name)
            likes.like(commenter=liker, sender=Sender(), essay=essay, comment=target)
    address = Address.objects.create(email=EMAIL, verified=timezone.now(), problem=f"550 {LONG}")
    subscriptions: list[dict[str, Any]] = [
        {"kind": "replies", "commenter": root.commenter},
        {"kind": "thread", "comment": root, "often": "daily"},
        {"kind": "essay", "essay": essay},
        {"kind": "essays"},
        {"kind": "decision", "comment": pending},
    ]
    for fields in subscriptions:
        Subscription.objects.create(address=address, confirmed=timezone.now(), **fields)
    closed = make.essay("Closed", by=author, is_open=False)
    empty = make.essay("Empty", by=author, body=NOTE)
    make.comment(essay, "What was said.", to=root)
    long = make.essay("Long", by=author)
    make.create_thread(long, None, *range(MAX_COMMENTS + 1))
    return Thread(essay, closed, empty, long, root, deep, written, pending, removed, user, address)


State = Callable[[Stage], None]
STATES: dict[str, State] = {}


def state(function: State) -> State:
    STATES[function.__name__] = function
    return function


# An essay and its thread


@state
def essay_with_a_thread(stage: Stage) -> None:
    stage.open_essay()


@state
def closed_essay(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.closed)


@state
def essay_without_comments(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.empty)


@state
def essay_with_an_open_note(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.empty)
    stage.page.locator("[role=doc-noteref]").click()
    expect(stage.page.get_by_role("button", name="Close")).to_be_visible()


@state
def essay_with_its_citations(stage: Stage) -> None:
    stage.open_essay()
    stage.page.get_by_role("button", name="Cite").click()
    expect(stage.page.get_by_role("tabpanel")).to_be_visible()


@state
def page_of_citations(stage: Stage) -> None:
    stage.open(f"{stage.thread.essay.get_absolute_url()}cite/")


@state
def reply_form_under_a_comment(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .reply").click()
    expect(stage.page.locator(".thread form#respond")).to_be_visible()


@state
def rejected_form(stage: Stage) -> None:
    stage.open_essay()
    stage.write(text="", name="", email="anselm@brandt", website="no address")
    stage.page.locator("form#respond .post").click()
    expect(stage.page.locator(".errors")).to_be_focused()


@state
def form_with_all_boxes_and_the_guide(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator("[name=notify_replies]").check()
    stage.page.locator("[name=notify_essays]").check()
    stage.page.locator(".guide summary").click()
    expect(stage.page.locator("[name=notify_about]")).to_be_visible()


@state
def form_with_a_preview(stage: Stage) -> None:
    stage.open_essay()
    stage.write(text=f"So *it* is.\n\n> {LONG * 3}\n\n    {'code ' * 40}")
    stage.page.locator("form#respond [name=preview]").click()
    expect(stage.page.locator(".preview-body")).to_be_visible()


@state
def form_of_a_logged_in_user(stage: Stage) -> None:
    stage.log_in()
    stage.open_essay()
    expect(stage.page.locator(".identity.you")).to_be_visible()


@state
def pending_comment(stage: Stage) -> None:
    stage.open_essay()
    name = f"Anselm {LONG}"
    stage.write(text=f"Held, {timezone.now()}.", name=name, email=f"other.{EMAIL}")
    stage.page.locator("[name=notify_replies]").check()
    stage.page.locator("form#respond .post").click()
    expect(stage.page.locator("li.comment.held .notice .why").last).to_be_visible()


@state
def own_comment(stage: Stage) -> None:
    stage.log_in()
    stage.open(stage.thread.own_comment.get_absolute_url())
    expect(stage.page.locator(f"#comment-{stage.thread.own_comment.pk} .do a")).to_have_count(4)


@state
def dialog_of_keyboard_shortcuts(stage: Stage) -> None:
    stage.open_essay()
    stage.page.keyboard.press("?")
    expect(stage.page.locator("#keys")).to_be_visible()


@state
def dialog_of_likers(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator("article.essay .said a").last.click()
    expect(stage.page.locator("dialog .likers")).to_be_visible()


@state
def branch_that_continues_on_another_page(stage: Stage) -> None:
    stage.open_essay(essay=stage.thread.long)
    stage.page.evaluate(KEEP_THE_LAST_REPLIES)
    expect(stage.page.locator(".branch a")).to_be_visible()


@state
def branch_on_its_own_page(stage: Stage) -> None:
    stage.open_essay(f"?thread={stage.thread.deep.parent_id}")
    expect(stage.page.locator(".part")).to_be_visible()


@state
def replies_by_the_author(stage: Stage) -> None:
    stage.open_essay("?by=author")
    expect(stage.page.locator(".part")).to_be_visible()


@state
def second_page_of_threads(stage: Stage) -> None:
    stage.open_essay("?cpage=2&order=newest")
    expect(stage.page.locator(".pager a").first).to_be_visible()


@state
def comment_by_permalink(stage: Stage) -> None:
    stage.open(stage.thread.deep.get_absolute_url())
    expect(stage.page.locator(f"#comment-{stage.thread.deep.pk}:target")).to_be_visible()


@state
def deleted_comment(stage: Stage) -> None:
    stage.open(stage.thread.removed.get_absolute_url())
    expect(stage.page.locator(".gone").first).to_be_visible()


@state
def collapsed_replies(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(".replies > summary").first.click()


@state
def text_that_can_be_quoted(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .comment-body p").first.click(click_count=3)
    expect(stage.page.locator(".quote")).to_be_visible()


@state
def menu_of_a_comment(stage: Stage) -> None:
    stage.open_essay()
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .more").click()
    expect(stage.page.get_by_role("menu")).to_be_visible()


@state
def muted_comment_and_closed_replies(stage: Stage) -> None:
    stage.open_essay("?replies=folded")
    stage.page.locator(f"#comment-{stage.thread.root.pk} > .say .more").click()
    stage.page.get_by_role("menuitem", name="Mute").click()
    expect(stage.page.locator(".muted").first).to_be_visible()
    stage.page.locator("form#respond [name=text]").focus()
    expect(stage.page.get_by_role("toolbar")).to_be_visible()


# Pages about a comment


@state
def page_behind_more(stage: Stage) -> None:
    stage.open(f"/comments/{stage.thread.root.pk}/more/")


@state
def page_of_likers(stage: Stage) -> None:
    stage.open(f"/comments/{stage.thread.root.pk}/like/")


@state
def edit_page(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.own_comment.pk}/edit/")


@state
def rejected_edit(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.own_comment.pk}/edit/")
    stage.page.locator("main textarea").fill(" ")
    stage.page.locator("main button.post").click()
    expect(stage.page.locator("[aria-invalid]").first).to_be_visible()


@state
def delete_page(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.own_comment.pk}/delete/")


@state
def page_of_replies(stage: Stage) -> None:
    stage.log_in()
    stage.open("/replies/")


@state
def muted_people(stage: Stage) -> None:
    stage.open(f"/comments/{stage.thread.root.pk}/more/")
    stage.page.get_by_role("button", name="Mute").click()
    stage.open("/comments/muted/")
    expect(stage.page.get_by_role("button", name="Unmute")).to_be_visible()


@state
def own_comments_page(stage: Stage) -> None:
    stage.log_in()
    stage.open("/replies/comments/")


@state
def decision_notification_page(stage: Stage) -> None:
    stage.log_in()
    stage.open(f"/comments/{stage.thread.pending.pk}/tell/")


# Email notifications


@state
def subscribe_page(stage: Stage) -> None:
    stage.open(f"/subscriptions/?comment={stage.thread.root.pk}")


@state
def rejected_subscription(stage: Stage) -> None:
    stage.open(f"/subscriptions/?essay={stage.thread.essay.pk}")
    for box in stage.page.locator("[type=checkbox]").all():
        box.uncheck()
    stage.page.locator("button.post").click()
    expect(stage.page.locator(".wrong").first).to_be_visible()


@state
def requested_subscription(stage: Stage) -> None:
    stage.open(f"/subscriptions/asked/?essay={stage.thread.essay.pk}")


@state
def confirm_page(stage: Stage) -> None:
    Subscription.objects.filter(kind__in=("replies", "essay")).update(confirmed=None, created=timezone.now())
    stage.open_link(signed_links.confirm_url(stage.thread.address))
    Subscription.objects.filter(kind__in=("replies", "essay")).update(confirmed=timezone.now())
    expect(stage.page.locator("main [name=subscription]")).to_have_count(2)


@state
def subscriptions_page(stage: Stage) -> None:
    stage.open_link(f"{signed_links.subscriptions_url(stage.thread.address)}?said=changed")
    expect(stage.page.locator(".follows li")).to_have_count(5)


@state
def subscriptions_of_a_suppressed_address(stage: Stage) -> None:
    Address.objects.filter(pk=stage.thread.address.pk).update(suppressed=timezone.now() - timedelta(days=1))
    stage.open_link(signed_links.subscriptions_url(stage.thread.address))
    Address.objects.filter(pk=stage.thread.address.pk).update(suppressed=None)
    expect(stage.page.locator(".trouble")).to_be_visible()


@state
def unsubscribe_page(stage: Stage) -> None:
    stage.open_link(signed_links.unsubscribe_url(stage.thread.address.subscriptions.get(kind="thread")))


@state
def unsubscribed_page(stage: Stage) -> None:
    row = stage.thread.address.subscriptions.get(kind="thread")
    stage.open_link(signed_links.unsubscribe_url(row))
    stage.page.locator("main button.post").click()
    expect(stage.page.locator("[role=status]")).to_be_visible()
    Subscription.objects.filter(pk=row.pk).update(stopped=None)


@state
def stop_daily_emails_page(stage: Stage) -> None:
    stage.open_link(signed_links.unsubscribe_daily_url(stage.thread.address))


@state
def expired_link(stage: Stage) -> None:
    stage.open("/subscriptions/nonsense/")


# Other pages


@state
def home(stage: Stage) -> None:
    stage.open("/")


@state
def archive(stage: Stage) -> None:
    stage.open("/archive/")


@state
def search_results(stage: Stage) -> None:
    stage.open("/search/?q=words")


@state
def nothing_found(stage: Stage) -> None:
    stage.open("/search/?q=nothingness")


@state
def privacy(stage: Stage) -> None:
    stage.open("/privacy/")


@state
def not_found(stage: Stage) -> None:
    stage.open("/nothing-there/")


LANGUAGES = {"ar": {"lang": "ar", "dir": "rtl"}, "en": {"lang": "en", "dir": "ltr"}}
COLORS = ("light", "dark", "forced")
NARROW = {"ar": 320, "en": 360}
ALL_LOOKS = [
    (language, colors, width)
    for language in ("ar", "en")
    for colors, widths in {
        "light": (NARROW[language], 768, 1280),
        "dark": (NARROW[language], 768, 1280),
        "forced": (NARROW[language], 1280),
    }.items()
    for width in widths
]
LOOKS = [
    (name, *look)
    for number, name in enumerate(STATES)
    for look in (ALL_LOOKS if RUNS_ALL else [("ar", COLORS[number % len(COLORS)], 320)])
]


@pytest.mark.parametrize(
    ("name", "language", "colors", "width"), LOOKS, ids=["-".join(map(str, look)) for look in LOOKS]
)
def test_a_state_fits_and_is_accessible(
    visitor: Visitor, site: "Server", thread: Thread, name: str, language: str, colors: str, width: int
) -> None:
    page = visitor.open(width=width, dark=colors == "dark")
    if colors == "forced":
        page.emulate_media(forced_colors="active")
    STATES[name](Stage(page, site.url, thread))
    if not RUNS_ALL:
        fits(page)
    page.evaluate("looks => Object.assign(document.documentElement, looks)", LANGUAGES[language])
    fits(page)
    visitor.check_accessibility(page)
    if not RUNS_ALL:
        page.set_viewport_size({"width": 1280, "height": 800})
        fits(page)


def fits(page: Page) -> None:
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(TOO_WIDE) == []
