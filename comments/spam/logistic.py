"""Logistic regression over hashed features, fitted by AdaGrad, with scores calibrated to probabilities. Pure."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from comments.spam.examples import SIGN_WEIGHT, Example, Row, word_weight

ROUNDS, RATE, DECAY = 8, 0.5, 0.1
INITIAL_SQUARES = 0.010001  # initial sum of squared gradients of every weight
FOLDS = 5
MAX_WRONG = 0.004  # share of good comments held in cross-validation; later ones differ more, and 1 % is the limit
LIMIT = 30.0


@dataclass(frozen=True)
class Weights:
    by_feature: dict[int, float]
    start: float = 0.0

    def sum(self, row: Row) -> float:
        """Return the weighted sum of a comment's features, whose sigmoid is its score."""
        of = self.by_feature
        return self.start + sum(of.get(key, 0.0) * value for key, value in row)

    def scaled(self, slope: float, offset: float) -> "Weights":
        """Return weights whose sums are `slope * sum + offset`."""
        return Weights({key: weight * slope for key, weight in self.by_feature.items()}, self.start * slope + offset)


def sigmoid(number: float) -> float:
    return 1 / (1 + math.exp(-max(-LIMIT, min(LIMIT, number))))


def fit(examples: Sequence[Example]) -> Weights:
    """Fit weights by AdaGrad; equal examples in equal order give equal weights."""
    places: dict[int, int] = {}  # index of each feature in the lists, which are faster than dicts
    order = [
        (
            [places.setdefault(key, len(places)) for key in example.words],
            [places.setdefault(key, len(places)) for key in example.signs],
            word_weight(example.words),
            example.is_spam,
        )
        for example in examples
    ]
    weights, squares = [0.0] * len(places), [INITIAL_SQUARES] * len(places)
    start, start_squares = 0.0, INITIAL_SQUARES
    decay = DECAY / max(1, len(examples))
    chance, sqrt = random.Random(0), math.sqrt  # noqa: S311  a shuffle, not a secret
    for _ in range(ROUNDS):
        chance.shuffle(order)
        for words, signs, of_word, is_spam in order:
            by_words, by_signs = sum([weights[at] for at in words]), sum([weights[at] for at in signs])
            error = sigmoid(start + of_word * by_words + SIGN_WEIGHT * by_signs) - is_spam
            for row, push in ((words, error * of_word), (signs, error * SIGN_WEIGHT)):
                for at in row:
                    weight = weights[at]
                    slope = push + decay * weight
                    squares[at] = total = squares[at] + slope * slope
                    weights[at] = weight - RATE * slope / sqrt(total)
            start_squares += error * error
            start -= RATE * error / sqrt(start_squares)
    return Weights(dict(zip(places, weights, strict=True)), start)


def cross_validate(examples: Sequence[Example]) -> list[tuple[float, bool]]:
    """Cross-validated sums: each example is scored by a model that was fitted without its fold."""
    found = []
    for fold in range(FOLDS):
        model = fit([example for example in examples if example.group % FOLDS != fold])
        found += [(model.sum(one.row), one.is_spam) for one in examples if one.group % FOLDS == fold]
    return found


def fit_calibrated(examples: Sequence[Example]) -> tuple[Weights, float]:
    """Weights whose sigmoid is a probability, and the score from which a comment is held."""
    trial = cross_validate(examples)
    slope, offset = fit_platt(trial)
    bound = hold_threshold([score for score, is_spam in trial if not is_spam])
    return fit(examples).scaled(slope, offset), sigmoid(slope * bound + offset)


def hold_threshold(good: Iterable[float]) -> float:
    """The score above which only the accepted share of good comments lies."""
    highest = sorted(good, reverse=True)
    return highest[int(len(highest) * MAX_WRONG)]


def fit_platt(trial: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset that turn a sum into a probability (Platt 1999), by Newton's method."""
    spam = sum(is_spam for _, is_spam in trial)
    aims = ((len(trial) - spam + 2) ** -1, (spam + 1) / (spam + 2))
    slope, offset = 1.0, 0.0
    for _ in range(30):
        by_slope = by_offset = both = 0.0
        slope_twice = offset_twice = 1e-6
        for score, is_spam in trial:
            chance = sigmoid(slope * score + offset)
            error, spread = chance - aims[is_spam], chance * (1 - chance)
            by_slope += error * score
            by_offset += error
            slope_twice += spread * score * score
            both += spread * score
            offset_twice += spread
        size = slope_twice * offset_twice - both * both
        slope -= (offset_twice * by_slope - both * by_offset) / size
        offset -= (slope_twice * by_offset - both * by_slope) / size
    return max(slope, 0.01), offset


def auc(trial: Iterable[tuple[float, bool]]) -> float:
    """Area under the ROC curve: how often spam scores above a good comment; ties count half."""
    ranked = sorted(trial)
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        ranks += (at + 1 + end) / 2 * sum(is_spam for _, is_spam in ranked[at:end])
        at = end
    spam = sum(is_spam for _, is_spam in ranked)
    pairs = spam * (len(ranked) - spam)
    return (ranks - spam * (spam + 1) / 2) / pairs if pairs else 0.5
