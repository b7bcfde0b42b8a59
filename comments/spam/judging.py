"""A trained filter: the spam score of a comment, and the words and signs behind it."""

import hashlib
import math
import struct
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from comments.spam.features import SHORTENERS, SIGN, STEM, Said, features, hashed
from comments.spam.lessons import Lesson, ground, weighed
from comments.spam.logistic import Weights, calibrated, sigmoid

ENOUGH = 30  # comments of each kind before the filter knows a site
# A floor, because comments on the next essay differ more than cross-validation shows. Trained on one kind of site and
# used on another, a threshold of 0.69 marked 12 % of good comments as spam, this one 2 %.
LOWEST = 0.92
WEIGHTS_KEPT = 60_000
NAMED = 4
ITS_OWN = struct.Struct("<dd")


@dataclass(frozen=True)
class Judgement:
    score: float
    words: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Filter:
    weights: Weights
    threshold: float

    @classmethod
    def taught(cls, lessons: Sequence[Lesson]) -> "Filter":
        """Train a filter on these and the built-in examples; with few of the former it marks only near-certain spam."""
        weights, threshold = calibrated([*lessons, *ground()])
        threshold = max(threshold, LOWEST)
        strongest = sorted(weights.of.items(), key=lambda item: (-abs(item[1]), item[0]))[:WEIGHTS_KEPT]
        return cls(Weights(dict(strongest), weights.start), threshold).stored()

    def stored(self) -> "Filter":
        """The filter after packing and unpacking, so that scores are the same before and after storage."""
        return Filter.unpacked(self.packed())

    def packed(self) -> bytes:
        keys, values = array("I", self.weights.of), array("f", self.weights.of.values())
        return zlib.compress(ITS_OWN.pack(self.weights.start, self.threshold) + keys.tobytes() + values.tobytes(), 9)

    @classmethod
    def unpacked(cls, data: bytes) -> "Filter":
        plain = zlib.decompress(data)
        start, threshold = ITS_OWN.unpack_from(plain)
        half = (len(plain) - ITS_OWN.size) // 2 + ITS_OWN.size
        keys, values = array("I", plain[ITS_OWN.size : half]), array("f", plain[half:])
        return cls(Weights(dict(zip(keys, values, strict=True)), start), threshold)

    @property
    def stamp(self) -> str:
        return hashlib.blake2b(self.packed(), digest_size=8).hexdigest()

    def score(self, submission: Said) -> float:
        words, signs = parted(features(submission))
        row = weighed([hashed(word) for word in words], [hashed(sign) for sign in signs])
        return sigmoid(self.weights.sum(row))

    def judge(self, submission: Said) -> Judgement:
        """Score a submission and name the words and signs that suggest spam most, strongest first."""
        words, signs = parted(features(submission))
        named = [*words, *signs]
        row = weighed([hashed(word) for word in words], [hashed(sign) for sign in signs])
        weighs: dict[str, float] = {}
        for feature, (key, value) in zip(named, row, strict=True):
            if name := name_of(feature, submission):
                weighs[name] = weighs.get(name, 0.0) + self.weights.of.get(key, 0.0) * value
        most = sorted((name for name, weight in weighs.items() if weight > 0), key=lambda name: -weighs[name])[:NAMED]
        return Judgement(
            sigmoid(self.weights.sum(row)),
            [name for name in most if name[0] != SIGN],
            [name[2:] for name in most if name[0] == SIGN],
        )


def parted(found: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split features into words and signs."""
    return [each for each in found if each[0] != SIGN], [each for each in found if each[0] == SIGN]


def name_of(feature: str, submission: Said) -> str:
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


def in_hundredths(score: float) -> float:
    """Round a score down to hundredths, at most 0.99."""
    return min(0.99, math.floor(score * 100) / 100)
