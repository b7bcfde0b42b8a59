"""Change whatever a page is made from, by every verb and form, and read the kept pages again: they are the new ones.

All share one site, its pages kept by one cache. After each change every address must say just what Django says; unless
all is run, every address that the test names, the front page and both essays, and a few of the others in turn.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import time_machine
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Commenter, User
from blog.models import Essay, Redirect, Site, Tag
from comments.models import Comment, Like, Rules
from moderation import actions as deciding
from moderation import undoing
from pagecache.wsgi import PageCache
from tests import make
from tests.blog.writing import as_filled, undrawn
from tests.comments.door import Browser, Page
from tests.conftest import RUNS_ALL
from tests.lists import one_in
from tests.pagecache.browsing import Answer, ask

if TYPE_CHECKING:
    from tests.services.site import Installation

pytestmark = pytest.mark.once

HOST = {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"}


class World:
    """A site with something of everything, and a visitor who reads it through the cache."""

    def __init__(self) -> None:
        make.rules(hold_first_comment=False, threads_a_page=2)
        make.site(name="Rejoinder", tagline="Essays")
        self.owner = make.owner("owner")
        self.author = make.author("miriam", name="Miriam Achterberg")
        self.reader = make.user("reader", name="Rosa Castellanos")
        self.tag = Tag.objects.create(name="Promises", slug="promises", description="On keeping them.")
        self.about = make.essay("About", by=self.author, kind="page")
        self.essay = make.essay("Whose Promise Is It?", by=self.author, deck="On a word", body="<p>In the spring.</p>")
        self.other = make.essay("The Unpayable Dinner", by=self.author)
        for essay in (self.essay, self.other):
            essay.tags.add(self.tag)
        self.root = make.comment(self.essay, "The first.", by=Commenter.objects.of(self.reader))
        self.reply = make.comment(self.essay, "The second.", to=self.root)
        self.deep = make.comment(self.essay, "The third.", to=self.reply, by=make.guest("Tobias Fenn"))
        for _ in range(2):
            make.comment(self.essay)
        self.waiting = make.comment(self.essay, "It waits.", status="pending")
        self.admin = Browser(self.owner, headers=HOST)
        self.application = get_wsgi_application()
        self.drawn = 0
        self.cache = PageCache(self.counted)
        here = self.essay.get_absolute_url()
        self.addresses = [
            "/", here, f"{here}feed/", self.other.get_absolute_url(), "/about/", "/archive/", "/tag/promises/", "/author/miriam/",
            "/feed/atom/", "/comments/feed/", "/sitemap.xml",
        ]  # fmt: skip
        self.parts = [f"{here}?cpage=2", f"{here}?by=author"]
        self.everywhere = self.addresses + self.parts * RUNS_ALL
        self.turn = 0

    def addresses_for(self, test: str) -> list[str]:
        """Where the test with this source looks."""
        if RUNS_ALL:
            return self.everywhere.copy()
        self.turn += 1
        always = {"/", self.essay.get_absolute_url(), self.other.get_absolute_url()}
        always |= {address for address in self.everywhere if f'"{address}"' in test}
        others = [address for address in self.everywhere if address not in always]
        return [address for address in self.everywhere if address in always or address in others[self.turn % 4 :: 4]]

    def counted(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.drawn += 1
        return self.application(environ, start_response)

    def read(self, address: str | Essay) -> str:
        """What the visitor is shown at an address."""
        return self.answer(address if isinstance(address, str) else address.get_absolute_url()).body.decode()

    def answer(self, address: str) -> Answer:
        return ask(self.cache, address)

    def keep_everything(self) -> None:
        """Every page is read until the cache answers for it alone: at the third time, where there was none before."""
        for address in self.addresses:
            if self.answer(address).status == 200:
                shown = self.answer(address).body
                drawn = self.drawn
                assert self.answer(address).body == shown
                assert self.drawn == drawn, f"{address} is not kept"

    def agree(self) -> None:
        """What is shown is what Django would draw now, at every address; what it draws just then, it is."""
        for address in self.addresses:
            drawn = self.drawn
            shown = self.answer(address)
            if self.drawn > drawn:
                continue
            fresh = ask(self.application, address)
            if (shown.status, shown.body) != (fresh.status, fresh.body):
                self.cache = PageCache(self.counted)  # an old page that one test found is no fault of the next one's
            assert (shown.status, shown.body.decode()) == (fresh.status, fresh.body.decode()), address

    def change(self, thing: models.Model, **fields: Any) -> None:
        """By its form in the admin; a None empties a field, fields not named stay as they are."""
        self.submit(type(thing), thing.pk, **fields)
        thing.refresh_from_db()

    def add(self, model: type[models.Model], **fields: Any) -> Any:
        self.submit(model, **fields)
        return model._default_manager.latest("pk")

    def submit(self, model: type[models.Model], *pk: int, **fields: Any) -> None:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{'change' if pk else 'add'}"
        address = reverse(name, args=pk)
        with undrawn():
            filled = as_filled(self.admin.get(address))
        for name, value in fields.items():
            if value is None or value is False:
                filled.pop(name, None)
            else:
                filled[name] = value
        answer = self.admin.post(address, filled | {"_save": "Save"})
        assert answer.status_code == 302, [
            "".join(error.itertext()) for error in Page(answer).all("ul[@class='errorlist']")
        ]

    def delete(self, thing: models.Model) -> None:
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_delete"
        assert self.admin.post(reverse(name, args=[thing.pk]), {"post": "yes"}).status_code == 302

    def delete_in_the_list(self, thing: models.Model) -> None:
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_changelist"
        sent = {"action": "delete_selected", "_selected_action": [thing.pk], "post": "yes"}
        assert self.admin.post(reverse(name), sent).status_code == 302
        assert not type(thing)._default_manager.filter(pk=thing.pk).exists()


@pytest.fixture(scope="module")
def shared(
    _migrated: "Installation", tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[World]:
    with (
        _migrated.copied(tmp_path_factory.mktemp("changes")) as installation,
        django_db_blocker.unblock(),
        installation.connected(),
    ):
        connection.settings_dict["CONN_MAX_AGE"] = None  # a connection for each of a thousand requests costs seconds
        world = World()
        yield world
        world.cache.close()


@pytest.fixture
def world(shared: World, request: pytest.FixtureRequest) -> World:
    shared.addresses = shared.addresses_for(inspect.getsource(request.function))
    shared.keep_everything()
    return shared


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment):
        yield


def test_pages_are_kept_and_are_the_right_ones(world: World) -> None:
    here, day = world.essay.get_absolute_url(), world.essay.dated
    assert day
    world.addresses = [
        *world.everywhere,
        f"{here}?order=newest",
        f"{here}?replyto={world.root.pk}",
        "/?page=1",
        "/robots.txt",
        *world.parts,
    ]
    world.addresses += ["/feed/", "/tag/promises/feed/", "/author/miriam/feed/", f"/{day.year}/{day.month:02}/"]
    world.keep_everything()
    drawn = world.drawn
    world.keep_everything()
    assert world.drawn == drawn
    world.agree()


# What readers do


def test_a_comment_that_is_published(world: World) -> None:
    Browser(headers=HOST).say(world.other, text="I have just come in.", name="Nora Just")
    world.agree()
    assert "I have just come in." in world.read(world.other)
    assert "1 response" in world.read("/")
    assert "1 response" in world.read("/tag/promises/")
    assert "Nora Just" in world.read("/comments/feed/")


def test_a_reply_that_is_published(world: World) -> None:
    Browser(headers=HOST).say(world.essay, text="I answer.", parent=str(world.root.pk), name="Nora Just")
    world.agree()
    assert "I answer." in world.read(world.essay)
    assert "I answer." in world.read(f"{world.essay.get_absolute_url()}feed/")


def test_a_comment_that_is_held_is_on_no_page(world: World) -> None:
    Browser(headers=HOST).say(world.essay, text="http://a.example http://b.example", name="Nora Just")
    world.agree()
    assert "http://a.example" not in world.read(f"{world.essay.get_absolute_url()}?order=newest")


def test_a_thread_more_that_makes_a_page_more(world: World) -> None:
    world.addresses += world.parts
    world.keep_everything()
    before = world.read(f"{world.essay.get_absolute_url()}?cpage=2")
    for number in range(3):
        Browser(headers=HOST).say(world.essay, text=f"One more thread, {number}.", name=f"Guest {number}")
    world.agree()
    assert "Newer Comments" in world.read(f"{world.essay.get_absolute_url()}?cpage=2")
    assert world.read(f"{world.essay.get_absolute_url()}?cpage=2") != before


def test_a_remembered_guests_new_website(world: World) -> None:
    guest = Browser(headers=HOST)
    guest.say(world.other, text="Here I stand.", name="Webb Site", remember="on")
    world.keep_everything()
    guest.say(world.essay, text="And here.", name="Webb Site", website="https://webb.example/", remember="on")
    world.agree()
    assert "https://webb.example/" in world.read(world.other)


def test_likes_that_come_and_go(world: World) -> None:
    reader, essay, comment = Browser(world.reader, headers=HOST), world.essay, world.root
    doors = [f"{thing.get_absolute_url()}like/" for thing in (essay, comment)]
    world.addresses += [*doors, f"{essay.get_absolute_url()}?order=liked"]
    world.keep_everything()
    for wish, words in ((1, "One blogger likes this."), (0, "Be the first to like this."), (1, "Rosa Castellanos")):
        for door in doors:
            assert reader.post(door, {"like": wish}).status_code == 303
            world.agree()
            assert words in world.read(door)
        world.keep_everything()
    assert "You like this." not in world.read(essay)  # one page for everybody
    likes = [like.pk for like in Like.objects.all()]
    sent = {"action": "remove", "_selected_action": likes}
    assert world.admin.post(reverse("admin:comments_like_changelist"), sent).status_code == 302
    world.agree()
    assert "Be the first to like this." in world.read(essay)


def test_ones_own_comment_edited_and_deleted(world: World) -> None:
    guest, here = Browser(headers=HOST), world.other.get_absolute_url()
    comment = guest.say(world.other, text="For now I think so.", name="Nora Now", remember="on")
    here = f"{here}?comment={comment.pk}"  # the page that holds it
    world.keep_everything()
    assert guest.post(f"/comments/{comment.pk}/edit/", {"text": "Now I think otherwise."}).status_code == 302
    world.agree()
    for address in (here, "/comments/feed/"):
        assert "Now I think otherwise." in world.read(address)
        assert "For now I think so." not in world.read(address)
    assert f"/comments/{comment.pk}/edit/" not in world.read(here)  # one page for everybody
    world.keep_everything()
    assert guest.post(f"/comments/{comment.pk}/delete/").status_code == 302
    world.agree()
    assert "Now I think otherwise." not in world.read(here)
    assert "Your comment is deleted." not in world.read(here)
    assert "Your comment is deleted." in world.read(f"{here}&deleted=1")


# What moderators do


VERBS: list[tuple[str, Callable[..., Any], bool, bool]] = [
    ("approved", deciding.unapprove, False, False),
    ("approved", deciding.unapprove, True, False),
    ("approved", deciding.mark_spam, False, False),
    ("approved", deciding.trash, False, False),
    ("approved", deciding.trash, True, False),
    ("pending", deciding.approve, False, True),
    ("pending", deciding.mark_spam, False, False),
    ("pending", deciding.mark_spam, True, False),
    ("spam", deciding.approve, True, True),
    ("trash", deciding.restore, False, True),
    ("trash", deciding.mark_spam, True, False),
]
NAMES = [f"{verb.__name__}-{status}-{'answered' if answered else 'leaf'}" for status, verb, answered, _ in VERBS]


@pytest.mark.parametrize(("status", "verb", "has_replies", "is_shown"), one_in(2, VERBS), ids=NAMES)
def test_a_decision_and_its_undoing(
    world: World, status: str, verb: Callable[..., Any], has_replies: bool, is_shown: bool
) -> None:
    words = f"Judge me, {status} {verb.__name__} {has_replies}."
    comment = make.comment(world.other, words)
    if has_replies:
        make.comment(world.other, to=comment)
    verbs = {"pending": deciding.unapprove, "spam": deciding.mark_spam, "trash": deciding.trash}
    if status in verbs:
        verbs[status](comment, by=world.owner)
    world.keep_everything()
    decision = verb(comment, by=world.owner)
    world.agree()
    page = f"{world.other.get_absolute_url()}?order=newest"
    assert (words in world.read(page)) == is_shown
    undoing.undo(decision, by=world.owner)
    world.agree()
    assert (words in world.read(page)) == (status == "approved")


def test_decisions_in_the_queue(world: World) -> None:
    held = [make.comment(world.other, f"Queued {number}.", status="pending") for number in range(2)]
    queue = reverse("queue")
    page = f"{world.other.get_absolute_url()}?order=newest"
    world.keep_everything()
    for action, is_shown in (("approve", True), ("spam", False)):
        assert world.admin.post(queue, {"action": action, "comment": [row.pk for row in held]}).status_code == 302
        world.agree()
        assert ("Queued 1." in world.read(page)) == is_shown


# What authors do, in the admin


def test_an_essays_words(world: World) -> None:
    make.comment(world.essay)
    world.keep_everything()
    world.change(world.essay, title="Whose Word Is It?", deck="On another word", body="<p>In the autumn.</p>")
    world.agree()
    for address in ("/", "/archive/", "/feed/", "/author/miriam/", "/tag/promises/", "/comments/feed/"):
        assert "Whose Word Is It?" in world.read(address), address
    assert "In the autumn." in world.read(world.essay)
    world.change(world.essay, excerpt="A quite different excerpt.")
    world.agree()
    assert "A quite different excerpt." in world.read("/")


def test_an_essays_address(world: World) -> None:
    old = world.other.get_absolute_url()
    world.change(world.other, slug="a-dinner")
    world.addresses.append(world.other.get_absolute_url())
    world.agree()
    assert world.answer(old).headers["location"] == world.other.get_absolute_url()
    for address in ("/", "/archive/", "/sitemap.xml", "/feed/"):
        assert "/a-dinner/" in world.read(address), address


def test_an_essays_tags(world: World) -> None:
    world.change(world.other, tags=[])
    world.agree()
    assert str(world.other) not in world.read("/tag/promises/")
    world.change(world.other, tags=[str(world.tag.pk)])
    world.agree()
    assert str(world.other) in world.read("/tag/promises/")


def test_an_essays_authors(world: World) -> None:
    joris = make.author("joris", name="Joris Vane")
    world.addresses.append("/author/joris/")
    world.keep_everything()
    world.change(
        world.other,
        **{
            "authorships-TOTAL_FORMS": "2",
            "authorships-1-essay": str(world.other.pk),
            "authorships-1-author": str(joris.pk),
            "authorships-1-position": "1",
        },
    )
    world.agree()
    assert "Joris Vane" in world.read("/")
    assert str(world.other) in world.read("/author/joris/")
    world.change(world.other, **{"authorships-1-DELETE": "on"})
    world.agree()
    assert "Joris Vane" not in world.read("/")


def test_an_essay_that_is_taken_back_and_published_again(world: World) -> None:
    published = world.other.published
    world.change(world.other, published_0="", published_1="")
    world.agree()
    assert world.answer(world.other.get_absolute_url()).status == 404
    assert str(world.other) not in world.read("/") + world.read("/sitemap.xml") + world.read("/comments/feed/")
    assert published
    world.change(world.other, published_0=f"{published:%Y-%m-%d}", published_1=f"{published:%H:%M:%S}")
    world.agree()
    assert str(world.other) in world.read("/")


def test_an_essay_that_is_new(world: World) -> None:
    now = timezone.now()
    fresh = world.add(
        Essay, kind="essay", title="Fresh", body="<p>New.</p>", published_0=f"{now:%Y-%m-%d}", published_1="00:00:00"
    )
    world.addresses.append(fresh.get_absolute_url())
    world.agree()
    for address in ("/", "/archive/", "/feed/", "/feed/atom/", "/author/owner/"):
        assert "Fresh" in world.read(address), address
    assert fresh.get_absolute_url() in world.read("/sitemap.xml")


@pytest.mark.parametrize("way", ["delete", "delete_in_the_list"])
def test_an_essay_that_is_deleted(world: World, way: str) -> None:
    essay = make.essay(f"Not Long For This World: {way}", by=world.author)
    make.comment(essay, "Nor is this.")
    world.addresses.append(essay.get_absolute_url())
    world.keep_everything()
    assert "Nor is this." in world.read("/comments/feed/")
    getattr(world, way)(essay)
    world.agree()
    for address in ("/", "/archive/", "/comments/feed/", "/sitemap.xml", "/feed/"):
        assert "Not Long For This World" not in world.read(address), address
    assert "Nor is this." not in world.read("/comments/feed/")
    assert world.answer(essay.get_absolute_url()).status == 404


def test_a_page_stands_in_every_masthead(world: World) -> None:
    now = timezone.now() - timedelta(days=1)
    when = {"published_0": f"{now:%Y-%m-%d}", "published_1": "00:00:00"}
    page = world.add(Essay, kind="page", title="Colophon", body="<p>Who made it.</p>", **when)
    world.agree()
    for address in ("/", "/archive/", world.essay.get_absolute_url(), "/about/"):
        assert "Colophon" in world.read(address), address
    world.delete(page)
    world.agree()
    assert "Colophon" not in world.read(world.essay)


def test_a_discussion_that_is_closed_and_opened(world: World) -> None:
    world.change(world.essay, **{"discussion-0-is_open": False})
    world.agree()
    assert "Comments are closed." in world.read(world.essay)
    world.change(world.essay, **{"discussion-0-is_open": "on"})
    world.agree()
    assert "Leave a Reply" in world.read(world.essay)


@pytest.mark.parametrize(
    ("setting", "value", "words", "is_there"),
    one_in(
        2,
        [
            ("own_close_after_days", "1", "Comments are closed.", True),
            ("own_shown_depth", "2", "Continue this thread", True),
            ("own_threads_a_page", "50", "Newer Comments", False),
            ("own_order", "newest", "The second.", False),
            ("may_be_liked", False, "Be the first to like this.", False),
        ],
    ),
)
def test_what_an_essay_settles_for_itself(
    world: World, setting: str, value: str | bool, words: str, is_there: bool
) -> None:
    assert (words in world.read(world.essay)) != is_there
    elsewhere = world.read(world.other)
    world.change(world.essay, **{f"discussion-0-{setting}": value})
    world.agree()
    assert (words in world.read(world.essay)) == is_there
    assert world.read(world.other) == elsewhere
    world.change(world.essay, **{f"discussion-0-{setting}": "on" if value is False else ""})
    world.agree()
    assert (words in world.read(world.essay)) != is_there


def test_an_essays_own_days_are_over_and_the_sites_are_not(world: World) -> None:
    world.change(world.essay, **{"discussion-0-own_close_after_days": "3"})
    world.keep_everything()
    assert world.essay.published
    for seconds, is_closed in ((-30, False), (1, True)):
        with at(world.essay.published + timedelta(days=3, seconds=seconds)):
            world.agree()
            assert ("Comments are closed." in world.read(world.essay)) == is_closed
            assert "Comments are closed." not in world.read(world.other)
    world.change(world.essay, **{"discussion-0-own_close_after_days": ""})


def test_an_essay_stays_open_where_the_others_close(world: World) -> None:
    world.change(world.essay, **{"discussion-0-own_close_after_days": "0"})
    world.change(rules(), close_after_days="1")
    world.agree()
    assert "Comments are closed." not in world.read(world.essay)
    assert "Comments are closed." in world.read(world.other)
    world.change(rules(), close_after_days="0")
    world.change(world.essay, **{"discussion-0-own_close_after_days": ""})


def test_what_the_author_replied(world: World) -> None:
    said = make.comment(world.essay, "So I meant it.", by=Commenter.objects.of(world.author), to=world.reply)
    alone = f"{world.essay.get_absolute_url()}?by=author"
    for decide, count in ((None, 1), (deciding.trash, 0), (deciding.restore, 1), (deciding.trash, 0)):
        if decide:
            decide(said, by=world.owner)
        world.agree()
        assert ("1 reply by the author" in world.read(world.essay)) == (count == 1)
        assert world.read(alone).count("So I meant it.") == count


def test_a_tag(world: World) -> None:
    world.change(world.tag, name="Oaths", slug="oaths", description="On swearing them.")
    world.addresses.append("/tag/oaths/")
    world.agree()
    assert world.answer("/tag/promises/").status == 301
    assert "Oaths" in world.read(world.essay)
    assert "On swearing them." in world.read("/tag/oaths/")
    world.keep_everything()
    world.change(world.tag, name="Promises", slug="promises", description="On keeping them.")


@pytest.mark.parametrize("way", ["delete", "delete_in_the_list"])
def test_a_tag_that_comes_and_goes(world: World, way: str) -> None:
    tag = world.add(Tag, name=f"Fleeting {way}", slug=f"fleeting-{way}")
    world.addresses.append(tag.get_absolute_url())
    world.keep_everything()
    world.change(world.essay, tags=[str(world.tag.pk), str(tag.pk)])
    world.agree()
    assert "Fleeting" in world.read(world.essay)
    assert tag.get_absolute_url() in world.read("/sitemap.xml")
    getattr(world, way)(tag)
    world.agree()
    assert "Fleeting" not in world.read(world.essay)
    assert world.answer(tag.get_absolute_url()).status == 404


def test_an_old_address(world: World) -> None:
    world.addresses.append("/once/upon/a/time/")
    assert world.answer("/once/upon/a/time/").status == 404
    row = world.add(Redirect, old="/once/upon/a/time/", essay=str(world.essay.pk))
    world.agree()
    assert world.answer("/once/upon/a/time/").status == 301
    world.delete(row)
    world.agree()


# Who people are


def test_an_authors_name(world: World) -> None:
    make.comment(world.essay, "I wrote this.", by=Commenter.objects.of(world.author))
    world.keep_everything()
    world.change(world.author, name="Miriam A. Berg")
    world.agree()
    for address in ("/", "/author/miriam/", world.essay.get_absolute_url(), "/feed/", "/comments/feed/"):
        assert "Miriam A. Berg" in world.read(address), address
        assert "Achterberg" not in world.read(address), address


def test_an_authors_user_name(world: World) -> None:
    world.change(world.author, username="miri")
    world.addresses.append("/author/miri/")
    world.agree()
    assert "/author/miri/" in world.read("/")
    assert world.answer("/author/miriam/").status == 404
    world.change(world.author, username="miriam")


def test_a_readers_name(world: World) -> None:
    world.change(world.reader, name="Rosa C.")
    world.agree()
    assert "Rosa C." in world.read(world.essay)
    assert "Castellanos" not in world.read(f"{world.essay.get_absolute_url()}?replyto={world.root.pk}")


def test_a_guests_name_and_website(world: World) -> None:
    comment = make.comment(world.other, by=make.guest("Anna Karg"))
    world.keep_everything()
    world.change(comment.commenter, name="Anna Kargova", website="https://karg.example/")
    world.agree()
    assert "Anna Kargova" in world.read("/comments/feed/")
    assert "https://karg.example/" in world.read(f"{world.other.get_absolute_url()}?order=newest")


@pytest.mark.parametrize("way", ["delete", "delete_in_the_list"])
def test_somebody_who_is_deleted(world: World, way: str) -> None:
    somebody = make.author(f"brief-{way}", name="Brief Visit")
    essay = make.essay(by=somebody)
    make.comment(essay, by=Commenter.objects.of(somebody))
    world.addresses += [f"/author/brief-{way}/", essay.get_absolute_url()]
    world.keep_everything()
    assert "by-author" in world.read(essay)
    getattr(world, way)(somebody)
    world.agree()
    assert "by-author" not in world.read(essay)
    assert world.answer(f"/author/brief-{way}/").status == 404


# How the site is set up


def site() -> Site:
    return Site.objects.get()


@pytest.mark.parametrize(
    ("field", "value", "address", "words"),
    [
        ("name", "Retort", "/archive/", "Retort"),
        ("tagline", "What was said", "/", "What was said"),
        ("language", "de", "/about/", 'lang="de"'),
        ("essays_a_page", "1", "/", "Older Essays"),
    ],
)
def test_a_setting_of_the_site(world: World, field: str, value: str, address: str, words: str) -> None:
    before = getattr(site(), field)
    assert words not in world.read(address)
    world.change(site(), **{field: value})
    world.agree()
    assert words in world.read(address)
    world.change(site(), **{field: before})


def test_the_sites_time_zone(world: World) -> None:
    before = world.read(world.essay)
    world.change(site(), time_zone="Pacific/Kiritimati")
    world.agree()
    assert world.read(world.essay) != before
    world.change(site(), time_zone="UTC")
    assert world.read(world.essay) == before


def rules() -> Rules:
    return Rules.objects.get()


@pytest.mark.parametrize(
    ("field", "value", "words", "is_there"),
    one_in(
        2,
        [
            ("who_may_comment", "login", "Log in to leave a reply:", True),
            ("who_may_comment", "name", "optional, never made public", True),
            ("hold_everything", True, "Every comment is read by a moderator", True),
            ("hold_first_comment", True, "Your first comment is read by a moderator", True),
            ("close_after_days", 1, "Comments are closed.", True),
            ("shown_depth", 2, "Continue this thread", True),
            ("threads_a_page", 50, "Newer Comments", False),
            ("order", "newest", "The second.", False),
            ("likes", False, "Be the first to like this.", False),
        ],
    ),
)
def test_a_rule_of_discussion(world: World, field: str, value: Any, words: str, is_there: bool) -> None:
    before = getattr(rules(), field)
    assert (words in world.read(world.essay)) != is_there
    world.change(rules(), **{field: value})
    world.agree()
    assert (words in world.read(world.essay)) == is_there
    world.change(rules(), **{field: before})


def test_rules_from_the_command_line(world: World) -> None:
    for setting in ("hold_everything=true", "hold_everything=false"):
        call_command("rules", setting, stdout=StringIO())
        world.agree()
    assert "Every comment is read by a moderator" not in world.read(world.essay)


# What comes by itself


def test_an_essay_whose_time_comes(world: World) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=10)
    essay = make.essay("All In Good Time", by=world.author, published=moment)
    essay.tags.add(world.tag)
    world.addresses.append(essay.get_absolute_url())
    world.keep_everything()
    places = ("/", "/archive/", "/feed/", "/feed/atom/", "/tag/promises/", "/author/miriam/")
    for seconds, is_there in ((-30, False), (1, True)):
        with at(moment + timedelta(seconds=seconds)):
            world.agree()
            for address in places:
                assert ("All In Good Time" in world.read(address)) == is_there, address
            assert (essay.get_absolute_url() in world.read("/sitemap.xml")) == is_there
    Essay.objects.filter(pk=essay.pk).update(published=timezone.now() - timedelta(hours=1))


def test_a_page_whose_time_comes(world: World) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=10)
    page = make.essay("Imprint", by=world.author, kind="page", published=moment)
    world.addresses.append(page.get_absolute_url())
    world.keep_everything()
    places = ("/", "/archive/", "/about/", world.essay.get_absolute_url(), world.other.get_absolute_url())
    for seconds, is_there in ((-30, False), (1, True)):
        with at(moment + timedelta(seconds=seconds)):
            world.agree()
            for address in places:
                assert ("Imprint" in world.read(address)) == is_there, address
    world.delete(page)


def test_a_discussion_whose_days_are_over(world: World) -> None:
    world.change(rules(), close_after_days="3")
    world.keep_everything()
    assert world.essay.published
    moment = world.essay.published + timedelta(days=3)
    for seconds, is_closed in ((-30, False), (1, True)):
        with at(moment + timedelta(seconds=seconds)):
            world.agree()
            assert ("Comments are closed." in world.read(world.essay)) == is_closed
    world.change(rules(), close_after_days="0")


# What a reader chose


def test_an_order_that_a_reader_chose(world: World) -> None:
    here = world.essay.get_absolute_url()
    page = Page(world.admin.get(here, headers=HOST))
    links = {"".join(link.itertext()): str(link.get("href")) for link in page.all("nav[@class='tools']//a")}
    newest, usual = (links[name].partition("#")[0] for name in ("Newest", "Oldest"))
    followed = {"sec_fetch_site": "same-origin", "sec_fetch_mode": "navigate"}
    chosen = ask(world.cache, newest, **followed)
    assert chosen.headers["set-cookie"].startswith("order=newest; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax")
    cookie = "theme=dark; order=newest"
    drawn = world.drawn
    remembered = ask(world.cache, here, cookie=cookie)
    assert (remembered.body, world.drawn) == (chosen.body, drawn)  # the same kept page
    assert "set-cookie" not in remembered.headers
    assert "set-cookie" not in ask(world.cache, newest, cookie=cookie, **followed).headers
    assert ask(world.cache, here).body == world.answer(here).body != chosen.body
    assert ask(world.cache, f"{here}?order=oldest", cookie=cookie).body != chosen.body
    onward = ask(world.cache, world.root.get_absolute_url(), cookie=cookie)
    assert "order=newest" in onward.headers["location"]
    guest = Browser(headers=HOST)
    guest.say(world.essay, text="Mine, and I am remembered.", remember="on")
    known = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    assert ask(world.cache, newest, cookie=known, **followed).headers["set-cookie"].startswith("order=newest")
    for order, is_there in (("newest", True), ("oldest", False)):
        assert (b"Mine, and I am" in ask(world.cache, here, cookie=f"{known}; order={order}").body) == is_there
    make.comment(world.essay, "Newer than your choice.")
    assert b"Newer than your choice." in ask(world.cache, here, cookie=cookie).body
    forgotten = ask(world.cache, usual, cookie=cookie, **followed)
    assert forgotten.headers["set-cookie"].startswith("order=; Max-Age=0; Path=/")
    assert forgotten.body.decode().partition("thread")[2] == world.read(here).partition("thread")[2]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("order=newest", {"sec_fetch_site": "cross-site"}),
        ("order=newest", {}),
        ("order=newest", {"sec_fetch_site": "same-origin", "sec_purpose": "prefetch"}),
        ("order=newest", {"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}),
        ("order=newest&cpage=2", {"sec_fetch_site": "same-origin"}),
        ("order=sideways", {"sec_fetch_site": "same-origin"}),
        ("order=newest%0d%0aSet-Cookie:x", {"sec_fetch_site": "same-origin"}),
    ],
)
def test_what_is_no_choice_is_not_remembered(world: World, query: str, headers: dict[str, str]) -> None:
    answer = ask(world.cache, f"{world.essay.get_absolute_url()}?{query}", **headers)
    assert answer.status == 200
    assert "set-cookie" not in answer.headers


# Whose page it is


def test_a_page_made_for_one_is_shown_to_nobody_else(world: World) -> None:
    guest = Browser(headers=HOST)
    guest.say(world.essay, text="Mine: http://a.example http://b.example", name="Private Person", remember="on")
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in guest.cookies.items())
    for address in (world.essay.get_absolute_url(), f"{world.essay.get_absolute_url()}?order=newest"):
        personal = ask(world.cache, address, cookie=cookie)
        assert b"Private Person" in personal.body
        assert personal.headers["cache-control"] == "private, no-store"
        for headers in ({}, {"cookie": "other=1"}):
            assert b"Private Person" not in ask(world.cache, address, **headers).body
    world.agree()


def test_a_signed_link_is_kept_for_nobody(world: World) -> None:
    answer = Browser(headers=HOST).post_to(
        world.essay, text="Held: http://a.example http://b.example", name="Linked Person"
    )
    address = answer.answer.headers["Location"]
    there = ask(world.cache, address).headers["location"].partition("#")[0]
    held = ask(world.cache, there)
    assert b"Linked Person" in held.body
    assert held.headers["cache-control"] == "private, no-store"
    assert b"Linked Person" not in ask(world.cache, there.partition("?")[0]).body
    world.agree()


def test_a_readers_own_page_is_as_new_as_anybodys(world: World) -> None:
    browser = Browser(world.reader, headers=HOST)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    comment: Comment = make.comment(world.other, "Now you see it.")
    page = f"{world.other.get_absolute_url()}?order=newest"
    assert b"Now you see it." in ask(world.cache, page, cookie=cookie).body
    deciding.trash(comment, by=User.objects.get(pk=world.owner.pk))
    assert b"Now you see it." not in ask(world.cache, page, cookie=cookie).body
