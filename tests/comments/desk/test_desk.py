"""An author's desk in the admin: texts that are not as readers see them, comments and replies to them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Commenter, User
from blog.models import Draft, Essay, Profile, Text
from blog.writing import preview, revisions
from comments.models import Address, Comment, Subscription
from tests import make
from tests.blog.writing.test_admin import client_of
from tests.comments.browser_client import Page, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


def desk_of(user: User) -> Page:
    return Page(client_of(user).get("/admin/"))


def titles(page: Page, name: str) -> list[str]:
    """Return the titles in one list of the desk."""
    return [text_of(row.find("a")) for row in page.all(f"ul[@aria-labelledby='desk-{name}']/li")]


def save_text(essay: Essay, body: str, by: User) -> None:
    revisions.save(essay, replace(Text.from_essay(essay), body=body), by=by)


def test_the_desk_lists_each_text_once(author: User) -> None:
    Profile.objects.create(user=author, time_zone="Asia/Tokyo")
    now = timezone.now()
    half = make.essay("Half Done", by=author, published=None, body="<p>One two three.</p>")
    make.essay("Tomorrow", by=author, published=now.replace(hour=22, minute=7) + timedelta(days=1))
    out = make.essay("Out", by=author)
    live = make.essay("Live", by=author)
    typed = make.essay("Typed", by=author, body="<p>As published.</p>")
    make.essay("Not Hers", by=make.author(), published=None)
    save_text(live, "<p>Changed.</p>", author)
    Draft.objects.create(author=author, essay=typed, tab="a", fields={"title": "Typed On", "body": "<p>A b.</p>"})
    Draft.objects.create(author=author, tab="b", fields={"title": "Never Saved", "body": "<p>One two.</p>"})
    for essay in (half, out):
        preview.create_link(essay, by=author, days=7)
    page = desk_of(author)
    assert titles(page, "drafts") == ["Never Saved", "Half Done"]
    assert titles(page, "scheduled") == ["Tomorrow"]
    assert titles(page, "changed") == ["Typed On", "Live"]
    assert titles(page, "shared") == ["Out"]
    said = text_of(page.by_id("desk"))
    assert "07:07" in said  # in Tokyo
    for words in ("2 words · edited just now", "3 words · edited just now · 1 preview link until"):
        assert words in said
    assert "Not Hers" not in said
    for draft in Draft.objects.filter(essay=None):
        assert page.find(f"a[@href='/admin/blog/essay/add/?draft={draft.pk}']") is not None


def test_a_row_shows_the_newest_text_that_its_author_typed(author: User) -> None:
    essay = make.essay("Half Done", by=author, published=None, body="<p>One.</p>")
    draft = Draft.objects.create(
        author=author, essay=essay, tab="a", fields={"title": "More", "body": "<p>A b c d.</p>"}
    )
    Draft.objects.create(author=make.owner(), essay=essay, tab="b", fields={"title": "Theirs", "body": ""})
    page = desk_of(author)
    assert titles(page, "drafts") == ["More"]
    assert "4 words" in text_of(page.by_id("desk"))
    Draft.objects.filter(pk=draft.pk).update(changed=timezone.now() - timedelta(hours=1))
    save_text(essay, "<p>Two three.</p>", author)
    assert titles(desk_of(author), "drafts") == ["Half Done"]


def test_changes_that_were_taken_back_or_published_are_not_listed(author: User) -> None:
    essay = make.essay("Hers", by=author, body="<p>First.</p>")
    for body in ("<p>Second.</p>", "<p>First.</p>"):
        save_text(essay, body, author)
    assert titles(desk_of(author), "changed") == []
    save_text(essay, "<p>Third.</p>", author)
    assert titles(desk_of(author), "changed") == ["Hers"]
    revisions.publish_latest(essay, by=author)
    assert titles(desk_of(author), "changed") == []


def test_unpublished_changes_are_shown_as_saved_last_ones_first(author: User) -> None:
    started = timezone.now() - timedelta(days=9)
    essays = {}
    for hours, title in enumerate(("First", "Second")):
        with time_machine.travel(started + timedelta(hours=hours), tick=False):
            essays[title] = make.essay(title, by=author, published=timezone.now())
    save_text(essays["Second"], "<p>Changed.</p>", author)
    save_text(essays["First"], "<p>Changed after it.</p>", author)
    text = replace(Text.from_essay(essays["First"]), title="Renamed", body="<p>One two three four five.</p>")
    revisions.save(essays["First"], text, by=author)
    page = desk_of(author)
    assert titles(page, "changed") == ["Renamed", "Second"]
    assert "5 words" in text_of(page.by_id("desk"))
    assert text_of(page.by_id("desk")).count("edited just now") == 2


def test_the_desk_lists_only_comments_that_no_author_has_answered(author: User) -> None:
    essay = make.essay("Hers", by=author)
    old = make.comment(essay, "The old question.")
    answered = make.comment(essay, "The answered one.")
    make.comment(essay, "My answer.", to=answered, by=Commenter.objects.for_user(author))
    make.comment(essay, f"{'Many words. ' * 40}The end.", to=old)
    make.comment(essay, "It waits.", status="pending")
    make.comment(make.essay("Not Hers"), "Elsewhere.")
    page = desk_of(author)
    shown = list(page.only("ol[@aria-labelledby='desk-comments']").findall("li"))
    assert len(shown) == 2
    assert "The old question." in text_of(shown[1])
    assert text_of(shown[0].find("p[@class='desk-beginning']")).endswith("Many…")
    assert "The end." in text_of(shown[0].find("details"))


def test_an_author_replies_from_the_desk(author: User) -> None:
    essay = make.essay("Hers", by=author)
    comment = make.comment(essay, "A question.", by=make.guest("Rosa"))
    desk = client_of(author)
    answer = desk.post(f"/admin/desk/reply/{comment.pk}/", {"text": "An answer.", "key": "abcdefgh"}, follow=True)
    assert "Your reply to Rosa was posted." in Page(answer).text
    made = Comment.objects.get(parent=comment)
    assert (made.status, made.commenter.user) == ("approved", author)
    assert Page(answer).find(f"li[@id='desk-{comment.pk}']") is None
    desk.post(f"/admin/desk/reply/{comment.pk}/", {"text": "An answer.", "key": "abcdefgh"})
    assert Comment.objects.filter(parent=comment).count() == 1


def test_a_rejected_reply_shows_an_error_and_keeps_its_text(author: User) -> None:
    essay = make.essay("Hers", by=author)
    comment = make.comment(essay)
    desk = client_of(author)
    at = f"/admin/desk/reply/{comment.pk}/"
    desk.post(at, {"text": "Twice."})
    page = Page(desk.post(at, {"text": "Twice."}))
    assert page.status == 422
    assert "You’ve already posted this reply." in page.text
    assert page.only("details[@open]/form/p/textarea").text == "Twice."


def test_an_author_cannot_reply_under_an_essay_of_another_from_the_desk(author: User) -> None:
    comment = make.comment(make.essay("Not Hers", by=make.author()))
    assert client_of(author).post(f"/admin/desk/reply/{comment.pk}/", {"text": "So."}).status_code == 404
    assert client_of(make.user()).post(f"/admin/desk/reply/{comment.pk}/", {"text": "So."}).status_code == 302
    assert not Comment.objects.filter(parent=comment).exists()


def test_subscribers_are_counted(author: User) -> None:
    essay = make.essay("Hers", by=author)
    now = timezone.now()
    for number in range(3):
        address = Address.objects.create(email=f"r{number}@example.org", verified=now if number else None)
        Subscription.objects.create(address=address, kind="essays", confirmed=now)
    Subscription.objects.create(address=address, kind="essay", essay=essay, confirmed=now)
    assert "2 subscribers to new essays. 1 subscriber to comments on your essays." in desk_of(author).text


def test_the_queries_do_not_grow_with_the_comments(author: User, django_assert_max_num_queries: Any) -> None:
    essay = make.essay("Hers", by=author)
    for _ in range(4):
        make.comment(essay)
    desk = client_of(author)
    desk.get("/admin/")
    with django_assert_max_num_queries(16):
        desk.get("/admin/")


def test_the_queries_do_not_grow_with_the_texts(author: User, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        half, live = (make.essay(f"{number}", by=author, published=when) for when in (None, timezone.now()))
        save_text(live, f"<p>Changed {number}.</p>", author)
        Draft.objects.create(author=author, essay=half, tab="a", fields={"title": f"More {number}"})
        Draft.objects.create(author=author, tab=f"b{number}", fields={"title": f"New {number}"})
        preview.create_link(half, by=author, days=7)
    desk = client_of(author)
    desk.get("/admin/")
    with django_assert_max_num_queries(17):
        desk.get("/admin/")


@pytest.mark.parametrize("is_owner", [False, True])
def test_the_start_page_links_each_list_once(author: User, *, is_owner: bool) -> None:
    user = User.objects.create_superuser("owner") if is_owner else author
    links = [str(link.get("href")) for link in desk_of(user).all("a")]
    for name in ("essay", "image", "profile", "series", "tag", *(["site"] if is_owner else [])):
        assert links.count(f"/admin/blog/{name}/") == 1, name
    assert ("/admin/comments/comment/" in links or "/admin/accounts/user/" in links) is is_owner


def test_moderators_have_no_desk() -> None:
    assert desk_of(make.moderator()).find("div[@id='desk']") is None
