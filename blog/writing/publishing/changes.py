"""Which published and scheduled essays have changes that readers do not see yet."""

from collections.abc import Iterable

from django.db.models import OuterRef, Subquery

from blog.models import Essay, Revision, Text


def find_changed(essays: Iterable[Essay]) -> set[int]:
    """Return the keys of those essays whose latest text is not the published one, with one query."""
    live = {essay.pk: essay for essay in essays if essay.published}
    newest = Revision.objects.filter(essay=OuterRef("essay")).order_by("-pk").values("pk")[:1]
    saved = Revision.objects.filter(essay__in=live, pk=Subquery(newest)).exclude(kind=Revision.Kind.PUBLISH)
    found = set()
    for revision in saved:
        shown = fingerprint(live[revision.essay_id])
        if revision.essay_fingerprint == shown != revision.text.fingerprint:
            found.add(revision.essay_id)
    return found


def fingerprint(essay: Essay) -> str:
    """Return the fingerprint of an essay's text, which leaves out the tags, without a query for them."""
    return Text(title=essay.title, deck=essay.deck, body=essay.body, excerpt=essay.excerpt).fingerprint
