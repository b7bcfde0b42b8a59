"""Whatever readers and moderators do shows on cached pages immediately: comments, likes, edits and decisions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from comments.models import Like
from moderation.decisions import actions as deciding
from moderation.decisions import undo
from tests import make
from tests.comments.browser_client import Browser
from tests.lists import one_in
from tests.pagecache.world import HOST, CachedSite

pytestmark = pytest.mark.once


def test_pages_are_cached_and_correct(cached_site: CachedSite) -> None:
    path, day = cached_site.essay.get_absolute_url(), cached_site.essay.dated
    assert day
    cached_site.addresses = [
        *cached_site.all_addresses,
        f"{path}?order=newest",
        f"{path}?replyto={cached_site.root.pk}",
        "/?page=1",
        "/robots.txt",
        *cached_site.thread_pages,
    ]
    cached_site.addresses += ["/feed/", "/tag/promises/feed/", "/author/miriam/feed/", f"/{day.year}/{day.month:02}/"]
    cached_site.fill_cache()
    rendered = cached_site.rendered
    cached_site.fill_cache()
    assert cached_site.rendered == rendered
    cached_site.check_pages()


# What readers do


def test_a_published_comment_shows(cached_site: CachedSite) -> None:
    Browser(headers=HOST).post_comment(cached_site.other_essay, text="I have just come in.", name="Nora Just")
    cached_site.check_pages()
    assert "I have just come in." in cached_site.read(cached_site.other_essay)
    assert "1 comment" in cached_site.read("/")
    assert "1 comment" in cached_site.read("/tag/promises/")
    assert "Nora Just" in cached_site.read("/comments/feed/")


def test_a_published_reply_shows(cached_site: CachedSite) -> None:
    Browser(headers=HOST).post_comment(
        cached_site.essay, text="I answer.", parent=str(cached_site.root.pk), name="Nora Just"
    )
    cached_site.check_pages()
    assert "I answer." in cached_site.read(cached_site.essay)
    assert "I answer." in cached_site.read(f"{cached_site.essay.get_absolute_url()}feed/")


def test_a_held_comment_is_on_no_page(cached_site: CachedSite) -> None:
    Browser(headers=HOST).post_comment(cached_site.essay, text="http://a.example http://b.example", name="Nora Just")
    cached_site.check_pages()
    assert "http://a.example" not in cached_site.read(f"{cached_site.essay.get_absolute_url()}?order=newest")


def test_a_new_thread_can_add_a_page(cached_site: CachedSite) -> None:
    cached_site.addresses += cached_site.thread_pages
    cached_site.fill_cache()
    before = cached_site.read(f"{cached_site.essay.get_absolute_url()}?cpage=2")
    for number in range(3):
        Browser(headers=HOST).post_comment(
            cached_site.essay, text=f"One more thread, {number}.", name=f"Guest {number}"
        )
    cached_site.check_pages()
    assert "Newer Comments" in cached_site.read(f"{cached_site.essay.get_absolute_url()}?cpage=2")
    assert cached_site.read(f"{cached_site.essay.get_absolute_url()}?cpage=2") != before


def test_a_remembered_guests_new_website_shows(cached_site: CachedSite) -> None:
    guest = Browser(headers=HOST)
    guest.post_comment(cached_site.other_essay, text="Here I stand.", name="Webb Site", remember="on")
    cached_site.fill_cache()
    guest.post_comment(
        cached_site.essay, text="And here.", name="Webb Site", website="https://webb.example/", remember="on"
    )
    cached_site.check_pages()
    assert "https://webb.example/" in cached_site.read(cached_site.other_essay)
    submission = {
        "text": "Once more.",
        "name": "Webb Site",
        "remember": "on",
        "key": "0123456789abcdef0123456789abcdef",
    }
    guest.submit_comment(cached_site.essay, **submission)
    cached_site.fill_cache()
    response = guest.submit_comment(
        cached_site.essay, **submission, website="https://web.example/"
    )  # as after a lost response
    assert response.status == 302
    cached_site.check_pages()
    assert "https://web.example/" in cached_site.read(cached_site.other_essay)


def test_likes_show_and_disappear(cached_site: CachedSite) -> None:
    reader, essay, comment = Browser(cached_site.reader, headers=HOST), cached_site.essay, cached_site.root
    like_paths = [f"{target.get_absolute_url()}like/" for target in (essay, comment)]
    cached_site.addresses += [*like_paths, f"{essay.get_absolute_url()}?order=liked"]
    cached_site.fill_cache()
    for value, text in ((1, "One blogger likes this."), (0, "Be the first to like this."), (1, "Rosa Castellanos")):
        for like_path in like_paths:
            assert reader.post(like_path, {"like": value}).status_code == 303
            cached_site.check_pages()
            assert text in cached_site.read(like_path)
        cached_site.fill_cache()
    assert "You like this." not in cached_site.read(essay)  # one page for everyone
    likes = [like.pk for like in Like.objects.all()]
    data = {"action": "remove", "_selected_action": likes}
    assert cached_site.admin.post(reverse("admin:comments_like_changelist"), data).status_code == 302
    cached_site.check_pages()
    assert "Be the first to like this." in cached_site.read(essay)


def test_editing_and_deleting_own_comments_shows(cached_site: CachedSite) -> None:
    guest, path = Browser(headers=HOST), cached_site.other_essay.get_absolute_url()
    comment = guest.post_comment(cached_site.other_essay, text="For now I think so.", name="Nora Now", remember="on")
    path = f"{path}?comment={comment.pk}"  # the page that contains it
    cached_site.fill_cache()
    assert guest.post(f"/comments/{comment.pk}/edit/", {"text": "Now I think otherwise."}).status_code == 302
    cached_site.check_pages()
    for address in (path, "/comments/feed/"):
        assert "Now I think otherwise." in cached_site.read(address)
        assert "For now I think so." not in cached_site.read(address)
    assert f"/comments/{comment.pk}/edit/" not in cached_site.read(path)  # one page for everyone
    cached_site.fill_cache()
    assert guest.post(f"/comments/{comment.pk}/delete/").status_code == 302
    cached_site.check_pages()
    assert "Now I think otherwise." not in cached_site.read(path)
    assert "Your comment has been deleted." not in cached_site.read(path)
    assert "Your comment has been deleted." in cached_site.read(f"{path}&deleted=1")


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
    cached_site: CachedSite, status: str, verb: Callable[..., Any], has_replies: bool, is_shown: bool
) -> None:
    text = f"Judge me, {status} {verb.__name__} {has_replies}."
    comment = make.comment(cached_site.other_essay, text)
    if has_replies:
        make.comment(cached_site.other_essay, to=comment)
    verbs = {"pending": deciding.unapprove, "spam": deciding.mark_spam, "trash": deciding.trash}
    if status in verbs:
        verbs[status](comment, by=cached_site.owner)
    cached_site.fill_cache()
    decision = verb(comment, by=cached_site.owner)
    cached_site.check_pages()
    page = f"{cached_site.other_essay.get_absolute_url()}?order=newest"
    assert (text in cached_site.read(page)) == is_shown
    undo.undo(decision, by=cached_site.owner)
    cached_site.check_pages()
    assert (text in cached_site.read(page)) == (status == "approved")


def test_decisions_in_the_queue_show(cached_site: CachedSite) -> None:
    pending = [make.comment(cached_site.other_essay, f"Queued {number}.", status="pending") for number in range(2)]
    queue = reverse("queue")
    page = f"{cached_site.other_essay.get_absolute_url()}?order=newest"
    cached_site.fill_cache()
    for action, is_shown in (("approve", True), ("spam", False)):
        assert (
            cached_site.admin.post(queue, {"action": action, "comment": [row.pk for row in pending]}).status_code == 302
        )
        cached_site.check_pages()
        assert ("Queued 1." in cached_site.read(page)) == is_shown
