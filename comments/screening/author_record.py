"""What screening knows about people in advance, so that the reply form can say what will happen."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.models import Commenter, User
from blog.models import Authorship, Essay
from comments.models import Block, Comment, Status
from comments.models.permissions import moderators
from comments.screening.history import KIND_AND_KEY, AuthorHistory


@dataclass(frozen=True)
class AuthorRecord:
    """What screening knows about a person before they comment on an essay."""

    history: AuthorHistory = field(default_factory=AuthorHistory)
    is_trusted: bool = False
    commenter: int | None = None


def load(commenter: Commenter | None, essay: Any, address: str) -> AuthorRecord:
    """The record of a person at this IP address; an empty one without `commenter`."""
    if commenter is None:
        return AuthorRecord()
    known = getattr(essay, "author_record", None)
    if known is None or known.commenter != commenter.pk:
        found = Commenter.objects.filter(pk=commenter.pk).annotate(**query_columns(commenter, essay, address)).first()
        known = from_row(found, commenter)
    return known


def query_columns(commenter: Commenter, essay: Essay, address: str) -> dict[str, Any]:
    """Annotations from which from_row() makes an AuthorRecord, for a query that is made anyway."""
    approved = Comment.objects.filter(commenter=commenter.pk, status=Status.APPROVED).order_by("-created")
    wrote = Exists(Authorship.objects.filter(essay=essay.pk, author=OuterRef("pk")))
    return {
        "approved_last": Subquery(approved.values("created")[:1]),
        "block_in_force": Subquery(Block.objects.matching(commenter, address).values(found=KIND_AND_KEY)[:1]),
        "writer_is_trusted": Exists(User.objects.filter(moderators() | Q(wrote), commenter=commenter.pk)),
    }


def from_row(row: Any, commenter: Commenter) -> AuthorRecord:
    """Read the annotations of query_columns(); empty if the person was deleted since the request began."""
    if row is None:  # deleted since the request began
        return AuthorRecord()
    history = AuthorHistory(last_approved=row.approved_last, block=row.block_in_force)
    return AuthorRecord(history, row.writer_is_trusted, commenter.pk)
