"""Sentences that were split in two or merged with another one."""

from collections import Counter

from comments.passages.matching.alignment import Alignment, Pair
from comments.passages.matching.rewording import Comparison
from comments.passages.matching.similarity import Sentence
from comments.passages.matching.text import Span

GAIN = 0.04  # in similarity, from which a sentence beside a pair belongs to it
SHARE_OF_NEW = 0.4  # of a new sentence's words that are in the old one and not in the sentences it already has
SHARE_OF_OLD = 0.5
MAX_SENTENCES = 3
MIN_WORDS = 3  # of a sentence that is a part of a split one


def join(alignment: Alignment, comparison: Comparison) -> None:
    """Add sentences without a pair to reworded pairs beside them, where they have the words that these miss."""
    for i in sorted(alignment.pairs):
        pair = alignment.pairs[i]
        if pair.how == "reworded":
            for j in (pair.last + 1, pair.first - 1, pair.last + 2):
                add_split(alignment, comparison, i, j)
    for i in range(len(alignment.old)):
        for beside in (i - 1, i + 1):
            if i not in alignment.pairs and beside in alignment.pairs:
                add_merged(alignment, comparison, i, alignment.pairs[beside])


def joined(sentences: list[Sentence]) -> Sentence:
    """Return consecutive sentences as one."""
    return Sentence(
        Span(sentences[0].span.start, sentences[-1].span.end), " ".join(sentence.text for sentence in sentences)
    )


def add_split(alignment: Alignment, comparison: Comparison, i: int, j: int) -> None:
    """Add the new sentence `j` to what the old one `i` became, if it has words of it that the others don't have."""
    pair = alignment.pairs[i]
    if j in alignment.sources or not 0 <= j < len(alignment.new) or j not in (pair.first - 1, pair.last + 1):
        return
    if pair.last - pair.first + 1 >= MAX_SENTENCES or len(alignment.sources[pair.first]) > 1:
        return
    has = alignment.new[pair.first : pair.last + 1]
    with_it = alignment.new[min(pair.first, j) : max(pair.last, j) + 1]
    old, new = alignment.old[i], alignment.new[j]
    if not comparison.budget.spend(1 + len(old.stems) * sum(len(each.stems) for each in with_it)):
        return
    weights = comparison.weights
    gain = weights.compare(old, joined(with_it)).total - weights.compare(old, joined(has)).total
    missing = old.counts.keys() - {stem for each in has for stem in each.counts}
    common = weights.total(missing & new.counts.keys())
    if len(new.stems) < MIN_WORDS:
        return
    if gain >= GAIN and common >= SHARE_OF_NEW * weights.total(new.stems):
        alignment.extend(i, j)


def add_merged(alignment: Alignment, comparison: Comparison, i: int, beside: Pair) -> None:
    """Add the old sentence `i` to a pair beside it, if its words are there and not those of the other sentence."""
    if beside.how != "reworded" or len(alignment.sources[beside.first]) >= MAX_SENTENCES:
        return
    missing: Counter[str] = Counter()
    for j in range(beside.first, beside.last + 1):
        missing += alignment.new[j].counts
    for other in alignment.sources[beside.first]:
        missing -= alignment.old[other].counts
    old = alignment.old[i]
    weights = comparison.weights
    if weights.total((missing & old.counts).elements()) >= SHARE_OF_OLD * weights.total(old.stems):
        alignment.pairs[i] = Pair(beside.first, beside.last, "reworded")
        for j in range(beside.first, beside.last + 1):
            alignment.sources[j].append(i)
