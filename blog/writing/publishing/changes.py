"""Which published and scheduled essays have changes that readers do not see yet."""

from collections.abc import Iterable

from django.db.models import F, OuterRef, Q, Subquery

from accounts.models import User
from blog.models import Draft, Essay, Revision, Text

UNPUBLISHED = (Revision.Kind.SAVE, Revision.Kind.RESTORE)


def find_changed(essays: Iterable[Essay]) -> set[int]:
    """Return the keys of those essays whose latest text is not the published one, with one query."""
    keys = [essay.pk for essay in essays if essay.published]
    if not keys:
        return set()
    newest = Revision.objects.filter(essay=OuterRef("essay")).order_by("-pk").values("pk")[:1]
    saved = Revision.objects.filter(essay__in=keys, pk=Subquery(newest), kind__in=UNPUBLISHED).select_related("essay")
    found = set()
    for revision in saved:
        shown = fingerprint(revision.essay)
        if revision.essay_fingerprint == shown != revision.text.fingerprint:
            found.add(revision.essay_id)
    return found


def find_typed(user: User, essays: Iterable[Essay]) -> set[int]:
    """Return the keys of those essays in which an author typed after what they last saved, with one query."""
    keys = [essay.pk for essay in essays if essay.published]
    own = Revision.objects.filter(essay=OuterRef("essay"), author=user).order_by("-pk")
    rows = Draft.objects.filter(author=user, essay__in=keys).annotate(saved=Subquery(own.values("created")[:1]))
    return (
        set(rows.filter(Q(saved=None) | Q(saved__lte=F("changed"))).values_list("essay", flat=True)) if keys else set()
    )


def fingerprint(essay: Essay) -> str:
    """Return the fingerprint of an essay's text, which leaves out the tags, without a query for them."""
    return Text(title=essay.title, deck=essay.deck, body=essay.body, excerpt=essay.excerpt).fingerprint
