"""What screening looks up about an author and a text, in one query."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    Max,
    OuterRef,
    Subquery,
    TextField,
    Value,
)  # fmt: skip
from django.db.models.functions import Cast, Concat
from django.utils import timezone

import pagecache
from accounts.models import Commenter
from blog.models import Essay
from comments.models import Block, Comment, Status, Wording
from comments.models.block import enclosing_networks
from comments.models.wording import BEGINNING, Beginning
from server.prepared import Prepared

KIND_AND_KEY = Concat("kind", Value(" "), Cast("pk", TextField()), output_field=TextField())
NUMBER, TEXT, TIME = BigIntegerField(), TextField(), DateTimeField()
PARAMETERS: dict[str, Any] = {"essay": NUMBER, "parent": NUMBER, "commenter": NUMBER, "user": NUMBER, "now": TIME}
COLUMNS = ("block", "duplicate", "submitted", "last_approved", "earlier_count", "last_repeated")


@dataclass(frozen=True)
class AuthorHistory:
    """What screening knows about an author's earlier comments, and about earlier comments with the same text."""

    duplicate: int | None = None  # the same text by the same author in the same place
    last_approved: datetime | None = None
    submitted: int | None = None  # the comment that this submission created before
    earlier_count: int = 0
    last_repeated: datetime | None = None  # when anyone last posted the same text
    block: str | None = None  # kind and primary key of the block in force


def scalar(rows: Any, group: str, value: Any) -> Subquery:
    """An aggregate over rows that have the same `group`, to be selected beside others; NULL without rows."""
    return Subquery(rows.order_by().values(group).annotate(found=value).values("found"))


def same_text(text: Any, beginning: Any, until: Any = None, but: Comment | None = None) -> Any:
    """Wordings with this text anywhere on the site, before `until`, without those of the comment `but`."""
    rows = Wording.objects.alias(begins=Beginning("text")).filter(begins=beginning, text=text)
    rows = rows.exclude(comment=but) if but else rows
    return (rows.filter(created__lt=until) if until else rows).order_by("-created")


def history_of_post(
    commenter: Commenter,
    *,
    essay: Essay,
    parent: int | None,
    text: str,
    submission_key: str = "",
    address: str = "",
    has_rules: bool = False,
) -> AuthorHistory:
    """The history of a new comment's author; an unknown guest is identified, only here, by name and email.

    Under the thread's lock the later of two simultaneous submissions finds the other. The query also announces that the
    transaction changes pages. `has_rules`: whether to look also for what only the owner's rules ask for, such as the
    same text by anyone, anywhere on the site.
    """
    networks = enclosing_networks(address)
    values = {
        "essay": essay.pk, "parent": parent, "text": text, "beginning": text[:BEGINNING], "now": timezone.now(),
        "commenter": commenter.pk, "user": commenter.user_id, "name": commenter.name, "email": commenter.email,
        "submission_key": submission_key, **{f"network{number}": each for number, each in enumerate(networks)},
    }  # fmt: skip
    given = (name for name, value in values.items() if value or name == "text")
    found = history_query(*given, has_rules=has_rules).first(**values)
    if found is None:  # the essay was deleted
        return AuthorHistory()
    pagecache.record_announcement()
    return _history_from(dict(zip(COLUMNS, found, strict=False)))


@cache
def history_query(*given: str, has_rules: bool) -> "Prepared[tuple[Any, ...]]":
    """Return the query of history_of_post() for the values that are given; the essay is the one row it needs."""

    def build(essay: Any, text: Any, now: Any, **values: Any) -> Any:
        who, parent, key = (values.get(name) for name in ("commenter", "parent", "submission_key"))
        near = [value for name, value in values.items() if name.startswith("network")]
        blocks = Block.objects.applying(who, values.get("user"), near, now)
        own = Comment.objects.filter(commenter=who)
        if not who:
            typed = {f"commenter__{name}": values.get(name, "") for name in ("name", "email")}
            own = Comment.objects.filter(commenter__user=None, **typed)
        same = own.filter(essay=OuterRef("pk"), parent=parent, wording__text=text).exclude(status=Status.TRASH)
        sent = Wording.objects.exclude(submission_key="").filter(submission_key=key)
        approved = own.filter(status=Status.APPROVED)
        repeated = same_text(text, values.get("beginning", "")).values("created")[:1] if has_rules else None
        columns = {
            "block": Subquery(blocks.values(found=KIND_AND_KEY)[:1]),
            "duplicate": scalar(same, "essay", Max("pk")),
            "submitted": Subquery(sent.values("comment")[:1]) if key else Value(None, NUMBER),
            "last_approved": scalar(approved, "commenter", Max("created")) if who else Value(None, TIME),
            "earlier_count": scalar(own, "commenter", Count("pk")) if who and has_rules else Value(None, NUMBER),
            "last_repeated": Subquery(repeated) if repeated is not None else Value(None, TIME),
        }
        found = Essay.objects.filter(pk=essay).order_by().annotate(**columns)
        return found.values_list(*COLUMNS, pagecache.Announcing())

    return Prepared(build, **{name: PARAMETERS.get(name, TEXT) for name in given})


def history_of_comment(
    comment: Comment, *, text: str = "", address: str = "", until: datetime | None = None
) -> AuthorHistory:
    """The history of an existing comment's author and of a text, up to `until` or up to now."""
    own = Comment.objects.filter(commenter=comment.commenter_id).exclude(pk=comment.pk)
    asked: dict[str, Any] = {
        "block": Subquery(Block.objects.matching(comment.commenter, address).values(found=KIND_AND_KEY)[:1]),
        "last_approved": scalar(own.filter(status=Status.APPROVED), "commenter", Max("created")),
        "earlier_count": scalar(own.filter(pk__lt=comment.pk), "commenter", Count("pk")),
    }
    if text:
        same = same_text(text, text[:BEGINNING], until, but=comment)
        asked["last_repeated"] = Subquery(same.values("created")[:1])
    found: Any = Essay.objects.filter(pk=comment.essay_id).order_by().values(**asked).first()
    return _history_from(found or {})


def _history_from(row: dict[str, Any]) -> AuthorHistory:
    return AuthorHistory(**{name: value for name, value in row.items() if value is not None})
