"""How often reasons and rules held comments, and how often moderators overruled them."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from comments.models import Comment, Decision, Status
from comments.models.comment import UNSCORED
from comments.models.decision import REMOVED
from moderation.decisions.in_words import REASON_LABELS
from moderation.insights.weeks import WEEKS, first_day

NEWEST, HELD = 20_000, 2_000  # newest comments searched; held ones of these read


@dataclass
class CheckStatistics:
    """A reason or rule: how many comments it held, and how many of these moderators approved or rejected."""

    name: Any
    url: str = ""
    held: int = 0
    overruled: int = 0
    upheld: int = 0

    @property
    def open(self) -> int:
        """How many of the held comments are still undecided."""
        return max(0, self.held - self.overruled - self.upheld)

    @property
    def overruled_share(self) -> str:
        """The percentage of its decided comments in which moderators overruled it, such as “12%”."""
        decided = self.overruled + self.upheld
        return f"{100 * self.overruled / decided:.0f}%" if decided else "–"


@dataclass
class OverruleStatistics:
    """Why the newest comments were held, and whether moderators agreed."""

    by_code: dict[str, CheckStatistics] = field(default_factory=dict)
    correctly_held: int = 0  # held by the filter, and spam according to a moderator
    missed: int = 0  # passed by the filter, and spam according to a moderator
    wrongly_held: int = 0  # held by the filter, and approved
    undecided: int = 0  # held by the filter, and not decided yet

    @classmethod
    def load(cls) -> "OverruleStatistics":
        """Count over the newest comments that were held or marked as spam."""
        newest = Comment.objects.order_by("-pk").values_list("pk", flat=True)
        oldest = newest[NEWEST : NEWEST + 1].first() or 0
        held = ~Q(wording__reasons=[]) | Q(status=Status.SPAM)
        rows = Comment.objects.filter(held, pk__gt=oldest, wording__isnull=False).order_by("-pk")
        found = cls()
        read = rows.values_list("status", "removed_by", "wording__reasons", "spam_score")
        for status, remover, reasons, score in read[:HELD]:
            found.add(status, remover == Comment.Remover.MODERATOR, codes_of(reasons), score != UNSCORED)
        return found

    def add(self, status: str, is_removed: bool, codes: set[str], is_judged: bool) -> None:
        """Count one comment; `is_removed`: by a moderator, `is_judged`: by the spam filter, `codes`: what held it."""
        is_spam = status == Status.SPAM and is_removed
        for code in codes:
            if code not in self.by_code:
                url = f"{reverse('queue')}?{urlencode({'status': 'all', 'reason': code})}"
                self.by_code[code] = CheckStatistics(REASON_LABELS.get(code, code), url=url)
            check = self.by_code[code]
            check.held += 1
            check.overruled += status == Status.APPROVED
            check.upheld += status in REMOVED and is_removed
        if "spam" in codes:
            self.correctly_held += is_spam
            self.wrongly_held += status == Status.APPROVED
            self.undecided += status == Status.PENDING or (status == Status.SPAM and not is_removed)
        elif is_judged:
            self.missed += is_spam

    @property
    def rows(self) -> list[CheckStatistics]:
        """The statistics of each check, those that held most comments first."""
        return sorted(self.by_code.values(), key=lambda check: -check.held)


def codes_of(reasons: Any) -> set[str]:
    """Return the codes of the built-in checks in stored reasons; the owner's rules are counted by their decisions."""
    return {str(reason.get("code", "")) for reason in reasons or () if isinstance(reason, dict)} - {"rule", ""}


def rule_statistics() -> list[CheckStatistics]:
    """Count the decisions of each of the owner's rules in the last WEEKS weeks."""
    decisions = Decision.objects.filter(verb=Decision.Verb.RULE, created__gte=first_day(WEEKS)).order_by()
    by_hand = Q(comment__removed_by=Comment.Remover.MODERATOR)
    passed, held = Q(after=Status.APPROVED), ~Q(after=Status.APPROVED)
    wrong = (held & Q(comment__status=Status.APPROVED)) | (passed & Q(comment__status__in=REMOVED) & by_hand)
    right = held & Q(comment__status__in=REMOVED) & by_hand
    rows = decisions.values_list("rule", "rule__name").annotate(
        Count("pk"), wrong=Count("pk", filter=wrong), right=Count("pk", filter=right)
    )
    log = reverse("queue-log")
    return [
        CheckStatistics(name or _("a deleted rule"), f"{log}?by={pk}" if pk else "", count, wrong, right)
        for pk, name, count, wrong, right in sorted(rows, key=lambda row: -row[2])
    ]
