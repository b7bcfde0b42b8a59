"""Indexes many comments for the search, for imports and `search rebuild`."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import F
from django.urls import reverse
from django.utils import translation

import search.indexing
from blog.models import Essay, Site
from comments.models import Comment, Status
from comments.transitions import build_entry, entry_of
from search.models import Kind
from search.sources import Source


def index_each(keys: Sequence[int]) -> None:
    """Index those of the comments with these primary keys that are approved."""
    found = Comment.objects.approved().filter(pk__in=keys).select_related("essay").order_by("pk").lock()
    found = found.annotate(html=F("wording__html"))  # comments and wordings refer to each other and stay in memory
    with translation.override(Site.objects.current().language):
        search.indexing.add(*(build_entry(comment, comment.html or "") for comment in found))


def add_new(essay: Essay, approved: Iterable[tuple[int, int, datetime, str]]) -> None:
    """Index new approved comments of an essay, given by key, commenter's key, time and HTML."""
    start, end = reverse("comment", args=[0]).split("0")  # once, for many comments
    with translation.override(Site.objects.current().language):
        search.indexing.add_new(
            (entry_of(essay, pk, f"{start}{pk}{end}", who, created, html) for pk, who, created, html in approved)
        )


source = Source(Kind.COMMENT, lambda: Comment.objects.filter(status=Status.APPROVED), "created", index_each)
