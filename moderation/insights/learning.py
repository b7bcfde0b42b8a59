"""Training the spam filter from moderators' decisions, read again each time so that undone ones don't count."""

from collections.abc import Iterator

from django.db.models import Max

from comments import spam
from comments.models import Comment, Decision, Status
from comments.spam import Example, Submission, training

MAX_DECISIONS = 3000  # newest decisions; spam changes over the years
CHUNK_SIZE = 300
IS_SPAM = {Status.APPROVED: False, Status.SPAM: True}  # pending and trashed comments teach nothing


def learn() -> bool:
    """Train the filter with the current decisions; return whether any were new to it."""
    return training.fit(list(examples()))


def examples() -> Iterator[Example]:
    """Yield training examples from the decisions in force, unless the text was edited or deleted since."""
    decided = Decision.objects.order_by().values("comment_number").annotate(newest=Max("pk")).order_by("-newest")
    numbers = list(decided.values_list("comment_number", flat=True)[:MAX_DECISIONS])
    for at in range(0, len(numbers), CHUNK_SIZE):
        in_force = Decision.objects.latest_in_force(numbers[at : at + CHUNK_SIZE])
        decisions = {decision.comment_number: decision for decision in in_force}
        for comment in Comment.objects.filter(pk__in=decisions).select_related("commenter", "wording"):
            if is_example(comment, decisions[comment.pk]):
                yield spam.make_example(text_to_learn(comment), is_spam=IS_SPAM[Status(comment.status)])


def is_example(comment: Comment, decision: Decision) -> bool:
    """Return whether the filter can learn from a comment: a moderator gave it its status and its text is unchanged."""
    is_unchanged = comment.wording is not None and comment.status == decision.after and comment.status in IS_SPAM
    by_hand = decision.verb != Decision.Verb.RULE  # the filter must not learn to repeat the rules
    return by_hand and is_unchanged and not (comment.edited and decision.created < comment.edited)


def text_to_learn(comment: Comment) -> Submission:
    """Return what the filter reads of a comment: its text, and the commenter's name, email address and website."""
    who = comment.commenter
    return Submission(comment.wording.text if comment.wording else "", who.name, who.email, who.website)
