"""Who may like: people, guests if the owner allows it, no one who is barred; and removing likes."""

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from accounts.models import Commenter
from blog.models import Essay
from comments import jobs
from comments.likes import actions as liking
from comments.models import Bar, Comment, Discussion, Like
from tests import make
from tests.comments.browser_client import Browser, Page
from tests.comments.like_buttons import add_likes, like_button, like_count, like_path, likes_sentence, press_like

if TYPE_CHECKING:
    from tests.services.site import Installation

pytestmark = [pytest.mark.django_db, pytest.mark.once]
COOKIE = "commenter"


# Who may like


def test_a_guest_must_log_in_unless_the_owner_allows_guests_to_like(
    essay: Essay, comment: Comment, guest: Browser
) -> None:
    for target in (essay, comment):
        page = Page(press_like(guest, target))
        assert page.status == 403
        assert "Log in to like this" in page.text
        (back,) = [link.get("href") for link in page.all("a") if link.text == "Back to the essay"]
        assert guest.get(str(back), follow=True).status_code == 200
    remembered = Browser()
    remembered.post_comment(essay, remember="on")
    assert press_like(remembered, essay).status_code == 403
    assert (Like.objects.count(), guest.cookies) == (0, {})


@pytest.mark.both
def test_guests_can_like_once_per_browser(essay: Essay, comment: Comment, guest: Browser, stranger: Browser) -> None:
    make.rules(guests_may_like=True)
    assert COOKIE not in guest.cookies
    guest.read(essay)
    assert COOKIE not in guest.cookies  # created only by the first like
    for target in (essay, essay, comment):
        assert press_like(guest, target).status_code == 303
    assert guest.cookies[COOKIE]["httponly"]
    assert likes_sentence(guest.read(essay), essay) == "You like this."
    press_like(stranger, essay)
    assert likes_sentence(guest.read(essay), essay) == "You and one other blogger like this."
    assert (like_count(essay), like_count(comment), Commenter.objects.filter(name="").count()) == (2, 1, 2)
    assert press_like(guest, essay, 0).status_code == 303
    assert (like_count(essay), like_count(comment)) == (1, 1)


