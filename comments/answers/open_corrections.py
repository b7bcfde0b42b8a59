"""The corrections of an essay that its author has not published yet, with their places in the text being written."""

from dataclasses import dataclass

from blog.models import Essay
from comments.answers.corrections import begin, passage_of
from comments.models import AuthorAnswer, Comment, Discussion, Status
from comments.passages import matching
from comments.passages.moving import find_moves


@dataclass(frozen=True)
class OpenCorrection:
    """A comment that was answered with “Corrected” before the change.

    `words` are those of the text that it is about, or what it quoted if the text no longer has them; for a comment
    without a passage `excerpt` is how it begins.
    """

    comment: Comment
    words: str = ""
    excerpt: str = ""
    place: matching.Passage | None = None


def find_open(essay: Essay, body: str) -> list[OpenCorrection]:
    """Return the open corrections in the order of this body, then those that it has no words for.

    No query if the discussion has neither passages nor answers.
    """
    if not Discussion.objects.for_essay(essay).has_passages:
        return []
    rows = AuthorAnswer.objects.filter(essay=essay, comment__status=Status.APPROVED).to_come()
    answers = rows.select_related("comment__commenter", "comment__wording", "comment__passage")
    comments = [answer.comment for answer in answers]
    passages = {answer.pk: passage for answer in answers if (passage := passage_of(answer))}
    moves = find_moves(passages.values(), matching.parse_text(body)) if passages else []
    places = {move.passage.pk: move.place for move in moves}
    found = []
    for comment in comments:
        place = places.get(comment.pk)
        if comment.pk in passages:
            found.append(OpenCorrection(comment, place.words if place else passages[comment.pk].quotation, place=place))
        else:
            found.append(OpenCorrection(comment, excerpt=begin(comment)))
    return sorted(found, key=lambda one: (one.place is None, one.place.paragraph if one.place else 0, one.comment.pk))
