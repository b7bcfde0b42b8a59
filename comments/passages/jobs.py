"""Moves passages to the text that readers see, after it has changed."""

from django.db import transaction

import pagecache
from blog.models import Essay, Revision
from comments.models import Passage
from comments.passages.moving import Move, find_moves
from comments.passages.placing import read_text
from server.jobs.tasks import job


@job(retry=True)
def move_passages(essay: int) -> None:
    """Find the passages of an essay again in the text that readers see; those that it lacks keep their last place.

    All are moved in one transaction, so that none is seen halfway. Running twice changes nothing.
    """
    found = Essay.objects.filter(pk=essay).first()
    shown = Revision.objects.public(found).first() if found else None
    if found is None or shown is None:
        return
    misplaced = Passage.objects.misplaced(shown).order_by("pk")
    moves = find_moves(misplaced, read_text(shown))
    with transaction.atomic():
        Essay.objects.select_for_update().filter(pk=essay).first()
        newest = Revision.objects.public(found).values_list("pk", flat=True).first()
        if newest != shown.pk:
            return  # the next text has been published since, and has a job of its own
        moves = keep_choices(moves, shown)
        for passage, place in ((move.passage, move.place) for move in moves):
            if place is not None:
                passage.revision = shown
                passage.paragraph, passage.words = place.paragraph, place.words
                passage.before, passage.after = place.prefix, place.suffix
            passage.is_chosen, passage.chosen = False, ""
        fields = ["revision", "paragraph", "words", "before", "after", "is_chosen", "chosen"]
        Passage.objects.bulk_update([move.passage for move in moves], fields, batch_size=200)
        pagecache.invalidate(found.cache_key)


def keep_choices(moves: list[Move], shown: Revision) -> list[Move]:
    """Find those passages again for which an author has chosen something else since they were read."""
    found = {move.passage.pk: move for move in moves}
    rows = Passage.objects.misplaced(shown).filter(pk__in=found).select_for_update(of=("self",)).order_by("pk")
    known = {pk: (move.passage.is_chosen, move.passage.chosen) for pk, move in found.items()}
    chosen = [row for row in rows if (row.is_chosen, row.chosen) != known[row.pk]]
    found |= {move.passage.pk: move for move in find_moves(chosen, read_text(shown))}
    return list(found.values())
