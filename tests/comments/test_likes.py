"""Likes by the doors that people use: counted once each, said in the right words, and taken away by the owner."""

from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import actions as people
from accounts import forgetting
from accounts.models import Commenter, User
from blog.models import Essay
from comments import checking, jobs, liked, liking
from comments.actions import Gone
from comments.models import Bar, Comment, Discussion, Like
from comments.screening import Sender
from tests import make
from tests.comments.door import Browser, Page, place, words

if TYPE_CHECKING:
    from tests.services.site import Installation

pytestmark = [pytest.mark.django_db, pytest.mark.once]
COOKIE = "commenter"


def like_address(target: Essay | Comment) -> str:
    return f"{target.get_absolute_url()}like/"


def press(browser: Browser, target: Essay | Comment, wish: int = 1, **more: Any) -> Any:
    return browser.post(like_address(target), {"like": wish, **more})


def count(target: Essay | Comment) -> int:
    if isinstance(target, Comment):
        return int(Comment.objects.get(pk=target.pk).likes)
    found = Discussion.objects.filter(essay=target).first()
    return found.likes if found else 0


def mark(page: Page, target: Essay | Comment) -> Element:
    inside = page.comment(target) if isinstance(target, Comment) else page.one("article[@class='essay leaf']")
    return next(part for part in inside.iter() if part.get("class") == "likes")


def button(page: Page, target: Essay | Comment) -> Element:
    found = mark(page, target).find(".//button")
    assert found is not None
    return found


def said(page: Page, essay: Essay) -> str:
    return words(next(part for part in mark(page, essay).iter() if part.get("class") == "said"))


def liked_by(target: Essay | Comment, people: int) -> list[User]:
    """So many people like it, each by the verb."""
    readers = [make.user(name=f"Reader {number}") for number in range(people)]
    essay = target.essay if isinstance(target, Comment) else target
    for reader in readers:
        liking.like(
            commenter=Commenter.objects.of(reader),
            sender=Sender(),
            essay=essay,
            comment=target.pk if isinstance(target, Comment) else None,
        )
    return readers


@pytest.fixture
def reader(db: None) -> Browser:
    return Browser(make.user("rosa", name="Rosa Castellanos"))


@pytest.fixture
def comment(essay: Essay) -> Comment:
    return make.comment(essay, "Nobody's.", by=make.guest("Ines <b>Okafor"))


# In words


BLOGGERS = {
    (0, False): "Be the first to like this.",
    (1, False): "One blogger likes this.",
    (2, False): "2 bloggers like this:",
    (3, False): "3 bloggers like this:",
    (5, False): "5 bloggers like this:",
    (6, False): "6 bloggers like this:",
    (1, True): "You like this.",
    (2, True): "You and one other blogger like this.",
    (3, True): "You and 2 other bloggers like this:",
    (6, True): "You and 5 other bloggers like this:",
}
OTHERS = {
    "reader": [("blogger", "reader")],
    "person": [("one blogger", "one person"), ("One blogger", "One person"), ("one other blogger", "one other person"),
               ("bloggers", "people")],
}  # fmt: skip


@pytest.mark.parametrize("likers", ["blogger", "reader", "person"])
def test_how_many_like_it_is_said_in_the_owners_noun(likers: str) -> None:
    for (number, is_mine), sentence in BLOGGERS.items():
        expected = sentence
        for old, new in OTHERS.get(likers, []):
            expected = expected.replace(old, new)
        assert liked.said(likers, number, is_mine=is_mine) == expected


@pytest.mark.parametrize("others", [0, 1, 2, 5])
def test_an_essay_says_who_likes_it(essay: Essay, guest: Browser, reader: Browser, others: int) -> None:
    liked_by(essay, others)
    assert said(guest.read(essay), essay) == BLOGGERS[others, False]
    assert press(reader, essay).status_code == 303
    assert said(reader.read(essay), essay) == BLOGGERS[others + 1, True]
    assert said(guest.read(essay), essay) == BLOGGERS[others + 1, False]
    assert count(essay) == others + 1


