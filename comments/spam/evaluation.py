"""Quality of a filter on labeled comments that it was not trained with."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from time import perf_counter

from comments.spam.features import Submission
from comments.spam.filter import Filter
from comments.spam.logistic import auc


@dataclass(frozen=True)
class Figures:
    auc: float
    false_positives: float
    caught: float
    milliseconds: float

    def __str__(self) -> str:
        return (
            f"AUC {self.auc:.2f}, good comments marked as spam {self.false_positives:.1%}, "
            f"spam caught {self.caught:.0%}, {self.milliseconds:.1f} ms per comment"
        ).replace("%", " %")

    @classmethod
    def measure(cls, known: Filter, labelled: Iterable[tuple[Submission, bool]]) -> "Figures | None":
        """Measure a filter at its own threshold; None without comments of both kinds."""
        scores, seconds = [], 0.0
        for submission, is_spam in labelled:
            began = perf_counter()
            scores.append((known.score(submission), is_spam))
            seconds += perf_counter() - began
        good = [score for score, is_spam in scores if not is_spam]
        spam = [score for score, is_spam in scores if is_spam]
        if not good or not spam:
            return None
        false_positives, caught = (sum(score >= known.threshold for score in kind) / len(kind) for kind in (good, spam))
        return cls(auc(scores), false_positives, caught, seconds / len(scores) * 1000)

    @classmethod
    def mean(cls, figures: Sequence["Figures"]) -> "Figures":
        columns = zip(*map(astuple, figures), strict=True)
        return cls(*(sum(column) / len(figures) for column in columns))
