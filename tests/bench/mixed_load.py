"""A mixed load: people who read, post, like, log in, moderate and search at a steady pace, and what they were told."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from urllib.parse import urlencode

from tests.bench import corpus
from tests.faults.http_client import HTTPClient, Response

PACE = 8.0  # requests of all people together in a second: half a core, so that both databases can run side by side
CREWS = 8  # threads, each with people of its own
MEMBERS = 3  # in each crew
PASSWORD = "a long password of the bench"
HELD_WORD = "sesame"  # a comment with this word waits for a moderator
SHARES = {"read": 55, "post": 12, "like": 12, "log in": 1, "moderate": 6, "search": 14}
PAGES = ["/", "/archive/", "/feed/", "/comments/feed/", "/sitemap.xml", "/robots.txt"]
ROW = re.compile(r'class="row" id="comment-(\d+)" data-status="(\w+)"')
PERMALINK = re.compile(r"/comments/(\d+)/")
REASONS = re.compile(r'id="respond-errors">.*?</(?:p|ul)>\s*<', re.DOTALL), re.compile("<h1>.*?</h1>", re.DOTALL)
TAG = re.compile(r"<[^>]*>?|\s+")
ORDERS = ["", "?order=newest", "?order=liked", "feed/"]
QUEUE_TABS = ["pending", "pending", "pending", "approved", "trash", "spam"]
DECISIONS = {
    "pending": ["approve", "approve", "spam", "trash"],
    "approved": ["unapprove", "trash"],
    "trash": ["restore"],
    "spam": ["approve"],
}


@dataclass(frozen=True)
class Failure:
    """A request that failed, or another error; when it ended, by the monotonic clock, and how long it took."""

    minute: float
    what: str
    ended: float
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.minute:.1f} min, {self.what} after {self.seconds:.1f} s"


@dataclass
class Record:
    """What happened: requests by kind, those that failed, and what the site confirmed."""

    requests: Counter[str] = field(default_factory=Counter)
    errors: list[Failure] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)  # of the comments that were accepted
    likes: dict[tuple[str, str], bool] = field(default_factory=dict)  # by login and essay
    began: float = field(default_factory=time.monotonic)

    def fail(self, what: str, seconds: float = 0.0) -> None:
        now = time.monotonic()
        self.errors.append(Failure((now - self.began) / 60, what, now, seconds))

    def check(self, kind: str, what: str, response: Response, *expected: int) -> bool:
        """Count a request, and as an error if the status is none of these; return whether it is the first of them."""
        self.requests[kind] += 1
        if response.status not in expected:
            reason = next((found[0] for each in REASONS if (found := each.search(response.body))), "")
            words = " ".join(TAG.sub(" ", reason.partition(">")[2]).split())
            self.fail(f"{what}: {response.status or 'no response'} {words}".rstrip(), response.seconds)
        return response.status == expected[0]


@dataclass
class Crew:
    """Some members, a moderator, and new guests, one after the other, in a thread."""

    number: int
    url: str
    essays: Sequence[str]
    record: Record
    recent: list[tuple[str, int]]  # of all crews: essays and comments that can be replied to
    guests: "count[int]"

    def __post_init__(self) -> None:
        self.random = Random(self.number)
        self.logins, self.moderator = self.members(self.number), self.moderator_of(self.number)
        self.people = {login: self.person(index) for index, login in enumerate([*self.logins, self.moderator])}

    @staticmethod
    def members(number: int) -> list[str]:
        return [f"member{number}-{each}" for each in range(MEMBERS)]

    @staticmethod
    def moderator_of(number: int) -> str:
        return f"moderator{number}"

    def person(self, index: int) -> HTTPClient:
        return HTTPClient(self.url, f"198.51.{100 + self.number}.{index + 1}", timeout=120, cookies={})

    def guest(self) -> tuple[int, HTTPClient]:
        number = next(self.guests)
        return number, HTTPClient(self.url, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", timeout=120)

    def run(self, is_over: threading.Event) -> None:
        """Do one thing after the other at this crew's share of the pace."""
        actions: dict[str, Callable[[], None]] = {
            "read": self.read, "post": self.post, "like": self.like, "log in": self.log_in,
            "moderate": self.moderate, "search": self.search,
        }  # fmt: skip
        for login in self.people:
            self.log_in(login)
        self.read_everything(is_over)
        due = time.monotonic() + self.random.uniform(0, CREWS / PACE)
        while not is_over.wait(max(0.0, due - time.monotonic())):
            due = max(due + CREWS / PACE, time.monotonic() - 5)
            try:
                actions[self.random.choices(list(SHARES), list(SHARES.values()))[0]]()
            except Exception as error:
                self.record.fail(f"{type(error).__name__}: {error}")

    def read_everything(self, is_over: threading.Event) -> None:
        """Read each essay in each order, so that the caches are full once all crews have."""
        for essay in self.random.sample(self.essays, len(self.essays)):
            for order in () if is_over.is_set() else ORDERS:
                self.record.check("read", essay + order, self.guest()[1].read(essay + order), 200)

    def member(self, login: str) -> HTTPClient:
        """Return a person with a session, also if the response to their last log-in was lost."""
        if "session" not in (self.people[login].cookies or {}):
            self.log_in(login)
        return self.people[login]

    def read(self) -> None:
        login = self.random.choice([*self.logins, "", "", "", ""])
        reader = self.member(login) if login else self.guest()[1]
        path = self.random.choice([*PAGES, *[self.random.choice(self.essays)] * 6])
        if path in self.essays and self.random.random() < 0.3:
            path += self.random.choice(ORDERS[1:])
        self.record.check("read", path, reader.read(path), 200)

    def post(self) -> None:
        """Comment as a guest or a member: a new thread, or a reply to a recent comment."""
        number, person = self.guest()
        name = f"Guest {number}"
        if self.random.random() < 0.3:
            name = self.random.choice(self.logins)
            person = self.member(name)
        essay, parent = self.random.choice(self.essays), ""
        if self.recent and self.random.random() < 0.6:
            essay, pk = self.random.choice(self.recent[-200:])
            parent = str(pk)
        text = f"Number{number} {corpus.text(self.random, self.random.randint(5, 60))}"
        text += f" {HELD_WORD}" if self.random.random() < 0.1 else ""
        details = {} if name in self.people else {"name": name, "email": f"guest{number}@example.org", "website": ""}
        response = person.send(f"{essay}respond/", text=text, parent=parent, **details)
        is_gone = response.status == 422 and "no longer available" in response.body
        if self.record.check("post", f"comment on {essay}", response, 302, *([422] if is_gone else [])):
            found = PERMALINK.search(response.headers["location"])
            if found is None:
                self.record.fail(f"a comment redirects to {response.headers['location']}")
            else:
                self.record.texts[int(found[1])] = text
                self.recent += [] if HELD_WORD in text else [(essay, int(found[1]))]

    def like(self) -> None:
        """Like an essay or a comment as a member, or take that back."""
        login, value = self.random.choice(self.logins), self.random.choice("110")
        if self.recent and self.random.random() < 0.5:
            _essay, pk = self.random.choice(self.recent[-200:])
            response = self.member(login).send(f"/comments/{pk}/like/", like=value)
            self.record.check("like", f"like of comment {pk}", response, 303, 404, 409, 410)
            return
        essay = self.random.choice(self.essays)
        response = self.member(login).send(f"{essay}like/", like=value)
        if self.record.check("like", f"like of {essay}", response, 303):
            self.record.likes[login, essay] = value == "1"

    def log_in(self, login: str = "") -> None:
        """Log out, then in again."""
        login = login or self.random.choice(self.logins)
        person = self.people[login]
        assert person.cookies is not None
        if "session" in person.cookies:
            self.record.check("log in", f"log-out of {login}", person.send("/accounts/logout/"), 302)
        person.cookies.pop("session", None)  # if a response is lost, the old session may have ended all the same
        response = person.send("/accounts/login/", login=login, password=PASSWORD)
        if self.record.check("log in", f"log-in of {login}", response, 302) and "session" not in person.cookies:
            self.record.fail(f"{login} has no session after the log-in")

    def moderate(self) -> None:
        """Open a page of the queue, and decide about one comment there."""
        moderator, status = self.member(self.moderator), self.random.choice(QUEUE_TABS)
        path = f"/admin/comments/queue/?status={status}"
        page = moderator.read(path)
        if not self.record.check("moderate", path, page, 200):
            return
        if rows := ROW.findall(page.body):
            pk, status = self.random.choice(rows)
            action = self.random.choice(DECISIONS[status])
            response = moderator.request("POST", path, urlencode({"action": action, "comment": pk}))
            self.record.check("moderate", f"{action} of {pk}", response, 302)

    def search(self) -> None:
        words = " ".join(self.random.sample(corpus.WORDS, self.random.randint(1, 2)))
        path = f"/search/?{urlencode({'q': words})}"
        self.record.check("search", path, self.guest()[1].read(path), 200)


def crews(url: str, essays: Sequence[str], record: Record) -> list[Crew]:
    """Return the crews of one load; their members and moderators must exist."""
    recent: list[tuple[str, int]] = []
    guests = count(1)
    return [Crew(number, url, essays, record, recent, guests) for number in range(CREWS)]
