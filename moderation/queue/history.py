"""One line about the outcome of a commenter's earlier comments."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments.models import Comment, Status
from comments.models.decision import REMOVED
from moderation.decisions.in_words import format_day


@dataclass(frozen=True)
class CommentHistory:
    """How many comments of one commenter were approved and rejected, and since when they write."""

    approved: int
    rejected: int
    since: datetime

    def describe_without(self, status: str) -> str:
        """Describe it without one comment, which has this status."""
        approved = max(0, self.approved - (status == Status.APPROVED))
        rejected = max(0, self.rejected - (status in REMOVED))
        if not approved and not rejected:
            return _("New here")
        parts = [
            ngettext("%(count)d approved", "%(count)d approved", approved) % {"count": approved} if approved else "",
            ngettext("%(count)d rejected", "%(count)d rejected", rejected) % {"count": rejected} if rejected else "",
            _("none approved") if not approved else "",
            _("since %(date)s") % {"date": format_day(self.since)},
        ]
        return ", ".join(filter(None, parts))


def comment_histories(commenters: set[int]) -> dict[int, CommentHistory]:
    """Return the history of each of these commenters, in one query."""
    rows = Comment.objects.filter(commenter__in=commenters).order_by().values_list("commenter")
    found = rows.annotate(
        approved=Count("status", filter=Q(status=Status.APPROVED)),
        rejected=Count("status", filter=Q(status__in=REMOVED) & ~Q(removed_by=Comment.Remover.UNDONE)),
        since=Min("created"),
    )
    return {commenter: CommentHistory(*rest) for commenter, *rest in found}
