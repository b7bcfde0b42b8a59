"""Moves passages to the text that readers see, after it has changed."""

from collections import defaultdict

from django.db import transaction

import pagecache
from blog.models import Essay, Revision
from comments.models import Passage
from comments.passages import matching
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
    places = find_places(shown)
    with transaction.atomic():
        Essay.objects.select_for_update().filter(pk=essay).first()
        newest = Revision.objects.public(found).values_list("pk", flat=True).first()
        if newest != shown.pk:
            return  # the next text was published meanwhile, and has a job of its own
        for passage, place in places.items():
            if place is not None:
                passage.revision = shown
                passage.paragraph, passage.words = place.paragraph, place.words
                passage.before, passage.after = place.prefix, place.suffix
            passage.is_chosen, passage.chosen = False, ""
        fields = ["revision", "paragraph", "words", "before", "after", "is_chosen", "chosen"]
        Passage.objects.bulk_update(places, fields, batch_size=200)
        pagecache.invalidate(found.cache_key)


def find_places(text: Revision, only: set[int] | None = None) -> dict[Passage, matching.Passage | None]:
    """Return the place of each passage of an essay in a text of it; None for one that the text does not have.

    What an author chose for a passage comes before what is found. Passages that are in this text already are left out.
    """
    passages = Passage.objects.misplaced(text).select_related("revision").order_by("pk")
    by_revision: dict[Revision, list[Passage]] = defaultdict(list)
    for passage in passages.filter(pk__in=only) if only is not None else passages:
        if passage.revision:
            by_revision[passage.revision].append(passage)
    new = read_text(text)
    found: dict[Passage, matching.Passage | None] = {}
    for revision, placed in by_revision.items():
        wanted = [matching.Passage(one.paragraph, one.words, one.before, one.after) for one in placed]
        matches = matching.find_again(read_text(revision), new, wanted)
        for passage, match in zip(placed, matches, strict=True):
            place = match.place
            if passage.is_chosen:
                place = matching.locate(new, matching.Passage(0, passage.chosen)) if passage.chosen else None
            found[passage] = matching.quote(new, place) if place else None
    return found