def test_a_comments_button_says_whose_it_is_and_whether_it_is_pressed(
    essay: Essay, comment: Comment, reader: Browser, guest: Browser
) -> None:
    liked_by(comment, 2)
    before = button(reader.read(essay), comment)
    assert (before.get("aria-label"), before.get("aria-pressed"), before.text) == (
        "Like this comment by Ines <b>Okafor", "false", "Like",
    )  # fmt: skip
    answer = press(reader, comment)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/comments/{comment.pk}/")
    page = reader.read(essay)
    after = button(page, comment)
    assert (after.get("aria-label"), after.get("aria-pressed"), after.text) == (
        "You like this comment by Ines <b>Okafor", "true", "Liked",
    )  # fmt: skip
    assert words(mark(page, comment)) == "Liked 3"
    assert button(guest.read(essay), comment).get("aria-pressed") == "false"


def test_the_other_state_stands_ready_for_the_script(essay: Essay, reader: Browser, guest: Browser) -> None:
    liked_by(essay, 1)
    (sentence,) = [part for part in mark(reader.read(essay), essay).iter("a") if part.get("data-other")]
    assert sentence.get("data-other") == "You and one other blogger like this."
    # of whom nobody knows they may, nothing is promised
    assert not [part for part in mark(guest.read(essay), essay).iter() if part.get("data-other")]


# What is asked for is so


@pytest.mark.both
@pytest.mark.parametrize("kind", ["essay", "comment"])
def test_asking_twice_changes_nothing(essay: Essay, comment: Comment, reader: Browser, kind: str) -> None:
    target = essay if kind == "essay" else comment
    for _ in range(2):
        assert press(reader, target).status_code == 303
        assert (count(target), Like.objects.count()) == (1, 1)
    for _ in range(2):
        assert press(reader, target, 0).status_code == 303
        assert (count(target), Like.objects.count()) == (0, 0)


@pytest.mark.parametrize("wish", ["", "2", "yes", "\0"])
def test_what_is_neither_asked_for_nor_taken_back_is_refused(essay: Essay, reader: Browser, wish: str) -> None:
    answer = reader.post(like_address(essay), {"like": wish})
    assert (answer.status_code, count(essay)) == (422, 0)


