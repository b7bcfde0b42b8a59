"""What readers said to an author's own essays, and how many of them follow by mail."""

from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Comment, Discussion, Subscription
from comments.posting import actions
from comments.screening.screening import Sender

NEWEST = 60  # among which the unanswered are sought
SHOWN = 10


class Closed(Exception):
    """The essay takes no comments any more."""


class Readers(NamedTuple):
    of_essays: int
    of_comments: int


def newest(user: Any) -> list[Comment]:
    """The newest that others said to one's own essays, those first that none of its authors has answered."""
    answers = Comment.objects.approved().filter(
        parent=OuterRef("pk"), commenter__user__authorships__essay=OuterRef("essay")
    )
    said = Comment.objects.approved().filter(essay__authorships__author=user).exclude(commenter__user=user)
    keys = dict(said.annotate(is_replied=Exists(answers)).order_by("-pk").values_list("pk", "is_replied")[:NEWEST])
    first = sorted(keys, key=lambda pk: (keys[pk], -pk))[:SHOWN]
    found = Comment.objects.select_related("commenter", "wording", "essay__discussion__rules").in_bulk(first)
    for pk, comment in found.items():
        comment.is_replied = keys[pk]
        comment.takes_reply = Discussion.objects.of(comment.essay).takes_comments
    return [found[pk] for pk in first if pk in found]


def readers(user: Any) -> Readers:
    """How many hear of new essays, and of comments on one's own."""
    active = Subscription.objects.active()
    mine = Essay.objects.by(user).values("pk")
    return Readers(
        active.filter(kind=Subscription.Kind.ESSAYS).count(),
        active.filter(kind=Subscription.Kind.ESSAY, essay__in=mine).count(),
    )


@transaction.atomic
def reply(comment: Comment, *, by: User, sender: Sender, text: str, key: str = "") -> Comment:
    """An author's answer. Raises Closed, and as actions.post() does."""
    if not Discussion.objects.of(comment.essay).takes_comments:
        raise Closed
    return actions.post(
        essay=comment.essay,
        commenter=Commenter.objects.of(by),
        sender=sender,
        text=text,
        parent=comment.pk,
        is_trusted=True,
        is_moderator=True,  # who need not wait between two
        key=key,
    )
