"""Which published and scheduled essays have changes that readers do not see yet."""

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery

from blog.models import Essay, Revision, Text

UNPUBLISHED = (Revision.Kind.SAVE, Revision.Kind.RESTORE)
SEARCHED = 20  # essays of an author that were last changed by saving


def find_changed(essays: Iterable[Essay]) -> set[int]:
    """Return the keys of those essays whose latest text is not the published one, with one query."""
    live = {essay.pk: essay for essay in essays if essay.published}
    newest = Revision.objects.filter(essay=OuterRef("essay")).order_by("-pk").values("pk")[:1]
    saved = Revision.objects.filter(essay__in=live, pk=Subquery(newest), kind__in=UNPUBLISHED)
    found = set()
    for revision in saved:
        shown = fingerprint(live[revision.essay_id])
        if revision.essay_fingerprint == shown != revision.text.fingerprint:
            found.add(revision.essay_id)
    return found


def find_changed_by_author(author: Any) -> list[Essay]:
    """Return the author's published and scheduled essays with unpublished changes, latest change first."""
    newest = Revision.objects.filter(essay=OuterRef("pk")).order_by("-pk")
    mine: Any = Essay.objects.by_author(author).filter(published__isnull=False)
    mine = mine.annotate(newest_kind=Subquery(newest.values("kind")[:1]), saved=Subquery(newest.values("created")[:1]))
    found = list(mine.filter(newest_kind__in=UNPUBLISHED).order_by("-saved")[:SEARCHED])
    changed = find_changed(found)
    return [essay for essay in found if essay.pk in changed]


def fingerprint(essay: Essay) -> str:
    """Return the fingerprint of an essay's text, which leaves out the tags, without a query for them."""
    return Text(title=essay.title, deck=essay.deck, body=essay.body, excerpt=essay.excerpt).fingerprint
