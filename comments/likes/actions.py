"""Like and unlike, and remove likes as the owner. Repeating an action changes nothing. Each is one transaction."""

from collections.abc import Iterable

from django.db import transaction

import pagecache
from accounts.models import Commenter
from blog.models import Essay
from comments.models import Bar, Comment, Discussion, Like
from comments.posting.actions import CommenterChanged, CommentGone, RateLimited
from comments.screening.screening import Sender
from server.http import ratelimit

MINUTE, HOUR = 60, 60 * 60
CHANGES_A_MINUTE = 60  # likes and unlikes by one person, or by guests from one address
NEW_GUESTS_AN_HOUR = 20  # new guests from one address


class Barred(Exception):
    """The owner has barred this person or network from liking."""


@transaction.atomic
def like(*, commenter: Commenter, sender: Sender, essay: Essay, comment: int | None = None) -> None:
    """Like an essay, or the comment `comment` under it. A new guest is saved with their first like.

    Raises RateLimited, CommenterChanged, Barred or CommentGone; then nothing is saved.
    """
    network = "" if commenter.user_id else sender.network
    acquire_turn(commenter, sender)
    if Bar.objects.bars(commenter, network):
        raise Barred
    target = lock_target(essay, comment)
    if commenter._state.adding:
        commenter.save()
    elif Like.objects.for_target(target).filter(commenter=commenter.pk).exists():
        return
    liked = {"comment": target} if isinstance(target, Comment) else {"essay": target}
    Like.objects.create(commenter=commenter, network=network, **liked).adjust_count(+1)
    pagecache.invalidate(essay.cache_key)


@transaction.atomic
def unlike(*, commenter: Commenter, sender: Sender, essay: Essay, comment: int | None = None) -> None:
    """Take back a like. Raises RateLimited, CommenterChanged or CommentGone."""
    acquire_turn(commenter, sender)
    target = lock_target(essay, comment)
    if found := Like.objects.for_target(target).filter(commenter=commenter.pk).first():
        Like.objects.remove([found])
        pagecache.invalidate(essay.cache_key)


def acquire_turn(commenter: Commenter, sender: Sender) -> None:
    """Apply the rate limits and lock the commenter, before any thread as merge() does."""
    who = f"commenter:{commenter.pk}" if commenter.user_id else sender.address
    wait = ratelimit.acquire("like", who, MINUTE, count=CHANGES_A_MINUTE) if who else 0.0
    if commenter._state.adding and sender.address:
        wait = max(wait, ratelimit.acquire("like for the first time", sender.address, HOUR, count=NEW_GUESTS_AN_HOUR))
    if wait:
        raise RateLimited(wait)
    if commenter.pk and not Commenter.objects.lock_for_update(commenter):
        raise CommenterChanged


def lock_target(essay: Essay, comment: int | None) -> Essay | Comment:
    """Lock the thread or discussion, and return what is liked. Raises CommentGone if it is not public."""
    if comment is None:
        Discussion.objects.lock(essay)
        return essay
    _root, found = Comment.objects.lock_thread(comment, essay)
    if found is None or not found.is_approved:
        raise CommentGone
    return found


@transaction.atomic
def remove(keys: Iterable[int], *, bar: bool = False) -> int:
    """Remove likes by primary key; if `bar`, block the people and guests' IP networks. Return how many."""
    likes = list(Like.objects.filter(pk__in=keys).select_related("essay", "comment__essay"))
    if bar:
        bar_likers(likes)
    trees = {like.comment.tree_id for like in likes if like.comment}
    list(Comment.objects.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
    essays = {like.essay_id or like.comment.essay_id: like.essay or like.comment.essay for like in likes}  # type: ignore[union-attr]
    for pk in sorted(like.essay_id for like in likes if like.essay_id):
        Discussion.objects.lock(essays[pk])
    remaining = list(Like.objects.filter(pk__in=[like.pk for like in likes]))  # some may have been taken back since
    Like.objects.remove(remaining)
    pagecache.invalidate(*(essay.cache_key for essay in essays.values() if essay))
    return len(remaining)


def bar_likers(likes: Iterable[Like]) -> None:
    """Block the people who gave these likes, and guests' IP networks, from liking."""
    people = sorted({like.commenter_id for like in likes})
    networks = sorted({like.network for like in likes if like.network})
    bars = [Bar(commenter_id=pk) for pk in people] + [Bar(network=network) for network in networks]
    Bar.objects.bulk_create(bars, ignore_conflicts=True)
