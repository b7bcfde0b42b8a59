"""A thread with everything a reader can meet in one, and a browser page that shows it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Commenter
from blog.models import Essay
from comments.likes import actions as likes
from comments.models import Address, Comment, Discussion, Subscription
from comments.screening.screening import Sender
from comments.threads.tree import MAX_COMMENTS
from moderation.decisions import actions as deciding
from tests import make

LONG = "Wolfeschlegelsteinhausenbergerdorff"
NOTE = (
    "<h2>Part</h2>"
    '<p>She had not.<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></p><section role="doc-endnotes">'
    f'<ol><li id="note-1"><p>Twice, <a href="https://example.org">they say</a>: {LONG}.</p></li></ol></section>'
)
EMAIL = "a.reader.with.a.long.name@a-rather-long-domain.example.org"


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
