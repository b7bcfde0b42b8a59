"""A trained filter: the spam score of a comment, and the words and signs behind it."""

import hashlib
import math
import struct
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from comments.spam.examples import Example, built_in_examples, weighted_row
from comments.spam.features import SHORTENERS, SIGN, STEM, Submission, extract_features, hash_feature
from comments.spam.logistic import Weights, fit_calibrated, sigmoid

MIN_EXAMPLES = 30  # comments of each kind before the filter knows a site
# A floor, because comments on the next essay differ more than cross-validation shows. Trained on one kind of site and
# used on another, a threshold of 0.69 marked 12 % of good comments as spam, this one 2 %.
MIN_THRESHOLD = 0.92
MAX_WEIGHTS = 60_000
MAX_NAMED = 4
HEADER = struct.Struct("<dd")


@dataclass(frozen=True)
class Judgment:
    score: float
    words: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Filter:
    weights: Weights
    threshold: float

    @classmethod
    def train(cls, examples: Sequence[Example]) -> "Filter":
        """Train a filter on these and the built-in examples; with few of the former it marks only near-certain spam."""
        weights, threshold = fit_calibrated([*examples, *built_in_examples()])
        threshold = max(threshold, MIN_THRESHOLD)
        strongest = sorted(weights.by_feature.items(), key=lambda item: (-abs(item[1]), item[0]))[:MAX_WEIGHTS]
        found = cls(Weights(dict(strongest), weights.start), threshold)
        return cls.unpack(found.pack())  # so that scores are the same before and after storage

    def pack(self) -> bytes:
        """Serialize the weights and the threshold, compressed."""
        keys, values = array("I", self.weights.by_feature), array("f", self.weights.by_feature.values())
        return zlib.compress(HEADER.pack(self.weights.start, self.threshold) + keys.tobytes() + values.tobytes(), 9)

    @classmethod
    def unpack(cls, data: bytes) -> "Filter":
        """Read what pack() wrote."""
        plain = zlib.decompress(data)
        start, threshold = HEADER.unpack_from(plain)
        half = (len(plain) - HEADER.size) // 2 + HEADER.size
        keys, values = array("I", plain[HEADER.size : half]), array("f", plain[half:])
        return cls(Weights(dict(zip(keys, values, strict=True)), start), threshold)

    @property
    def stamp(self) -> str:
        """A hash of the filter, by which a process notices that another is in use."""
        return hashlib.blake2b(self.pack(), digest_size=8).hexdigest()

    def score(self, submission: Submission) -> float:
        """Return the probability that a comment is spam."""
        words, signs = split_words_and_signs(extract_features(submission))
        row = weighted_row([hash_feature(word) for word in words], [hash_feature(sign) for sign in signs])
        return sigmoid(self.weights.sum(row))

    def judge(self, submission: Submission) -> Judgment:
        """Score a submission and name the words and signs that suggest spam most, strongest first."""
        words, signs = split_words_and_signs(extract_features(submission))
        named = [*words, *signs]
        row = weighted_row([hash_feature(word) for word in words], [hash_feature(sign) for sign in signs])
        weighs: dict[str, float] = {}
        for feature, (key, value) in zip(named, row, strict=True):
            if name := readable_name(feature, submission):
                weighs[name] = weighs.get(name, 0.0) + self.weights.by_feature.get(key, 0.0) * value
        suspicious = (name for name, weight in weighs.items() if weight > 0)
        most = sorted(suspicious, key=lambda name: -weighs[name])[:MAX_NAMED]
        return Judgment(
            sigmoid(self.weights.sum(row)),
            [name for name in most if name[0] != SIGN],
            [name[2:] for name in most if name[0] == SIGN],
        )


def split_words_and_signs(found: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split features into those of words and links, and signs."""
    return [each for each in found if each[0] != SIGN], [each for each in found if each[0] == SIGN]


def readable_name(feature: str, submission: Submission) -> str:
    """The part of the comment that a moderator recognizes in a feature; empty for pairs and parts of addresses."""
    kind, _, rest = feature.partition(" ")
    match kind:
        case "w" if len(rest) > 1:
            return rest
        case "s":
            return next((word for word in submission.words if word.startswith(rest) and len(word) > STEM), "")
        case "h" if rest and not rest.startswith("site "):
            return "# shortener" if rest in SHORTENERS else rest
        case "#":
            name, _, much = rest.partition(" ")
            return f"# {name}" if much != "0" else ""
    return ""


def round_down(score: float) -> float:
    """Round a score down to hundredths, at most 0.99."""
    return min(0.99, math.floor(score * 100) / 100)
