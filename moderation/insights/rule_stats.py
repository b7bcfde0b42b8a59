"""How often each of the owner's rules decided, and how often moderators overruled it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from comments.models import Comment, Decision, Status


def approved_by_moderator(comments: Iterable[Comment]) -> set[int]:
    """Return the keys of those of these approved comments that a moderator, not only a rule, has approved."""
    keys = [comment.pk for comment in comments if comment.status == Status.APPROVED]
    rows = Decision.objects.filter(comment_number__in=keys, after=Status.APPROVED, moderator__isnull=False)
    return set(rows.order_by().values_list("comment_number", flat=True))


@dataclass(frozen=True)
class RuleRecord:
    """How often a rule decided, and how often a moderator then changed the result."""

    decided: int = 0
    overruled: int = 0


def load_records() -> dict[int, RuleRecord]:
    """Return the statistics of each rule that has decided a comment, by the rule's key, in one query."""
    later = Decision.objects.filter(
        comment_number=OuterRef("comment_number"), pk__gt=OuterRef("pk"), moderator__isnull=False
    )
    changed = (
        Q(after=Status.PENDING, comment__status=Status.APPROVED)
        | Q(after=Status.APPROVED) & ~Q(comment__status=Status.APPROVED)
        | Q(after=Status.SPAM, comment__status__in=(Status.APPROVED, Status.PENDING))
    )
    rows: Any = Decision.objects.filter(verb=Decision.Verb.RULE, rule__isnull=False).order_by().values_list("rule")
    rows = rows.annotate(decided=Count("pk"), overruled=Count("pk", filter=changed & Q(Exists(later))))
    return {rule: RuleRecord(*counts) for rule, *counts in rows}
