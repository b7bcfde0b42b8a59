"""Formulas and highlighted code of all essays, made again after the owner's setting has changed."""

from django.db.models import Q

import pagecache
from blog.models import Essay, typeset
from server.jobs.tasks import job

BATCH_SIZE = 50


@job(retry=True)
def typeset_again() -> None:
    """Typeset the essays that may have formulas, and show them."""
    may_have_formulas = Essay.objects.filter(Q(body__contains="$$") | Q(body__contains="\\("))
    keys = list(may_have_formulas.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH_SIZE):
        for essay in Essay.objects.filter(pk__in=keys[start : start + BATCH_SIZE]).only("body"):
            # Skip an essay that was saved since it was read: saving typesets it.
            Essay.objects.filter(pk=essay.pk, body=essay.body).update(typeset=typeset(essay.body))
    pagecache.invalidate("site", *(Essay(pk=pk).cache_key for pk in keys))
