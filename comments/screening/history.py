"""What screening looks up about an author and a text, in one query."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Block, Comment, Status, Wording
from comments.models.wording import BEGINNING, Beginning

NULL_NUMBER = models.Max("pk", filter=Q(pk__lt=0), output_field=models.BigIntegerField())
KIND_AND_KEY = Concat("kind", Value(" "), Cast("pk", models.TextField()), output_field=models.TextField())
NULL_TEXT = models.Max("status", filter=Q(pk__lt=0), output_field=models.TextField())
NULL_TIME = models.Max("created", filter=Q(pk__lt=0), output_field=models.DateTimeField())


@dataclass(frozen=True)
class AuthorHistory:
    """What screening knows about an author's earlier comments, and about earlier comments with the same text."""

    duplicate: int | None = None  # the same text by the same author in the same place
    last_approved: datetime | None = None
    is_resubmission: bool = False  # this submission has been received before
    earlier_count: int = 0
    last_repeated: datetime | None = None  # when anyone last posted the same text
    block: str | None = None  # kind and primary key of the block in force


def scalar_subquery(rows: Any, nothing: models.Max = NULL_NUMBER) -> Any:
    """One value from the first of `rows`, to be selected together with aggregates; `nothing`: NULL of its type."""
    return Coalesce(Subquery(rows[:1]), nothing, output_field=nothing.output_field)


def screening_subqueries(
    commenter: Commenter, address: str, text: str, but: Comment | None = None, until: datetime | None = None
) -> dict[str, Any]:
    """Columns for the block and history of an author and a text, without the comment `but`, before `until`."""
    asked: dict[str, Any] = {
        "block": scalar_subquery(Block.objects.matching(commenter, address).values(found=KIND_AND_KEY), NULL_TEXT)
    }
    if commenter.pk:
        asked["earlier_count"] = models.Count("pk", filter=Q(pk__lt=but.pk) if but else None)
    if text:
        same = Wording.objects.alias(begins=Beginning("text")).filter(begins=text[:BEGINNING], text=text)
        same = (same.exclude(comment=but) if but else same).order_by("-created")
        same = same.filter(created__lt=until) if until else same
        asked["last_repeated"] = scalar_subquery(same.values("created"), NULL_TIME)
    return asked


def history_of_post(
    commenter: Commenter,
    *,
    essay: Essay,
    parent: int | None,
    text: str,
    submission_key: str = "",
    address: str = "",
    checks_repeats: bool = False,
) -> AuthorHistory:
    """The history of a new comment's author; an unknown guest is identified, only here, by name and email.

    Call under the thread's lock, so that the later of two simultaneous submissions finds the other.
    `checks_repeats`: whether to look for the same text by anyone, anywhere on the site.
    """
    same = Q(essay=essay, parent=parent, wording__text=text) & ~Q(status=Status.TRASH)
    asked = screening_subqueries(commenter, address, text if checks_repeats else "")
    if commenter.pk:
        rows = Comment.objects.filter(commenter=commenter.pk)
        asked["duplicate"] = models.Max("pk", filter=same)
        asked["last_approved"] = models.Max("created", filter=Q(status=Status.APPROVED))
    else:
        typed = Q(commenter__user=None, commenter__name=commenter.name, commenter__email=commenter.email)
        rows = Comment.objects.filter(typed, same)
        asked["duplicate"] = models.Max("pk")
    if submission_key:  # unrelated to these rows, but fetched in the same query
        asked["sent"] = scalar_subquery(Wording.objects.filter(submission_key=submission_key).values("comment"))
    found = rows.aggregate(**asked)
    return AuthorHistory(is_resubmission=bool(found.pop("sent", None)), **found)


def history_of_comment(
    comment: Comment, *, text: str = "", address: str = "", until: datetime | None = None
) -> AuthorHistory:
    """The history of an existing comment's author and of a text, up to `until` or up to now."""
    rows = Comment.objects.filter(commenter=comment.commenter_id).exclude(pk=comment.pk)
    found = rows.aggregate(
        last_approved=models.Max("created", filter=Q(status=Status.APPROVED)),
        **screening_subqueries(comment.commenter, address, text, but=comment, until=until),
    )
    return AuthorHistory(**found)
