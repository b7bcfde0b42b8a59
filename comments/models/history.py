"""What screening has to know of whoever writes, so that one query tells it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from accounts.models import Commenter
from comments.models.block import Block
from comments.models.wording import BEGINNING, Beginning, Wording

if TYPE_CHECKING:
    from comments.models.comment import Comment

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
    commenter: Commenter, address: str, text: str, but: "Comment | None" = None, until: datetime | None = None
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
