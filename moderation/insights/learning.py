"""What moderators decided, as lessons for the spam filter: each time anew from the record, so an undo is forgotten."""

from collections.abc import Iterator

from django.db.models import Max

from comments import spam
from comments.models import Comment, Decision, Status
from comments.spam import Lesson, Said, training

AT_MOST = 3000  # the newest decided; what a site gets changes with the years
AT_A_TIME = 300
SAYS = {Status.APPROVED: False, Status.SPAM: True}  # of what waits or lies in the trash nothing is learnt


def learn() -> bool:
    """Teach the filter what is decided now; False: it knew all of it."""
    return training.fit(list(lessons()))


def lessons() -> Iterator[Lesson]:
    """From approvals and spam decisions in force, unless the words came later or their writer took them away."""
    decided = Decision.objects.order_by().values("number").annotate(newest=Max("pk")).order_by("-newest")
    numbers = list(decided.values_list("number", flat=True)[:AT_MOST])
    for at in range(0, len(numbers), AT_A_TIME):
        decisions = {one.number: one for one in Decision.objects.in_force_on(numbers[at : at + AT_A_TIME])}
        for comment in Comment.objects.filter(pk__in=decisions).select_related("commenter", "wording"):
            if says_something(comment, decisions[comment.pk]):
                yield spam.lesson(said(comment), is_spam=SAYS[Status(comment.status)])


def says_something(comment: Comment, decision: Decision) -> bool:
    stands = comment.wording is not None and comment.status == decision.after and comment.status in SAYS
    by_hand = decision.verb != Decision.Verb.RULE  # a rule's word teaches nothing: it would only be learnt by heart
    return by_hand and stands and not (comment.edited and decision.created < comment.edited)


def said(comment: Comment) -> Said:
    who = comment.commenter
    return Said(comment.wording.text if comment.wording else "", who.name, who.email, who.website)
