"""Likes and unlikes through their forms, counted once per person."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Commenter, User
from accounts.profiles import merging as people
from blog.models import Essay
from comments import checking
from comments.likes import actions as likes
from comments.models import Bar, Comment, Discussion, Like
from comments.posting.actions import CommentGone
from comments.screening.screening import Sender
from tests import make
from tests.comments.browser_client import Browser
from tests.comments.like_buttons import add_likes, like_count, like_path, press_like
from transfer.person.deletion import delete_person

pytestmark = [pytest.mark.django_db, pytest.mark.once]


# Liking and unliking


@pytest.mark.both
@pytest.mark.parametrize("kind", ["essay", "comment"])
def test_liking_twice_changes_nothing(essay: Essay, comment: Comment, reader: Browser, kind: str) -> None:
    target = essay if kind == "essay" else comment
    for _ in range(2):
        assert press_like(reader, target).status_code == 303
        assert (like_count(target), Like.objects.count()) == (1, 1)
    for _ in range(2):
        assert press_like(reader, target, 0).status_code == 303
        assert (like_count(target), Like.objects.count()) == (0, 0)


@pytest.mark.parametrize("wish", ["", "2", "yes", "\0"])
def test_a_value_other_than_like_or_unlike_is_rejected(essay: Essay, reader: Browser, wish: str) -> None:
    answer = reader.post(like_path(essay), {"like": wish})
    assert (answer.status_code, like_count(essay)) == (422, 0)


@pytest.mark.both
def test_the_database_allows_one_like_per_person(essay: Essay, comment: Comment) -> None:
    somebody = Commenter.objects.create(name="A")
    Like.objects.create(commenter=somebody, essay=essay)
    Like.objects.create(commenter=somebody, comment=comment)
    for fields in ({"essay": essay}, {"comment": comment}, {"essay": essay, "comment": comment}, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Like.objects.create(commenter=somebody, **fields)


def test_ones_own_comment_may_be_liked(essay: Essay) -> None:
    user = make.user("own")
    own = make.comment(essay, by=Commenter.objects.for_user(user))
    assert press_like(Browser(user), own).status_code == 303
    assert like_count(own) == 1


@pytest.mark.parametrize("status", ["pending", "spam", "trash"])
def test_a_comment_that_is_not_public_cannot_be_liked(essay: Essay, reader: Browser, status: str) -> None:
    hidden = make.comment(essay, status=status)
    answer = press_like(reader, hidden, fragment=1)
    assert (answer.status_code, answer.content.decode()) == (404, "This comment is no longer available.")
    with pytest.raises(CommentGone):  # decided during the request
        likes.like(commenter=Commenter.objects.create(name="A"), sender=Sender(), essay=essay, comment=hidden.pk)
    assert (reader.get(like_path(hidden)).status_code, like_count(hidden)) == (404, 0)


def test_comments_on_a_withdrawn_essay_cannot_be_liked(essay: Essay, comment: Comment, reader: Browser) -> None:
    address = like_path(essay)
    Essay.objects.update(published=None)
    assert (press_like(reader, comment).status_code, reader.post(address, {"like": 1}).status_code) == (404, 404)
    assert not Like.objects.exists()


def test_a_page_can_be_liked(author: User, reader: Browser) -> None:
    make.rules()
    about = make.essay("About", by=author, kind="page")
    assert press_like(reader, about).status_code == 303
    assert "You like this." in reader.read(about).text


@pytest.mark.both
def test_check_threads_finds_and_repairs_a_wrong_count(essay: Essay, comment: Comment) -> None:
    add_likes(comment, 1)
    add_likes(essay, 1)
    assert list(checking.problems()) == []
    Comment.objects.update(likes=7)
    Discussion.objects.update(likes=9)
    assert len(list(checking.problems())) == 2
    checking.repair()
    assert (like_count(essay), like_count(comment), list(checking.problems())) == (1, 1, [])


# Merged and erased people


@pytest.mark.both
def test_likes_of_merged_people_count_once(essay: Essay, comment: Comment) -> None:
    old, new = (Commenter.objects.for_user(make.user()) for _ in range(2))
    for who in (old, new):
        likes.like(commenter=who, sender=Sender(), essay=essay)
    likes.like(commenter=old, sender=Sender(), essay=essay, comment=comment.pk)
    Bar.objects.create(commenter=old)
    people.merge_commenters(old, new)
    assert (like_count(essay), like_count(comment)) == (1, 1)
    assert {*Like.objects.values_list("commenter", flat=True)} == {new.pk}
    assert Bar.objects.get().commenter == new


@pytest.mark.both
def test_erasing_a_person_removes_their_likes(essay: Essay, comment: Comment) -> None:
    (user,) = add_likes(comment, 1)
    likes.like(commenter=Commenter.objects.for_user(user), sender=Sender(), essay=essay)
    delete_person(Commenter.objects.for_user(user), keep_comments=True)
    assert (like_count(essay), like_count(comment), Like.objects.count()) == (0, 0, 0)
