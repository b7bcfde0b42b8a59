"""An author's desk in the admin: drafts, scheduled essays, comments and replies to them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Commenter, User
from blog.models import Profile
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


def test_the_desk_lists_drafts_and_scheduled_essays(author: User) -> None:
    Profile.objects.create(user=author, time_zone="Asia/Tokyo")
    make.essay("Half Done", by=author, published=None)
    make.essay("Tomorrow", by=author, published=timezone.now().replace(hour=22, minute=7) + timedelta(days=1))
    make.essay("Out", by=author)
    make.essay("Not Hers", by=make.author(), published=None)
    said = text_of(desk_of(author).by_id("desk"))
    assert "Half Done" in said
    assert "Tomorrow" in said
    assert "07:07" in said  # in Tokyo
    assert "Not Hers" not in said
    assert "Out" not in said


def test_the_desk_lists_comments_unanswered_first(author: User) -> None:
    essay = make.essay("Hers", by=author)
    old = make.comment(essay, "The old question.")
    answered = make.comment(essay, "The answered one.")
    make.comment(essay, "My answer.", to=answered, by=Commenter.objects.for_user(author))
    make.comment(essay, "A guest agrees.", to=old)
    make.comment(essay, "It waits.", status="pending")
    make.comment(make.essay("Not Hers"), "Elsewhere.")
    page = desk_of(author)
    shown = [text_of(item) for item in page.only("ol[@class='desk-said']").findall("li")]
    assert len(shown) == 3
    for part, sentence in zip(shown, ("A guest agrees.", "The old question.", "The answered one."), strict=True):
        assert sentence in part
    marks = [item.find("p/span[@class='desk-done']") is not None for item in page.only("ol[@class='desk-said']")]
    assert marks == [False, False, True]


def test_an_author_replies_from_the_desk(author: User) -> None:
    essay = make.essay("Hers", by=author)
    comment = make.comment(essay, "A question.", by=make.guest("Rosa"))
    desk = client_of(author)
    answer = desk.post(f"/admin/desk/reply/{comment.pk}/", {"text": "An answer.", "key": "abcdefgh"}, follow=True)
    assert "Your reply to Rosa was posted." in Page(answer).text
    made = Comment.objects.get(parent=comment)
    assert (made.status, made.commenter.user) == ("approved", author)
    assert "replied" in text_of(Page(answer).by_id(f"desk-{comment.pk}"))
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


def test_moderators_have_no_desk() -> None:
    assert desk_of(make.moderator()).find("div[@id='desk']") is None
