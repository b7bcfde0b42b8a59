"""Indexes many comments for the search, for imports and `search rebuild`."""

from collections.abc import Sequence

from django.db.models import F
from django.utils import translation

import search.indexing
from blog.models import Site
from comments.models import Comment, Status
from comments.transitions import build_entry
from search.models import Kind
from search.sources import Source


def index_each(keys: Sequence[int]) -> None:
    """Index those of the comments with these primary keys that are approved."""
    found = Comment.objects.approved().filter(pk__in=keys).select_related("essay").order_by("pk").lock()
    found = found.annotate(html=F("wording__html"))  # comments and wordings refer to each other and stay in memory
    with translation.override(Site.objects.current().language):
        search.indexing.add(*(build_entry(comment, comment.html or "") for comment in found))


source = Source(Kind.COMMENT, lambda: Comment.objects.filter(status=Status.APPROVED), "created", index_each)