@pytest.mark.both
def test_the_database_holds_one_of_each(essay: Essay, comment: Comment) -> None:
    somebody = Commenter.objects.create(name="A")
    Like.objects.create(commenter=somebody, essay=essay)
    Like.objects.create(commenter=somebody, comment=comment)
    for fields in ({"essay": essay}, {"comment": comment}, {"essay": essay, "comment": comment}, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Like.objects.create(commenter=somebody, **fields)


def test_ones_own_comment_may_be_liked(essay: Essay) -> None:
    user = make.user("own")
    own = make.comment(essay, by=Commenter.objects.of(user))
    assert press(Browser(user), own).status_code == 303
    assert count(own) == 1


@pytest.mark.parametrize("status", ["pending", "spam", "trash"])
def test_what_cannot_be_read_cannot_be_liked(essay: Essay, reader: Browser, status: str) -> None:
    hidden = make.comment(essay, status=status)
    answer = press(reader, hidden, fragment=1)
    assert (answer.status_code, answer.content.decode()) == (404, "This comment is no longer here.")
    with pytest.raises(Gone):  # decided while the like was on its way
        liking.like(commenter=Commenter.objects.create(name="A"), sender=Sender(), essay=essay, comment=hidden.pk)
    assert (reader.get(like_address(hidden)).status_code, count(hidden)) == (404, 0)


def test_nothing_is_liked_under_an_essay_that_is_no_longer_public(
    essay: Essay, comment: Comment, reader: Browser
) -> None:
    address = like_address(essay)
    Essay.objects.update(published=None)
    assert (press(reader, comment).status_code, reader.post(address, {"like": 1}).status_code) == (404, 404)
    assert not Like.objects.exists()


def test_a_page_is_liked_too(author: User, reader: Browser) -> None:
    make.rules()
    about = make.essay("About", by=author, kind="page")
    assert press(reader, about).status_code == 303
    assert "You like this." in reader.read(about).words


# Without script


def test_the_address_shows_one_button_and_who(essay: Essay, comment: Comment, reader: Browser, guest: Browser) -> None:
    liked_by(comment, 2)
    for target, told in ((essay, "Be the first to like this."), (comment, "2 bloggers like this:")):
        page = guest.read(like_address(target))
        assert (page.status, told in page.words) == (200, True)
        (form,) = [form for form in page.all("form") if form.get("method") == "post"]
        address = str(form.get("action"))
        (only,) = form.iter("button")
        assert reader.post(address, {str(only.get("name")): str(only.get("value"))}).status_code == 303
    assert (count(essay), count(comment)) == (1, 3)
    assert "Reader 0" in page.words


@pytest.mark.both
def test_the_list_names_sixty_and_counts_the_others(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    for number in range(3):
        press(Browser(address=f"198.51.{number}.1"), essay)
    with transaction.atomic():
        rows = Commenter.objects.bulk_create(Commenter(name=f"Named {number}.") for number in range(61))
        Like.objects.bulk_create(Like(commenter=row, essay=essay) for row in rows)
        Discussion.objects.filter(essay=essay).update(likes=64)
    page = guest.read(like_address(essay))
    assert len(list(page.one("section[@class='likers']").iter("li"))) == 60
    assert "Named 0." not in page.words
    assert "Named 60." in page.words
    assert "64 bloggers like this:" in page.words
    assert "And 3 guests. And 1 more." in page.words


def test_the_order_of_the_thread_is_kept(essay: Essay, comment: Comment, reader: Browser) -> None:
    make.comment(essay)
    page = reader.read(f"{essay.get_absolute_url()}?order=newest")
    action = str(next(mark(page, comment).iter("form")).get("action"))
    answer = reader.post(action, {"like": 1})
    assert answer.headers["Location"] == f"/comments/{comment.pk}/?order=newest"


def test_the_mark_alone_is_what_the_script_asks_for(essay: Essay, comment: Comment, reader: Browser) -> None:
    answer = press(reader, essay, fragment=1)
    assert (answer.status_code, answer.content.decode().startswith("<section")) == (200, True)
    assert "You like this." in answer.content.decode()
    answer = press(reader, comment, fragment=1)
    assert answer.content.decode() in reader.get(essay.get_absolute_url()).content.decode()


# Who may


def test_a_guest_is_asked_to_log_in_unless_the_owner_lets_guests(
    essay: Essay, comment: Comment, guest: Browser
) -> None:
    for target in (essay, comment):
        page = Page(press(guest, target))
        assert page.status == 403
        assert "Here people log in before they like something." in page.words
        assert [link for link in page.all("a") if str(link.get("href")).startswith("/accounts/login/?next=")]
    remembered = Browser()
    remembered.say(essay, remember="on")
    assert press(remembered, essay).status_code == 403
    assert (Like.objects.count(), guest.cookies) == (0, {})


@pytest.mark.both
def test_guests_like_once_a_browser(essay: Essay, comment: Comment, guest: Browser, stranger: Browser) -> None:
    make.rules(guests_may_like=True)
    assert COOKIE not in guest.cookies
    guest.read(essay)
    assert COOKIE not in guest.cookies  # made at the moment of the first like only
    for target in (essay, essay, comment):
        assert press(guest, target).status_code == 303
    assert guest.cookies[COOKIE]["httponly"]
    assert said(guest.read(essay), essay) == "You like this."
    press(stranger, essay)
    assert said(guest.read(essay), essay) == "You and one other blogger like this."
    assert (count(essay), count(comment), Commenter.objects.filter(name="").count()) == (2, 1, 2)
    assert press(guest, essay, 0).status_code == 303
    assert (count(essay), count(comment)) == (1, 1)


def test_who_takes_back_what_they_never_liked_stays_a_stranger(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    assert press(guest, essay, 0).status_code == 303
    assert (guest.cookies, Commenter.objects.filter(name="").count()) == ({}, 0)


def test_a_guest_who_is_remembered_likes_as_who_they_are(essay: Essay) -> None:
    make.rules(guests_may_like=True)
    guest = Browser()
    said_here = guest.say(essay, remember="on")
    press(guest, essay)
    assert Like.objects.get().commenter == said_here.commenter


def test_a_guest_without_a_name_is_called_nothing(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    press(guest, essay)
    mine, kept = guest.read("/comments/mine/"), guest.read(reverse("data"))
    assert (mine.status, "from this browser as" in mine.words) == (200, False)
    assert (kept.status, "What you like" in kept.words) == (200, True)


def test_a_guest_without_a_name_who_comments_is_asked_for_all_they_were(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    press(guest, essay)
    form = guest.read(essay).form
    assert "remember" not in form  # nobody asked for that
    guest.say(essay, text="I say so too.")
    assert said(guest.read(essay), essay) == "You like this."
    guest.say(essay, text="And so on.", remember="on")
    assert said(guest.read(essay), essay) == "You like this."
    assert (Like.objects.get().commenter.name, Commenter.objects.filter(name="").exists()) == ("Anna Karg", False)


@pytest.mark.both
def test_new_browsers_from_one_address_are_limited(essay: Essay) -> None:
    make.rules(guests_may_like=True)
    for _ in range(liking.NEW_AN_HOUR):
        assert press(Browser(), essay).status_code == 303
    refused = press(Browser(), essay, fragment=1)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= liking.HOUR
    assert "please wait" in refused.content.decode()
    assert count(essay) == Like.objects.count() == liking.NEW_AN_HOUR
    assert press(Browser(address="198.51.100.9"), essay).status_code == 303


def test_one_person_cannot_change_their_mind_without_end(essay: Essay, reader: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr(liking, "A_MINUTE", 2)
    assert [press(reader, essay, wish).status_code for wish in (1, 0, 1)] == [303, 303, 429]
    assert count(essay) == 0


def test_a_like_from_another_site_is_refused(essay: Essay) -> None:
    browser = Browser(make.user(), headers={"Sec-Fetch-Site": "cross-site"})
    assert (press(browser, essay).status_code, count(essay)) == (403, 0)


# What the owner decides


def test_likes_are_switched_off_everywhere_or_for_one_essay(essay: Essay, comment: Comment, reader: Browser) -> None:
    press(reader, comment)
    other = make.essay()
    Discussion.objects.update_or_create(essay=essay, defaults={"may_be_liked": False})
    for target in (essay, comment):
        answer = press(reader, target, fragment=1)
        assert (answer.status_code, answer.content.decode()) == (403, "Likes are switched off here.")
        assert reader.get(like_address(target)).status_code == 404
    assert [part for part in reader.read(essay).tree.iter() if part.get("class") == "likes"] == []
    assert "likes.js" not in reader.read(essay).html
    assert "likes.js" in reader.read(other).html
    make.rules(likes=False)
    assert [part for part in reader.read(other).tree.iter() if part.get("class") == "likes"] == []
    make.rules(likes=True)
    Discussion.objects.update(may_be_liked=True)
    assert button(reader.read(essay), comment).get("aria-pressed") == "true"  # nothing was lost


def act(owner: Browser, action: str, *likes: Like) -> None:
    sent = {"action": action, "_selected_action": [like.pk for like in likes]}
    assert owner.post(reverse("admin:comments_like_changelist"), sent).status_code == 302


def test_the_owner_removes_likes(essay: Essay, comment: Comment) -> None:
    owner = Browser(make.owner())
    liked_by(essay, 2)
    liked_by(comment, 1)
    page = owner.read(reverse("admin:comments_like_changelist"))
    assert "Comment by Ines <b>Okafor on" in page.words
    act(owner, "remove", *Like.objects.order_by("pk")[1:])
    assert (count(essay), count(comment), Bar.objects.count()) == (1, 0, 0)


def test_whoever_is_barred_likes_nothing_more(essay: Essay, comment: Comment, reader: Browser) -> None:
    make.rules(guests_may_like=True)
    owner, guest, neighbour = Browser(make.owner()), Browser(), Browser(address="203.0.113.250")
    for browser in (reader, guest):
        press(browser, essay)
    act(owner, "remove_and_bar", *Like.objects.all())
    assert count(essay) == 0
    for browser in (reader, guest, neighbour):
        answer = press(browser, comment, fragment=1)
        assert (answer.status_code, answer.content.decode()) == (
            403,
            "The owner of this site takes no likes from here.",
        )
    assert press(Browser(make.user()), comment).status_code == 303  # who logs in is known by more than an address
    Bar.objects.all().delete()
    assert press(reader, comment).status_code == 303


@pytest.mark.both
def test_networks_are_kept_of_guests_alone_and_for_a_month(essay: Essay, guest: Browser, reader: Browser) -> None:
    make.rules(guests_may_like=True)
    press(guest, essay)
    press(reader, essay)
    assert list(Like.objects.order_by("pk").values_list("network", flat=True)) == ["203.0.113.0/24", ""]
    Like.objects.update(created=Like.objects.latest("pk").created - jobs.NETWORKS_KEPT * 1.1)
    jobs.forget_networks.call()
    assert not Like.objects.exclude(network="").exists()


def test_the_rules_are_set_from_the_command_line(installation: "Installation") -> None:
    told = installation.manage("rules", "guests_may_like=true", "likers=reader", "order=liked")
    assert {"guests_may_like=true", "likers=reader", "likes=true", "order=liked"} <= {*told.split()}


# Two who are one, and one who is nobody


@pytest.mark.both
def test_what_two_liked_who_are_one_counts_once(essay: Essay, comment: Comment) -> None:
    old, new = (Commenter.objects.of(make.user()) for _ in range(2))
    for who in (old, new):
        liking.like(commenter=who, sender=Sender(), essay=essay)
    liking.like(commenter=old, sender=Sender(), essay=essay, comment=comment.pk)
    Bar.objects.create(commenter=old)
    people.join(old, new)
    assert (count(essay), count(comment)) == (1, 1)
    assert {*Like.objects.values_list("commenter", flat=True)} == {new.pk}
    assert Bar.objects.get().commenter == new


@pytest.mark.both
def test_the_likes_of_whoever_is_forgotten_go(essay: Essay, comment: Comment) -> None:
    (user,) = liked_by(comment, 1)
    liking.like(commenter=Commenter.objects.of(user), sender=Sender(), essay=essay)
    forgetting.forget(Commenter.objects.of(user), words_stay=True)
    assert (count(essay), count(comment), Like.objects.count()) == (0, 0, 0)


# Order, queries, languages


@pytest.fixture
def five(essay: Essay) -> list[Comment]:
    """Threads with 0, 2, 1, 2 and 0 likes."""
    roots = make.talk(essay, *[None] * 5)
    for root, likes in zip(roots, (0, 2, 1, 2, 0), strict=True):
        liked_by(root, likes)
    return roots


@pytest.mark.both
def test_threads_stand_by_likes_then_newest(essay: Essay, five: list[Comment], guest: Browser) -> None:
    reply = make.comment(essay, to=five[0])
    liked_by(reply, 3)  # of a thread its root alone counts
    expected = [five[3].pk, five[1].pk, five[2].pk, five[4].pk, five[0].pk, reply.pk]
    address = f"{essay.get_absolute_url()}?order=liked"
    assert guest.read(address).shown == expected
    make.rules(threads_a_page=2)
    pages = [guest.read(f"{address}&cpage={number}") for number in (1, 2, 3)]
    assert [pk for page in pages for pk in page.shown] == expected
    assert "Less Liked Comments" in pages[0].words
    for page in pages:
        for pk in page.shown:
            onward = guest.get(f"/comments/{pk}/?order=liked")
            assert "order=liked" in onward.headers["Location"]
            assert guest.read(place(onward)).shown == page.shown


@pytest.mark.both
def test_ones_own_waiting_comment_stands_on_the_first_page(essay: Essay, five: list[Comment]) -> None:
    make.rules(threads_a_page=2, hold_everything=True)
    browser = Browser()
    held = browser.say(essay, remember="on")
    page = browser.read(f"/comments/{held.pk}/?order=liked")
    assert page.shown == [five[3].pk, five[1].pk, held.pk]


@pytest.mark.both
@pytest.mark.parametrize("comments", [1, 12])
def test_a_page_asks_one_question_for_ones_own_likes(essay: Essay, reader: Browser, comments: int) -> None:
    for _ in range(comments):
        liked_by(make.comment(essay), 1)
    liked_by(essay, 1)
    reader.read(essay)
    with CaptureQueriesContext(connection) as captured:
        reader.read(essay)
    asked = [query["sql"] for query in captured if '"comments_like"' in query["sql"]]
    assert len(asked) == 2, asked  # with the essay's discussion, and with the thread
    assert len(captured) <= 12


@pytest.mark.both
def test_check_threads_finds_and_mends_a_count_that_is_wrong(essay: Essay, comment: Comment) -> None:
    liked_by(comment, 1)
    liked_by(essay, 1)
    assert list(checking.problems()) == []
    Comment.objects.update(likes=7)
    Discussion.objects.update(likes=9)
    assert len(list(checking.problems())) == 2
    checking.repair()
    assert (count(essay), count(comment), list(checking.problems())) == (1, 1, [])
