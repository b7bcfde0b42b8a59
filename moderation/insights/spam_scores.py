"""How like spam the site's own comments looked, good ones and spam, and what a threshold would have done with them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from comments.models import Comment, Rules, Status
from comments.spam import Said, training
from moderation.insights import plots
from moderation.insights.plots import Mark, Series

EACH = 3000  # of the newest of each kind
ANEW = 200  # that have no likeness of their own are judged now
BINS = 20
CANDIDATES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Rates:
    """What a threshold does with what was there."""

    at: float
    good: tuple[int, int]  # so many of so many
    spam: tuple[int, int]
    word: str = ""

    @property
    def likeness(self) -> str:
        return f"{self.at:.2f}"

    @property
    def good_share(self) -> str:
        return percent(*self.good)

    @property
    def spam_share(self) -> str:
        return percent(*self.spam)


def percent(some: int, every: int) -> str:
    if not every:
        return "–"
    share = 100 * some / every
    return f"{share:.1f}%" if 0 < share < 10 or 99 < share < 100 else f"{share:.0f}%"


@dataclass
class Past:
    """Likenesses in order; how many of them were judged on arrival, and how many only now."""

    good: list[float] = field(default_factory=list)
    spam: list[float] = field(default_factory=list)
    on_arrival: int = 0
    anew: int = 0

    @classmethod
    def of(cls, rules: Rules) -> "Past":
        found = cls()
        for is_spam, scores in ((False, found.good), (True, found.spam)):
            for score, is_anew in likenesses(decided(is_spam), rules, ANEW // 2):
                scores.append(score)
                found.anew += is_anew
                found.on_arrival += not is_anew
            scores.sort()
        return found

    def at(self, threshold: float, word: str = "") -> Rates:
        good, spam = (len(each) - bisect_left(each, threshold) for each in (self.good, self.spam))
        return Rates(threshold, (good, len(self.good)), (spam, len(self.spam)), word)


def decided(is_spam: bool) -> Any:
    """What is approved, and what a moderator called spam; what the filter alone put there proves nothing about it."""
    if is_spam:
        return Comment.objects.filter(status=Status.SPAM, removed_by=Comment.Remover.MODERATOR)
    return Comment.objects.approved()


def likenesses(comments: Any, rules: Rules, most_anew: int) -> Iterator[tuple[float, bool]]:
    """The stored ones, and, while the filter knows anything, of some that have none."""
    newest = comments.filter(wording__isnull=False).order_by("-pk")
    rows = list(newest.values_list("pk", "wording__likeness")[:EACH])
    yield from ((score, False) for _pk, score in rows if score is not None)
    known = training.known(rules)
    if known is None:
        return
    without = [pk for pk, score in rows if score is None][:most_anew]
    names = ("wording__text", "commenter__name", "commenter__email", "commenter__website")
    for said in Comment.objects.filter(pk__in=without).values_list(*names):
        yield known.score(Said(*said)), True


@dataclass
class Thresholds:
    """Where it holds and where it calls spam, against what was there."""

    rules: Rules
    past: Past
    own: float | None  # where the filter itself draws the line; None while it knows too little

    @classmethod
    def of(cls, rules: Rules) -> "Thresholds":
        known = training.known(rules)
        return cls(rules, Past.of(rules), known.threshold if known else None)

    @property
    def hold(self) -> float | None:
        return self.rules.spam_hold_at / 100 if self.rules.spam_hold_at else self.own

    @property
    def mark(self) -> float | None:
        return self.rules.spam_mark_at / 100 if self.rules.spam_mark_at else None

    @property
    def bites(self) -> float | None:
        """From where on nothing is published at once."""
        return min((each for each in (self.hold, self.mark) if each is not None), default=None)

    @property
    def now(self) -> Rates | None:
        return None if self.bites is None else self.past.at(self.bites)

    @property
    def marked(self) -> Rates | None:
        return None if self.mark is None else self.past.at(self.mark)

    @property
    def candidates(self) -> list[Rates]:
        words: dict[int, str] = {}
        places = {round(at * 100): at for at in CANDIDATES}
        for at, word in (
            (self.own, _("automatic threshold")), (self.hold, _("hold")), (self.mark, _("spam")),
        ):  # fmt: skip
            if at is not None:
                key = round(at * 100)
                places.setdefault(key, at)
                words[key] = ", ".join(filter(None, (words.get(key, ""), word)))
        return [self.past.at(at, words.get(key, "")) for key, at in sorted(places.items())]

    @property
    def plot(self) -> SafeString:
        marks = [Mark(at, word) for at, word in ((self.hold, _("hold")), (self.mark, _("spam"))) if at is not None]
        band = None if self.hold is None else (self.hold, max(self.hold, self.mark or 1.0))
        says = _("Spam scores from 0 to 1 of %(good)d good comments and %(spam)d spam comments, in percent.")
        series = [Series("good", shares(self.past.good)), Series("bad", shares(self.past.spam))]
        counts = {"good": len(self.past.good), "spam": len(self.past.spam)}
        return plots.histograms(series, band=band, marks=marks, says=says % counts)


def shares(scores: Sequence[float]) -> list[float]:
    """Per cent of them in each bin."""
    counts = [0] * BINS
    for score in scores:
        counts[min(BINS - 1, int(score * BINS))] += 1
    return [100 * count / len(scores) if scores else 0.0 for count in counts]
