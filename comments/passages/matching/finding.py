"""Finds passages of a text again in a revision of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from comments.passages.matching.alignment import LONG, Alignment, pair_exact
from comments.passages.matching.images import Images
from comments.passages.matching.joining import join
from comments.passages.matching.locating import locate_span, occurrences, shared_context
from comments.passages.matching.rewording import Comparison, pair_reworded
from comments.passages.matching.text import CONTEXT, Passage, Place, Span, Text

How = Literal["exact", "context", "reworded", "gone"]
MAX_SENTENCES = 10_000  # in a text, above which passages are only found word by word
MIN_CONTEXT = 24  # characters around words that are in several places, which decide between these
CONTEXT_DISTANCE = 8  # characters by which they must agree more than at the next place
MIN_RIVAL_CONTEXT = 10  # characters on one side of another place, which make it possible too
MIN_SHORT_CONTEXT = 12  # characters beside a short passage that is in one place


@dataclass(frozen=True)
class Match:
    """How a passage was found, and where."""

    how: How
    place: Place | None = None


def find_again(old: Text, new: Text, passages: Sequence[Passage]) -> list[Match]:
    """Find passages of an old text in a new one; in doubt a passage is gone."""
    search = Search(old, new)
    spans = [locate_span(old, passage) for passage in passages]
    found = [search.find(span) if span else None for span in spans]
    drop_collisions(spans, found)
    return [Match(one[0], new.place(one[1])) if one else Match("gone") for one in found]


Found = tuple[How, Span]


class Search:
    """Two texts, aligned."""

    def __init__(self, old: Text, new: Text) -> None:
        self.old, self.new = old, new
        is_bounded = max(len(old.sentences), len(new.sentences)) <= MAX_SENTENCES
        self.alignment = Alignment.of(old, new) if is_bounded else Alignment([], [])
        pair_exact(self.alignment)
        comparison = Comparison(self.alignment)
        pair_reworded(comparison)
        join(self.alignment, comparison)
        self.images = Images(old, new, self.alignment, comparison)

    def find(self, span: Span) -> Found | None:
        """Find a span of the old text."""
        words = self.old.words(span)
        before, after = list(occurrences(self.old, words)), list(occurrences(self.new, words))
        is_single = len(before) == len(after) == 1
        if is_single and len(words) >= LONG:
            return "exact", after[0]
        if copied := self.images.copy(span):
            return "exact" if is_single else "context", copied
        if is_single and self.agrees(span, after[0]):
            return "exact", after[0]
        if after and not is_single and (chosen := self.choose(span, before, after)):
            return "context", chosen
        image = self.images.image(span)
        return ("reworded", image) if image else None

    def agrees(self, span: Span, place: Span) -> bool:
        """Return whether what is beside words is also beside a place where they are in the new text."""
        image = self.images.image(span)
        if image and overlap(image, place):
            return True
        first, last = self.old.sentence_at(span.start), self.old.sentence_at(span.end - 1)
        to_first, to_last = self.new.sentence_at(place.start), self.new.sentence_at(place.end - 1)
        pairs = self.alignment.pairs
        if (pair := pairs.get(first - 1)) and pair.last == to_first - 1:
            return True
        if (pair := pairs.get(last + 1)) and pair.first == to_last + 1:
            return True
        return max(self.context(span, place)) >= MIN_SHORT_CONTEXT

    def context(self, span: Span, place: Span) -> tuple[int, int]:
        """Return how many characters before and after a span are the same as at a place in the new text."""
        prefix = self.old.line[max(0, span.start - CONTEXT) : span.start]
        suffix = self.old.line[span.end : span.end + CONTEXT]
        return shared_context(self.new, place, prefix, suffix)

    def choose(self, span: Span, before: list[Span], after: list[Span]) -> Span | None:
        """Choose one of several places with the same words by the sentences and the words around them."""
        image = self.images.image(span)
        inside = [place for place in after if image and overlap(image, place)]
        if len(inside) == 1:
            return inside[0]
        free = [place for place in after if not self.belongs_elsewhere(span, place)]
        ranked = sorted(((sum(self.context(span, place)), place) for place in free), reverse=True)
        if not ranked or ranked[0][0] < MIN_CONTEXT:
            return None
        best, place = ranked[0]
        if any(max(self.context(span, other)) >= MIN_RIVAL_CONTEXT for _, other in ranked[1:]):
            return None
        rivals = [score for score, _ in ranked[1:]] + [
            sum(self.context(other, place)) for other in before if other != span
        ]
        return place if best >= max(rivals, default=0) + CONTEXT_DISTANCE else None

    def belongs_elsewhere(self, span: Span, place: Span) -> bool:
        """Return whether a place is in a sentence that another one than the passage's became."""
        sources = self.alignment.sources.get(self.new.sentence_at(place.start))
        return bool(sources) and self.old.sentence_at(span.start) not in (sources or ())


def overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def drop_collisions(spans: Sequence[Span | None], found: list[Found | None]) -> None:
    """Drop what was found at one place for passages that did not overlap in the old text: the less sure one."""
    sure = {"exact": 0, "context": 1, "reworded": 2}
    order = sorted((i for i, one in enumerate(found) if one), key=lambda i: (found[i] or ("gone", Span(0, 0)))[1])
    active: list[int] = []
    for index in order:
        here, was = found[index], spans[index]
        if here is None or was is None:
            continue
        active = [i for i in active if (other := found[i]) and other[1].end > here[1].start]
        for other_index in active[-50:]:
            other, other_was = found[other_index], spans[other_index]
            if other is None or other_was is None or found[index] is None or overlap(was, other_was):
                continue
            if max(sure[here[0]], sure[other[0]]) == 0:
                continue
            worse = index if sure[here[0]] >= sure[other[0]] else other_index
            found[worse] = None
            if sure[here[0]] == sure[other[0]]:
                found[index] = found[other_index] = None
        if found[index]:
            active.append(index)
