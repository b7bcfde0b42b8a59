"""The verbs of liking: what is asked for is so afterwards, however often it is asked. Each is one transaction."""

from collections.abc import Iterable

from django.db import transaction

import pagecache
from accounts.models import Commenter
from blog.models import Essay
from comments.models import Bar, Comment, Discussion, Like
from comments.posting.actions import Flooded, Gone, Joined
from comments.screening.screening import Sender
from server.http import ratelimit

MINUTE, HOUR = 60, 60 * 60
A_MINUTE = 60  # changes of mind, from one person or, of guests, one address
NEW_AN_HOUR = 20  # browsers that are new here, from one address


class Barred(Exception):
    """The owner takes no likes of theirs."""


@transaction.atomic
def like(*, commenter: Commenter, sender: Sender, essay: Essay, comment: int | None = None) -> None:
    """Somebody likes an essay, or the comment `comment` under it. A stranger is saved with their first like.

    Raises Flooded, Joined, Barred or Gone; then nothing is kept.
    """
    network = "" if commenter.user_id else sender.network
    take_turn(commenter, sender)
    if Bar.objects.stops(commenter, network):
        raise Barred
    target = locked(essay, comment)
    if commenter._state.adding:
        commenter.save()
    elif Like.objects.of(target).filter(commenter=commenter.pk).exists():
        return
    liked = {"comment": target} if isinstance(target, Comment) else {"essay": target}
    Like.objects.create(commenter=commenter, network=network, **liked).count(+1)
    pagecache.bump(essay.cache_key)


@transaction.atomic
def unlike(*, commenter: Commenter, sender: Sender, essay: Essay, comment: int | None = None) -> None:
    """Somebody no longer likes it. Raises Flooded, Joined or Gone."""
    take_turn(commenter, sender)
    target = locked(essay, comment)
    if found := Like.objects.of(target).filter(commenter=commenter.pk).first():
        Like.objects.take_back([found])
        pagecache.bump(essay.cache_key)


def take_turn(commenter: Commenter, sender: Sender) -> None:
    """Not too often; and whoever it is stays who they are until the end, held before any thread as join() does."""
    who = f"commenter:{commenter.pk}" if commenter.user_id else sender.address
    wait = ratelimit.take("like", who, MINUTE, count=A_MINUTE) if who else 0.0
    if commenter._state.adding and sender.address:
        wait = max(wait, ratelimit.take("like for the first time", sender.address, HOUR, count=NEW_AN_HOUR))
    if wait:
        raise Flooded(wait)
    if commenter.pk and not Commenter.objects.hold(commenter):
        raise Joined


def locked(essay: Essay, comment: int | None) -> Essay | Comment:
    """What is liked, under the lock of its thread or discussion. Raises Gone where there is nothing to read."""
    if comment is None:
        Discussion.objects.lock(essay)
        return essay
    _root, found = Comment.objects.lock_thread(comment, essay)
    if found is None or not found.is_approved:
        raise Gone
    return found


@transaction.atomic
def remove(keys: Iterable[int], *, bar: bool = False) -> int:
    """The owner takes likes away and, if asked to, bars who gave them, with the network of guests; how many went."""
    likes = list(Like.objects.filter(pk__in=keys).select_related("essay", "comment__essay"))
    if bar:
        bar_all(likes)
    trees = {like.comment.tree_id for like in likes if like.comment}
    list(Comment.objects.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
    essays = {like.essay_id or like.comment.essay_id: like.essay or like.comment.essay for like in likes}  # type: ignore[union-attr]
    for pk in sorted(like.essay_id for like in likes if like.essay_id):
        Discussion.objects.lock(essays[pk])
    there = list(Like.objects.filter(pk__in=[like.pk for like in likes]))  # some may have been taken back meanwhile
    Like.objects.take_back(there)
    pagecache.bump(*(essay.cache_key for essay in essays.values() if essay))
    return len(there)


def bar_all(likes: Iterable[Like]) -> None:
    people = sorted({like.commenter_id for like in likes})
    networks = sorted({like.network for like in likes if like.network})
    bars = [Bar(commenter_id=pk) for pk in people] + [Bar(network=network) for network in networks]
    Bar.objects.bulk_create(bars, ignore_conflicts=True)
