"""Comments on an author's own essays, the number of subscribers, and replies from the admin."""

from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Discussion, Subscription
from comments.posting import actions
from comments.screening.screening import Sender

SEARCHED = 5_000  # newest comments of the site
NEWEST = 60  # newest of these on the author's essays, searched for unanswered ones
MAX_SHOWN = 10


class Closed(Exception):
    """The essay's comments are closed."""


class SubscriberCounts(NamedTuple):
    new_essays: int
    own_essays: int


def newest_comments(user: Any) -> list[Comment]:
    """Return the newest comments by others on the user's essays, first those that no author has answered."""
    replies = Comment.objects.approved().filter(
        parent=OuterRef("pk"), commenter__user__authorships__essay=OuterRef("essay")
    )
    recent = Comment.objects.approved().order_by("-created", "-pk").values("pk")[:SEARCHED]
    rows = Comment.objects.filter(pk__in=recent, essay__authorships__author=user).exclude(commenter__user=user)
    keys = dict(rows.annotate(is_replied=Exists(replies)).order_by("-pk").values_list("pk", "is_replied")[:NEWEST])
    first = sorted(keys, key=lambda pk: (keys[pk], -pk))[:MAX_SHOWN]
    found = Comment.objects.select_related("commenter", "wording", "essay__discussion__rules").in_bulk(first)
    for pk, comment in found.items():
        comment.is_replied = keys[pk]
        comment.accepts_reply = Discussion.objects.for_essay(comment.essay).accepts_comments
    return [found[pk] for pk in first if pk in found]


def subscriber_counts(user: Any) -> SubscriberCounts:
    """Count the subscribers to new essays, and to comments on the user's essays."""
    active = Subscription.objects.active()
    essays = Essay.objects.by_author(user).values("pk")
    return SubscriberCounts(
        essay_subscriber_count(),
        active.filter(kind=Subscription.Kind.ESSAY, essay__in=essays).count(),
    )


def essay_subscriber_count() -> int:
    """Count the subscribers to new essays."""
    return Subscription.objects.subscribers_to_essays().count()


@transaction.atomic
def reply(comment: Comment, *, by: User, sender: Sender, text: str, key: str = "") -> Comment:
    """Post an author's reply. Raises Closed, and as actions.post() does."""
    if not Discussion.objects.for_essay(comment.essay).accepts_comments:
        raise Closed
    return actions.post(
        essay=comment.essay,
        commenter=Commenter.objects.for_user(by),
        sender=sender,
        text=text,
        parent=comment.pk,
        is_trusted=True,
        key=key,
    )
