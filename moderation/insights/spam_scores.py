"""Spam scores of the site's good and spam comments, and what each threshold would have done with them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from comments.models import Comment, Rules, Status
from comments.models.comment import UNSCORED
from comments.spam import Submission, training
from moderation.insights import plots
from moderation.insights.plots import Mark, Series

MAX_COMMENTS = 3000  # newest comments read of each kind
MAX_RESCORED = 200  # comments without a stored score that are scored now
BINS = 20
CANDIDATES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Rates:
    """What share of the good and spam comments reaches a threshold."""

    at: float
    good: tuple[int, int]  # count, total
    spam: tuple[int, int]
    label: str = ""

    @property
    def score(self) -> str:
        """The threshold as text with two decimals."""
        return f"{self.at:.2f}"

    @property
    def good_share(self) -> str:
        """The percentage of the good comments that reach the threshold, as text."""
        return format_percent(*self.good)

    @property
    def spam_share(self) -> str:
        """The percentage of the spam comments that reach the threshold, as text."""
        return format_percent(*self.spam)


def format_percent(count: int, total: int) -> str:
    """Return a share as a percentage, with a decimal where it is close to 0 or 100; a dash if there is no total."""
    if not total:
        return "–"
    share = 100 * count / total
    return f"{share:.1f}%" if 0 < share < 10 or 99 < share < 100 else f"{share:.0f}%"


@dataclass
class ScoreHistory:
    """Sorted spam scores; how many were scored on arrival, and how many only now."""

    good: list[float] = field(default_factory=list)
    spam: list[float] = field(default_factory=list)
    on_arrival: int = 0
    rescored: int = 0

    @classmethod
    def load(cls, rules: Rules) -> "ScoreHistory":
        """Read the stored scores of the newest comments, and score a limited number of those without one."""
        found = cls()
        for is_spam, scores in ((False, found.good), (True, found.spam)):
            for score, is_new in scores_of(decided_comments(is_spam), rules, MAX_RESCORED // 2):
                scores.append(score)
                found.rescored += is_new
                found.on_arrival += not is_new
            scores.sort()
        return found

    def rates_at(self, threshold: float, label: str = "") -> Rates:
        """Return what share of the good and of the spam comments reaches a threshold; `label` is its name."""
        good, spam = (len(each) - bisect_left(each, threshold) for each in (self.good, self.spam))
        return Rates(threshold, (good, len(self.good)), (spam, len(self.spam)), label)


def decided_comments(is_spam: bool) -> Any:
    """Return a QuerySet of the spam that moderators, not only the filter, marked, or of the approved comments."""
    if is_spam:
        return Comment.objects.filter(status=Status.SPAM, removed_by=Comment.Remover.MODERATOR)
    return Comment.objects.approved()


def scores_of(comments: Any, rules: Rules, max_rescored: int) -> Iterator[tuple[float, bool]]:
    """Yield stored scores, then new ones for at most `max_rescored` comments; each with whether it is new."""
    newest = comments.filter(wording__isnull=False).order_by("-pk")
    rows = list(newest.values_list("pk", "spam_score")[:MAX_COMMENTS])
    yield from ((score, False) for _pk, score in rows if score != UNSCORED)
    model = training.current_filter(rules)
    if model is None:
        return
    without = [pk for pk, score in rows if score == UNSCORED][:max_rescored]
    names = ("wording__text", "commenter__name", "commenter__email", "commenter__website")
    for said in Comment.objects.filter(pk__in=without).values_list(*names):
        yield model.score(Submission(*said)), True


@dataclass
class Thresholds:
    """The thresholds and what they would have done with the site's comments."""

    rules: Rules
    past: ScoreHistory
    automatic: float | None  # the filter's automatic threshold; None while it has learned too little

    @classmethod
    def load(cls, rules: Rules) -> "Thresholds":
        """Return the thresholds that the rules set, with the filter's own and the past scores."""
        model = training.current_filter(rules)
        return cls(rules, ScoreHistory.load(rules), model.threshold if model else None)

    @property
    def hold(self) -> float | None:
        """The score from which comments are held: the owner's threshold, else the automatic one."""
        return self.rules.spam_hold_at / 100 if self.rules.spam_hold_at else self.automatic

    @property
    def mark(self) -> float | None:
        """The score from which comments are marked as spam; None if the owner has set none."""
        return self.rules.spam_mark_at / 100 if self.rules.spam_mark_at else None

    @property
    def lowest(self) -> float | None:
        """The lowest score that is not published immediately."""
        return min((each for each in (self.hold, self.mark) if each is not None), default=None)

    @property
    def now(self) -> Rates | None:
        """The shares of comments that the current thresholds would not have published immediately."""
        return None if self.lowest is None else self.past.rates_at(self.lowest)

    @property
    def marked(self) -> Rates | None:
        """The shares of comments that the current threshold would have marked as spam."""
        return None if self.mark is None else self.past.rates_at(self.mark)

    @property
    def candidates(self) -> list[Rates]:
        """The shares of comments for each threshold in CANDIDATES and those in use, which are labeled."""
        labels: dict[int, str] = {}
        thresholds = {round(at * 100): at for at in CANDIDATES}
        for at, word in (
            (self.automatic, _("automatic threshold")), (self.hold, _("hold")), (self.mark, _("spam")),
        ):  # fmt: skip
            if at is not None:
                key = round(at * 100)
                thresholds.setdefault(key, at)
                labels[key] = ", ".join(filter(None, (labels.get(key, ""), word)))
        return [self.past.rates_at(at, labels.get(key, "")) for key, at in sorted(thresholds.items())]

    @property
    def plot(self) -> SafeString:
        """A histogram of the good and the spam comments' scores, with the thresholds."""
        marks = [Mark(at, word) for at, word in ((self.hold, _("hold")), (self.mark, _("spam"))) if at is not None]
        band = None if self.hold is None else (self.hold, max(self.hold, self.mark or 1.0))
        description = _("Histogram of the spam scores (0 to 1) of %(good)d good and %(spam)d spam comments.")
        series = [Series("good", shares(self.past.good)), Series("bad", shares(self.past.spam))]
        counts = {"good": len(self.past.good), "spam": len(self.past.spam)}
        return plots.histograms(series, band=band, marks=marks, description=description % counts)


def shares(scores: Sequence[float]) -> list[float]:
    """Return the percentage of scores in each of the histogram's bins."""
    counts = [0] * BINS
    for score in scores:
        counts[min(BINS - 1, int(score * BINS))] += 1
    return [100 * count / len(scores) if scores else 0.0 for count in counts]
