"""Texts about a rule's dry run and its past decisions."""

from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from comments.models import Comment, Rule, Status
from comments.models.passage import find_quotations
from moderation.decisions.in_words import make_excerpt
from moderation.insights.rule_stats import RuleRecord
from moderation.rules.dry_run import DryRunResult

SHOWN = 10


WOULD: dict[str, Any] = {
    Rule.Action.HOLD: ngettext_lazy(
        "This rule would have held the only comment",
        "This rule would have held %(count)d of the last %(among)d comments",
        "among",
    ),
    Rule.Action.SPAM: ngettext_lazy(
        "This rule would have marked the only comment as spam",
        "This rule would have marked %(count)d of the last %(among)d comments as spam",
        "among",
    ),
    Rule.Action.REFUSE: ngettext_lazy(
        "This rule would have rejected the only comment",
        "This rule would have rejected %(count)d of the last %(among)d comments",
        "among",
    ),
    Rule.Action.PUBLISH: ngettext_lazy(
        "This rule would have published the only comment",
        "This rule would have published %(count)d of the last %(among)d comments",
        "among",
    ),
}
OUTCOMES: dict[str, Any] = {
    "by hand": gettext_lazy("approved by a moderator"),
    "at once": gettext_lazy("published immediately"),
    Status.PENDING: gettext_lazy("now pending"),
    Status.SPAM: gettext_lazy("now spam"),
    Status.TRASH: gettext_lazy("now in the trash"),
}


def summary(result: DryRunResult) -> str:
    """Return “This rule would have held 12 of the last 1000 comments: 9 approved by a moderator, 3 now spam.”"""
    if not result.total:
        return _("There are no comments to test this rule on yet.")
    if not result.matched:
        words = ngettext(
            "This rule would not have matched the one comment tested.",
            "This rule would not have matched any of the last %(among)d comments.",
            result.total,
        )
        return words % {"among": result.total}
    would = WOULD[result.rule.action] % {"count": len(result.matched), "among": result.total}
    counts = Counter(result.outcome_of(comment) for comment in result.matched)
    parts = [
        _("%(count)d %(how)s") % {"count": counts[key], "how": words} for key, words in OUTCOMES.items() if counts[key]
    ]
    return f"{would}: {', '.join(parts)}." if parts else f"{would}."


def describe_record(record: RuleRecord) -> str:
    """Return “This rule matched 12 times and was overruled once.”"""
    if not record.decided:
        return _("This rule has not matched any comments yet.")
    decided = ngettext("This rule matched once", "This rule matched %(count)d times", record.decided)
    times = ngettext("was overruled once", "was overruled %(count)d times", record.overruled)
    overruled = times % {"count": record.overruled} if record.overruled else _("was never overruled")
    values = {"decided": decided % {"count": record.decided}, "overruled": overruled}
    return _("%(decided)s and %(overruled)s.") % values


def describe_result(result: DryRunResult, *, may_read: bool) -> dict[str, Any]:
    """Return the `summary`, `notes`, and, for who may read them, the newest matched `comments` and how many `more`."""
    shown = list(reversed(result.matched))[:SHOWN] if may_read else []
    quoted = find_quotations(comment.pk for comment in shown) if shown else {}
    return {
        "summary": summary(result),
        "notes": notes(result),
        "comments": [describe_match(result, comment, quoted.get(comment.pk)) for comment in shown],
        "more": len(result.matched) - len(shown) if shown else 0,
    }


def notes(result: DryRunResult) -> list[str]:
    """Return sentences about comments that could not be tested."""
    found = []
    if result.untestable:
        words = ngettext(
            "%(count)d comment could not be tested, because its network is not stored or not precise enough.",
            "%(count)d comments could not be tested, because their networks are not stored or not precise enough.",
            result.untestable,
        )
        found.append(words % {"count": result.untestable})
    if result.timeouts:
        found.append(_("A pattern timed out on some comments, so the rule did not match them. Simplify the pattern."))
    return found


def describe_match(result: DryRunResult, comment: Comment, quotation: str | None) -> dict[str, Any]:
    """Return a matched comment's `url` in the queue, commenter's `name`, `quotation`, first `words` and `outcome`."""
    return {
        "url": f"{reverse('queue')}?comment={comment.pk}",
        "name": comment.commenter.name,
        "quotation": quotation,
        "words": make_excerpt(comment.wording.html if comment.wording else ""),
        "outcome": OUTCOMES[result.outcome_of(comment)],
    }
