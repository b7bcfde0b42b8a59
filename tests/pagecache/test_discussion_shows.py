"""Whatever readers and moderators do shows on cached pages immediately: comments, likes, edits and decisions."""

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
from tests.pagecache.world import HOST, CachedSite

pytestmark = pytest.mark.once


def test_pages_are_cached_and_correct(world: CachedSite) -> None:
    here, day = world.essay.get_absolute_url(), world.essay.dated
    assert day
    world.addresses = [
        *world.all_addresses,
        f"{here}?order=newest",
        f"{here}?replyto={world.root.pk}",
        "/?page=1",
        "/robots.txt",
        *world.thread_pages,
    ]
    world.addresses += ["/feed/", "/tag/promises/feed/", "/author/miriam/feed/", f"/{day.year}/{day.month:02}/"]
    world.fill_cache()
    drawn = world.rendered
    world.fill_cache()
    assert world.rendered == drawn
    world.check_pages()


# What readers do


def test_a_published_comment_shows(world: CachedSite) -> None:
    Browser(headers=HOST).say(world.other_essay, text="I have just come in.", name="Nora Just")
    world.check_pages()
    assert "I have just come in." in world.read(world.other_essay)
    assert "1 comment" in world.read("/")
    assert "1 comment" in world.read("/tag/promises/")
    assert "Nora Just" in world.read("/comments/feed/")


def test_a_published_reply_shows(world: CachedSite) -> None:
    Browser(headers=HOST).say(world.essay, text="I answer.", parent=str(world.root.pk), name="Nora Just")
    world.check_pages()
    assert "I answer." in world.read(world.essay)
    assert "I answer." in world.read(f"{world.essay.get_absolute_url()}feed/")


def test_a_held_comment_is_on_no_page(world: CachedSite) -> None:
    Browser(headers=HOST).say(world.essay, text="http://a.example http://b.example", name="Nora Just")
    world.check_pages()
    assert "http://a.example" not in world.read(f"{world.essay.get_absolute_url()}?order=newest")


def test_a_new_thread_can_add_a_page(world: CachedSite) -> None:
    world.addresses += world.thread_pages
    world.fill_cache()
    before = world.read(f"{world.essay.get_absolute_url()}?cpage=2")
    for number in range(3):
        Browser(headers=HOST).say(world.essay, text=f"One more thread, {number}.", name=f"Guest {number}")
    world.check_pages()
    assert "Newer Comments" in world.read(f"{world.essay.get_absolute_url()}?cpage=2")
    assert world.read(f"{world.essay.get_absolute_url()}?cpage=2") != before


def test_a_remembered_guests_new_website_shows(world: CachedSite) -> None:
    guest = Browser(headers=HOST)
    guest.say(world.other_essay, text="Here I stand.", name="Webb Site", remember="on")
    world.fill_cache()
    guest.say(world.essay, text="And here.", name="Webb Site", website="https://webb.example/", remember="on")
    world.check_pages()
    assert "https://webb.example/" in world.read(world.other_essay)
    once_more = {"text": "Once more.", "name": "Webb Site", "remember": "on", "key": "0123456789abcdef0123456789abcdef"}
    guest.post_to(world.essay, **once_more)
    world.fill_cache()
    answer = guest.post_to(world.essay, **once_more, website="https://web.example/")  # as after a lost response
    assert answer.status == 302
    world.check_pages()
    assert "https://web.example/" in world.read(world.other_essay)


def test_likes_show_and_disappear(world: CachedSite) -> None:
    reader, essay, comment = Browser(world.reader, headers=HOST), world.essay, world.root
    doors = [f"{thing.get_absolute_url()}like/" for thing in (essay, comment)]
    world.addresses += [*doors, f"{essay.get_absolute_url()}?order=liked"]
    world.fill_cache()
    for wish, words in ((1, "One blogger likes this."), (0, "Be the first to like this."), (1, "Rosa Castellanos")):
        for door in doors:
            assert reader.post(door, {"like": wish}).status_code == 303
            world.check_pages()
            assert words in world.read(door)
        world.fill_cache()
    assert "You like this." not in world.read(essay)  # one page for everyone
    likes = [like.pk for like in Like.objects.all()]
    sent = {"action": "remove", "_selected_action": likes}
    assert world.admin.post(reverse("admin:comments_like_changelist"), sent).status_code == 302
    world.check_pages()
    assert "Be the first to like this." in world.read(essay)


def test_editing_and_deleting_own_comments_shows(world: CachedSite) -> None:
    guest, here = Browser(headers=HOST), world.other_essay.get_absolute_url()
    comment = guest.say(world.other_essay, text="For now I think so.", name="Nora Now", remember="on")
    here = f"{here}?comment={comment.pk}"  # the page that contains it
    world.fill_cache()
    assert guest.post(f"/comments/{comment.pk}/edit/", {"text": "Now I think otherwise."}).status_code == 302
    world.check_pages()
    for address in (here, "/comments/feed/"):
        assert "Now I think otherwise." in world.read(address)
        assert "For now I think so." not in world.read(address)
    assert f"/comments/{comment.pk}/edit/" not in world.read(here)  # one page for everyone
    world.fill_cache()
    assert guest.post(f"/comments/{comment.pk}/delete/").status_code == 302
    world.check_pages()
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
def test_a_decision_and_its_undo_show(
    world: CachedSite, status: str, verb: Callable[..., Any], has_replies: bool, is_shown: bool
) -> None:
    words = f"Judge me, {status} {verb.__name__} {has_replies}."
    comment = make.comment(world.other_essay, words)
    if has_replies:
        make.comment(world.other_essay, to=comment)
    verbs = {"pending": deciding.unapprove, "spam": deciding.mark_spam, "trash": deciding.trash}
    if status in verbs:
        verbs[status](comment, by=world.owner)
    world.fill_cache()
    decision = verb(comment, by=world.owner)
    world.check_pages()
    page = f"{world.other_essay.get_absolute_url()}?order=newest"
    assert (words in world.read(page)) == is_shown
    undo.undo(decision, by=world.owner)
    world.check_pages()
    assert (words in world.read(page)) == (status == "approved")


def test_decisions_in_the_queue_show(world: CachedSite) -> None:
    held = [make.comment(world.other_essay, f"Queued {number}.", status="pending") for number in range(2)]
    queue = reverse("queue")
    page = f"{world.other_essay.get_absolute_url()}?order=newest"
    world.fill_cache()
    for action, is_shown in (("approve", True), ("spam", False)):
        assert world.admin.post(queue, {"action": action, "comment": [row.pk for row in held]}).status_code == 302
        world.check_pages()
        assert ("Queued 1." in world.read(page)) == is_shown
