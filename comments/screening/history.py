"""What an author did before, as far as screening looks at it: one query."""

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

NO_NUMBER = models.Max("pk", filter=Q(pk__lt=0), output_field=models.BigIntegerField())
KIND_AND_KEY = Concat("kind", Value(" "), Cast("pk", models.TextField()), output_field=models.TextField())
NO_WORDS = models.Max("status", filter=Q(pk__lt=0), output_field=models.TextField())
NO_MOMENT = models.Max("created", filter=Q(pk__lt=0), output_field=models.DateTimeField())


@dataclass(frozen=True)
class History:
    """What was there before somebody's words: the very same here, the newest of theirs that was approved, whether this
    very sending has arrived already, how many they posted, when anybody posted the same, and the block in force."""

    twin: int | None = None
    approved: datetime | None = None
    is_sent: bool = False
    earlier: int = 0
    repeated: datetime | None = None
    block: str | None = None  # its kind and its key


def one(rows: Any, nothing: models.Max = NO_NUMBER) -> Any:
    """A value from elsewhere, to come with an aggregate in one query."""
    return Coalesce(Subquery(rows[:1]), nothing, output_field=nothing.output_field)


def beside(
    commenter: Commenter, address: str, text: str, but: Comment | None = None, until: datetime | None = None
) -> dict[str, Any]:
    """What screening has to know of whoever writes, asked for in one query with what they said before."""
    asked: dict[str, Any] = {"block": one(Block.objects.on(commenter, address).values(found=KIND_AND_KEY), NO_WORDS)}
    if commenter.pk:
        asked["earlier"] = models.Count("pk", filter=Q(pk__lt=but.pk) if but else None)
    if text:
        same = Wording.objects.alias(begins=Beginning("text")).filter(begins=text[:BEGINNING], text=text)
        same = (same.exclude(comment=but) if but else same).order_by("-created")
        same = same.filter(created__lt=until) if until else same
        asked["repeated"] = one(same.values("created"), NO_MOMENT)
    return asked


def history_of_post(
    commenter: Commenter,
    *,
    essay: Essay,
    parent: int | None,
    text: str,
    mark: str = "",
    address: str = "",
    looks_for_words: bool = False,
) -> History:
    """What this person said before. A guest who is not remembered is, here alone, the name and address typed.

    Ask under the thread's lock: of two that are sent at once, the later one then finds the other.
    `looks_for_words`: whether it matters that somebody else may have posted the same anywhere.
    """
    same = Q(essay=essay, parent=parent, wording__text=text) & ~Q(status=Status.TRASH)
    asked = beside(commenter, address, text if looks_for_words else "")
    if commenter.pk:
        rows = Comment.objects.filter(commenter=commenter.pk)
        asked["twin"] = models.Max("pk", filter=same)
        asked["approved"] = models.Max("created", filter=Q(status=Status.APPROVED))
    else:
        typed = Q(commenter__user=None, commenter__name=commenter.name, commenter__email=commenter.email)
        rows = Comment.objects.filter(typed, same)
        asked["twin"] = models.Max("pk")
    if mark:  # has nothing to do with these rows, but comes with them in one query
        asked["sent"] = one(Wording.objects.filter(sent_as=mark).values("comment"))
    found = rows.aggregate(**asked)
    return History(is_sent=bool(found.pop("sent", None)), **found)


def history_of_comment(
    comment: Comment, *, text: str = "", address: str = "", until: datetime | None = None
) -> History:
    """What was there beside a comment, with these words. `until`: before then; else up to now."""
    rows = Comment.objects.filter(commenter=comment.commenter_id).exclude(pk=comment.pk)
    found = rows.aggregate(
        approved=models.Max("created", filter=Q(status=Status.APPROVED)),
        **beside(comment.commenter, address, text, but=comment, until=until),
    )
    return History(**found)