def test_an_unlike_by_an_unknown_guest_creates_no_commenter(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    assert press_like(guest, essay, 0).status_code == 303
    assert (guest.cookies, Commenter.objects.filter(name="").count()) == ({}, 0)


def test_a_remembered_guest_likes_under_their_own_name(essay: Essay) -> None:
    make.rules(guests_may_like=True)
    guest = Browser()
    said_here = guest.post_comment(essay, remember="on")
    press_like(guest, essay)
    assert Like.objects.get().commenter == said_here.commenter


def test_a_guest_without_a_name_is_shown_without_one(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    press_like(guest, essay)
    mine, kept = guest.read("/replies/comments/"), guest.read(reverse("data"))
    assert (mine.status, "from this browser as" in mine.text) == (200, False)
    assert (kept.status, "Your likes" in kept.text) == (200, True)


def test_a_nameless_guest_who_comments_sees_an_empty_form(essay: Essay, guest: Browser) -> None:
    make.rules(guests_may_like=True)
    press_like(guest, essay)
    form = guest.read(essay).form_values
    assert "remember" not in form  # not requested
    guest.post_comment(essay, text="I say so too.")
    assert likes_sentence(guest.read(essay), essay) == "You like this."
    guest.post_comment(essay, text="And so on.", remember="on")
    assert likes_sentence(guest.read(essay), essay) == "You like this."
    assert (Like.objects.get().commenter.name, Commenter.objects.filter(name="").exists()) == ("Anna Karg", False)


@pytest.mark.both
def test_new_browsers_from_one_address_are_limited(essay: Essay) -> None:
    make.rules(guests_may_like=True)
    for _ in range(liking.NEW_GUESTS_AN_HOUR):
        assert press_like(Browser(), essay).status_code == 303
    refused = press_like(Browser(), essay, fragment=1)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= liking.HOUR
    assert "Please wait" in refused.content.decode()
    assert like_count(essay) == Like.objects.count() == liking.NEW_GUESTS_AN_HOUR
    assert press_like(Browser(address="198.51.100.9"), essay).status_code == 303


def test_likes_and_unlikes_of_one_person_are_limited(essay: Essay, reader: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr(liking, "CHANGES_A_MINUTE", 2)
    assert [press_like(reader, essay, wish).status_code for wish in (1, 0, 1)] == [303, 303, 429]
    assert like_count(essay) == 0


def test_a_like_from_another_site_is_rejected(essay: Essay) -> None:
    browser = Browser(make.user(), headers={"Sec-Fetch-Site": "cross-site"})
    assert (press_like(browser, essay).status_code, like_count(essay)) == (403, 0)


# The owner's decisions


def test_likes_can_be_turned_off_for_the_site_or_one_essay(essay: Essay, comment: Comment, reader: Browser) -> None:
    press_like(reader, comment)
    other = make.essay()
    Discussion.objects.update_or_create(essay=essay, defaults={"may_be_liked": False})
    for target in (essay, comment):
        answer = press_like(reader, target, fragment=1)
        assert (answer.status_code, answer.content.decode()) == (403, "Likes are turned off.")
        assert reader.get(like_path(target)).status_code == 404
    assert [part for part in reader.read(essay).tree.iter() if part.get("class") == "likes"] == []
    make.rules(likes=False)
    assert [part for part in reader.read(other).tree.iter() if part.get("class") == "likes"] == []
    make.rules(likes=True)
    Discussion.objects.update(may_be_liked=True)
    assert like_button(reader.read(essay), comment).get("aria-pressed") == "true"  # the other like stays


def act(owner: Browser, action: str, *likes: Like) -> None:
    sent = {"action": action, "_selected_action": [like.pk for like in likes]}
    assert owner.post(reverse("admin:comments_like_changelist"), sent).status_code == 302


def test_the_owner_removes_likes(essay: Essay, comment: Comment) -> None:
    owner = Browser(make.owner())
    add_likes(essay, 2)
    add_likes(comment, 1)
    page = owner.read(reverse("admin:comments_like_changelist"))
    assert "Comment by Ines <b>Okafor on" in page.text
    act(owner, "remove", *Like.objects.order_by("pk")[1:])
    assert (like_count(essay), like_count(comment), Bar.objects.count()) == (1, 0, 0)


def test_a_barred_person_cannot_like(essay: Essay, comment: Comment, reader: Browser) -> None:
    make.rules(guests_may_like=True)
    owner, guest, neighbour = Browser(make.owner()), Browser(), Browser(address="203.0.113.250")
    for browser in (reader, guest):
        press_like(browser, essay)
    act(owner, "remove_and_bar", *Like.objects.all())
    assert like_count(essay) == 0
    for browser in (reader, guest, neighbour):
        answer = press_like(browser, comment, fragment=1)
        assert (answer.status_code, answer.content.decode()) == (
            403,
            "You’re not allowed to like essays or comments on this site.",
        )
    assert press_like(Browser(make.user()), comment).status_code == 303  # logged-in users are not limited by address
    Bar.objects.all().delete()
    assert press_like(reader, comment).status_code == 303


def test_an_address_that_the_owner_enters_bars_guests_of_its_network(essay: Essay) -> None:
    make.rules(guests_may_like=True)
    owner, add = Browser(make.owner()), reverse("admin:comments_bar_add")
    for fields, says in (
        ({"network": "203.0.113.7"}, ""),
        ({"network": "203.0.113.9"}, "203.0.113.0/24 is already in the list."),
        ({"network": "::ffff:203.0.113.0/120"}, "203.0.113.0/24 is already in the list."),
        ({"network": "::ffff:203.0.113.0/24"}, "is not an IP address or network"),
        ({"network": "203.0.0.0/16"}, "The largest network you can enter is a /24."),
        ({"network": "no address"}, "is not an IP address or network"),
        ({}, "Fill in only one: person or IP network."),
    ):
        page = owner.post(add, fields).content.decode()
        assert says in page
        assert "Constraint" not in page
    assert Bar.objects.get().network == "203.0.113.0/24"
    assert press_like(Browser(address="203.0.113.250"), essay).status_code == 403
    assert press_like(Browser(address="198.51.100.1"), essay).status_code == 303


@pytest.mark.both
def test_networks_are_stored_for_guests_only_and_for_a_month(essay: Essay, guest: Browser, reader: Browser) -> None:
    make.rules(guests_may_like=True)
    press_like(guest, essay)
    press_like(reader, essay)
    assert list(Like.objects.order_by("pk").values_list("network", flat=True)) == ["203.0.113.0/24", ""]
    Like.objects.update(created=Like.objects.latest("pk").created - jobs.NETWORK_MAX_AGE * 1.1)
    jobs.clear_old_networks.call()
    assert not Like.objects.exclude(network="").exists()


def test_the_rules_are_set_from_the_command_line(installation: "Installation") -> None:
    told = installation.manage("rules", "guests_may_like=true", "likers=reader", "order=liked")
    assert {"guests_may_like=true", "likers=reader", "likes=true", "order=liked"} <= {*told.split()}
