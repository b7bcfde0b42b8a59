"""Whatever readers and moderators do is on the kept pages at once: comments, likes, edits and decisions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from comments.models import Like
from moderation.decisions import actions as deciding
from moderation.decisions import undo
from tests import make
from tests.comments.door import Browser
from tests.lists import one_in
from tests.pagecache.world import HOST, World

pytestmark = pytest.mark.once


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
    assert "1 comment" in world.read("/")
    assert "1 comment" in world.read("/tag/promises/")
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
    once_more = {"text": "Once more.", "name": "Webb Site", "remember": "on", "key": "0123456789abcdef0123456789abcdef"}
    guest.post_to(world.essay, **once_more)
    world.keep_everything()
    answer = guest.post_to(world.essay, **once_more, website="https://web.example/")  # as after an answer that got lost
    assert answer.status == 302
    world.agree()
    assert "https://web.example/" in world.read(world.other)


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
    assert "Your comment has been deleted." not in world.read(here)
    assert "Your comment has been deleted." in world.read(f"{here}&deleted=1")


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
    undo.undo(decision, by=world.owner)
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
