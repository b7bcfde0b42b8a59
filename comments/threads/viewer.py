"""Who a discussion is drawn for: what is their own in it, what they alone are told, and what they may do with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    JSONField,
    OuterRef,
    Q,
    Value,
    When,
)
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Commenter
from accounts.pages import claims
from blog.models import Essay
from comments.models import Comment, Like, Rules, Status, Subscription, is_editable, is_waiting
from comments.screening.reasons import Reason
from comments.threads import removals
from comments.threads.removals import APPEALS_WITHIN, Removal
from comments.threads.tree import Row

HELD = signing.TimestampSigner(salt="comments.held")
OWN = "-own"
HELD_FOR = 60 * 60 * 24 * 90
OWN_AT_MOST = 50
NEW_FOR = timedelta(hours=1)


def key_to(comment: Comment, *, is_own: bool = False) -> str:
    """A signed word that shows a held comment to whoever has the link: its writer, who has no cookie.

    `is_own`: it came with the answer to the post, and does what its writer may. To type the same again earns no such.
    """
    return HELD.sign(f"{comment.pk}{OWN if is_own else ''}")


def number_in(words: Any) -> int | None:
    """The key of a comment as an address or a form may hold it; None for anything else."""
    words = str(words or "")
    return int(words) if words.isascii() and words.isdigit() and len(words) < 19 else None


def unlocked(key: str) -> int | None:
    try:
        return int(HELD.unsign(key, max_age=HELD_FOR).removesuffix(OWN)) if key else None
    except (signing.BadSignature, ValueError):
        return None


@dataclass(frozen=True)
class Told:
    """What the writer of a comment alone is told, beside it."""

    reasons: list[Reason]
    is_waiting: bool
    offer: str  # asks for the mail that makes it theirs, if they are a guest with an address
    address: str
    is_saved: bool  # the words were changed just now
    is_mailed: bool  # somebody is asked by mail whether they asked for mails
    is_to_be_told: bool  # what is decided about it
    tell: str  # where they ask for that
    removal: Removal | None  # why a moderator took it away
    appeal: str  # where they say something against that, or read what came of it


@dataclass(frozen=True)
class Own:
    """Where somebody changes or deletes a comment of theirs; no `edit` once it stands as it is."""

    edit: str
    delete: str


@dataclass
class Viewer:
    """For whom a page is drawn, as far as it makes a difference to the thread."""

    commenter: Commenter | None = None
    key: str = ""
    edited: int | None = None  # what they have just changed, as the address says
    mailed: int | None = None  # and with what they have just asked for mails, so that they are mailed themselves
    unlocked: int | None = field(init=False)
    owned: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.unlocked = unlocked(self.key)
        self.owned = self.unlocked if self.key.partition(":")[0].endswith(OWN) else None

    @classmethod
    def of(cls, request: HttpRequest) -> "Viewer":
        commenter = request.commenter or None  # type: ignore[attr-defined]
        edited, mailed = (number_in(request.GET.get(name)) for name in ("edited", "mailed"))
        return cls(commenter, request.GET.get("key", ""), edited, mailed)

    def looked_up(self, essay: Essay, wish: int | None = None, **more: Any) -> list[Comment]:
        """The viewer's own under the essay that wait or were refused, and a guest's newest: `is_told`. And the wish.

        No query for strangers who wish for none. `more`: what is asked of each beside.
        """
        own = Q(pk=self.unlocked) if self.unlocked else Q()
        if self.commenter:
            own |= Q(commenter=self.commenter.pk)
        if not own and wish is None:
            return []
        new = Q(status=Status.APPROVED, commenter__user=None, created__gt=timezone.now() - NEW_FOR)
        saved = Q(status=Status.APPROVED, pk__in=[pk for pk in (self.edited, self.mailed) if pk])
        refused = Q(
            status__in=(Status.SPAM, Status.TRASH),
            removed_by=Comment.Remover.MODERATOR,
            changed__gt=timezone.now() - APPEALS_WITHIN,
        )
        news = (own & (is_waiting() | refused | (new & ~Q(commenter__email="")) | saved)) if own else Q(pk=None)
        found = Comment.objects.under(essay).filter(news | Q(pk=wish) if wish else news)
        needed = found.select_related("wording", "commenter").only(
            "essay_id", "parent_id", "tree_id", "lft", "rght", "readable", "status", "removed_by",
            "wording__reasons", "commenter__email", "commenter__user",
        )  # fmt: skip
        asked = Subscription.objects.filter(kind=Subscription.Kind.DECISION, comment=OuterRef("pk"), stopped=None)
        record = Case(When(refused, then=removals.of_record()), default=None, output_field=JSONField())
        # Where nothing is wished for, all that is found are news.
        is_told: Any = ExpressionWrapper(news, BooleanField()) if wish else Value(True)
        first = [Case(When(pk=wish, then=0), default=1)] if wish else []
        needed = needed.annotate(record=record, is_told=is_told, is_to_be_told=Exists(asked), **more)
        return list(needed.order_by(*first, "-pk")[: OWN_AT_MOST + 1])

    def told(self, comment: Comment, removal: Removal | None, rules: Rules) -> "Told":
        """What only the viewer is told about one of their own."""
        is_heard = removal is not None and (removal.appeal or removal.may_appeal(comment, rules))
        guest, address = comment.commenter, comment.get_absolute_url()
        return Told(
            reasons=comment.wording.reasons if comment.wording else [],
            is_waiting=comment.is_waiting,
            offer=claims.offer(guest.pk) if guest.email and not guest.user_id else "",
            address=f"{address}?key={self.key}" if comment.pk == self.unlocked else address,
            is_saved=comment.pk == self.edited,
            is_mailed=comment.pk == self.mailed,
            is_to_be_told=comment.is_to_be_told,  # type: ignore[attr-defined]
            tell=self.own_address("tell-decision", comment.pk) if self.wrote(comment) else "",
            removal=removal,
            appeal=self.own_address("appeal-comment", comment.pk) if is_heard and self.wrote(comment) else "",
        )

    def wrote(self, comment: Comment) -> bool:
        return self.is_writer(comment.pk, comment.commenter_id, comment.commenter.user_id)

    def is_writer(self, pk: int, commenter: int, user: int | None) -> bool:
        """By the log-in or the cookie; by the link from the answer to the post, as long as it is a guest's."""
        if self.commenter is not None and self.commenter.pk == commenter:
            return True
        return pk == self.owned and user is None

    def verbs(self, rows: Iterable[Row]) -> dict[int, Own]:
        """What the viewer can do with which of these rows."""
        return {
            row.pk: self.own_addresses(row.pk, is_editable=row.is_editable)
            for row in rows
            if not row.is_removed and self.is_writer(row.pk, row.commenter, row.user)
        }

    def columns(self, rules: Rules) -> list[Any]:
        """What of a row depends on the viewer: whether they like it, and may change it. Of a stranger's, nothing."""
        who = self.commenter.pk if self.commenter else None
        if who is None and self.owned is None:
            return []
        is_own = Q(commenter=who) if self.owned is None else Q(commenter=who) | Q(pk=self.owned)
        return [
            Exists(Like.objects.filter(comment=OuterRef("pk"), commenter=who)) if who else Value(False),
            ExpressionWrapper(is_own & is_editable(rules), BooleanField()),
        ]

    def verbs_of(self, own: list[int], rules: Rules) -> dict[int, Own]:
        editable = set(Comment.objects.filter(pk__in=own).editable(rules).values_list("pk", flat=True))
        return {pk: self.own_addresses(pk, is_editable=pk in editable) for pk in own}

    def own_addresses(self, pk: int, *, is_editable: bool) -> Own:
        edit = self.own_address("edit-comment", pk) if is_editable else ""
        return Own(edit=edit, delete=self.own_address("delete-comment", pk))

    def own_address(self, view: str, pk: int) -> str:
        """With what shows that it is theirs, if nothing else does."""
        return reverse(view, args=[pk]) + (f"?{urlencode({'key': self.key})}" if pk == self.owned else "")

    def may_see(self, comment: Comment) -> bool:
        if comment.status == Status.APPROVED:
            return True
        if comment.is_waiting:
            is_own = self.commenter is not None and comment.commenter_id == self.commenter.pk
            return is_own or comment.pk == self.unlocked
        return False
