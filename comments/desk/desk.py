"""Comments on an author's own essays, the number of subscribers, and replies from the admin."""

from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import Commenter, User
from blog import markup
from blog.models import Essay
from comments.models import Comment, Discussion, Subscription
from comments.models.passage import quotation_of
from comments.posting import actions
from comments.screening.screening import Sender

SEARCHED = 5_000  # newest comments of the site
NEWEST = 60  # newest of these on the author's essays, searched for unanswered ones
MAX_SHOWN = 10
MAX_LENGTH = 280  # characters of a comment that is shown whole
MAX_BEGINNING = 200  # characters of a longer one


class Closed(Exception):
    """The essay's comments are closed."""


class SubscriberCounts(NamedTuple):
    new_essays: int
    own_essays: int


def unanswered_comments(user: Any, replying_to: Comment | None = None) -> list[Comment]:
    """Return the newest comments by others on the user's essays that no author of the essay has answered.

    `replying_to` is one whose reply was refused; it comes first even if it has an answer by now.
    """
    replies = Comment.objects.approved().filter(
        parent=OuterRef("pk"), commenter__user__authorships__essay=OuterRef("essay")
    )
    recent = Comment.objects.approved().order_by("-created", "-pk").values("pk")[:SEARCHED]
    rows = Comment.objects.filter(pk__in=recent, essay__authorships__author=user).exclude(commenter__user=user)
    newest = rows.annotate(is_replied=Exists(replies)).order_by("-pk").values_list("pk", "is_replied")[:NEWEST]
    first = [replying_to.pk] if replying_to else []
    keys = [*first, *(pk for pk, is_replied in newest if not is_replied and pk not in first)][:MAX_SHOWN]
    shown = Comment.objects.select_related("commenter", "wording", "essay__discussion__rules")
    found = shown.annotate(quotation=quotation_of()).in_bulk(keys)
    for comment in found.values():
        comment.beginning = shorten(comment.wording.html)
        comment.accepts_reply = Discussion.objects.for_essay(comment.essay).accepts_comments
    return [found[pk] for pk in keys if pk in found]


def shorten(html: str) -> str:
    """Return the first words of a long comment as plain text, or "" for a comment that can be shown whole."""
    text = " ".join(markup.plain_text(html).split())
    return f"{text[:MAX_BEGINNING].rpartition(' ')[0] or text[:MAX_BEGINNING]}…" if len(text) > MAX_LENGTH else ""


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
