"""Finds an essay's passages again in another text of it: for the publishing step, and after publishing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from blog.models import Essay, Revision
from comments.models import Passage
from comments.passages import matching
from comments.passages.placing import read_text


@dataclass(frozen=True)
class Move:
    """Where a passage is in another text; `place` is None if that has no such words."""

    passage: Passage
    how: str  # as in matching.Match, or "chosen" by an author
    place: matching.Passage | None


def find_moves(passages: Iterable[Passage], new: matching.Text) -> list[Move]:
    """Find passages in a text, from the last text that has each of them. What an author chose comes first."""
    by_revision: dict[int | None, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_revision[passage.revision_id].append(passage)
    moves = []
    for revision in Revision.objects.filter(pk__in=[key for key in by_revision if key]).order_by("pk"):
        placed = by_revision[revision.pk]
        wanted = [matching.Passage(one.paragraph, one.words, one.before, one.after) for one in placed]
        for passage, match in zip(placed, matching.find_again(read_text(revision), new, wanted), strict=True):
            how: str = match.how
            place = match.place
            if passage.is_chosen:
                how, place = "chosen", locate_words(new, passage.chosen)
            moves.append(Move(passage, how, matching.quote(new, place) if place else None))
    return moves


def locate_words(text: matching.Text, words: str) -> matching.Place | None:
    """Return the only place of these words in a text."""
    return matching.locate(text, matching.Passage(0, words)) if words.strip() else None


@dataclass(frozen=True)
class Summary:
    """What becomes of the comments on passages if a text is published."""

    staying: int
    recognized: list[Move]
    gone: list[Move]
    chosen: list[Move]

    @property
    def to_review(self) -> list[Move]:
        """The moves that an author may want to check or to change."""
        return [*self.gone, *self.recognized, *self.chosen]


def summarize(essay: Essay, body: str) -> Summary | None:
    """Return what becomes of the passages that readers see now if this body is published; None if there are none."""
    shown = Revision.objects.public(essay).values_list("pk", flat=True).first()
    passages = Passage.objects.filter(essay=essay, revision=shown, comment__status="approved")
    rows = list(passages.select_related("comment__commenter").order_by("paragraph", "pk"))
    if not rows:
        return None
    moves = find_moves(rows, matching.parse_text(body))
    chosen = [move for move in moves if move.how == "chosen"]
    recognized = [move for move in moves if move.how == "reworded"]
    gone = [move for move in moves if move.how != "chosen" and move.place is None]
    return Summary(len(moves) - len(chosen) - len(recognized) - len(gone), recognized, gone, chosen)
