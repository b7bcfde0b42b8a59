"""The person who views a discussion: their own comments, the notices about these, and what they may do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, JSONField, OuterRef, Q, Value, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import cookies
from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, Like, Mute, Rules, Status, Subscription, is_editable, is_waiting
from comments.screening.reasons import Reason
from comments.threads import removals
from comments.threads.removals import APPEALS_WITHIN, Removal
from comments.threads.tree import Row

KEY_SIGNER = signing.TimestampSigner(salt="comments.held")
OWN_SUFFIX = "-own"
KEY_LASTS = 60 * 60 * 24 * 90
MAX_OWN = 50
OFFER_SALT = "comments.offer"
MUTES_SALT = "comments.mutes"
NEW_WITHIN = timedelta(hours=1)


def sign_key(comment: Comment, *, is_own: bool = False) -> str:
    """Sign a key that shows a pending comment to the holder of its link, for authors without a cookie.

    `is_own`: the key also grants the author's rights; it is only issued in the response to the post itself.
    """
    return KEY_SIGNER.sign(f"{comment.pk}{OWN_SUFFIX if is_own else ''}")


def parse_key(words: Any) -> int | None:
    """Parse a comment's primary key from a URL or form; None if invalid."""
    words = str(words or "")
    return int(words) if words.isascii() and words.isdigit() and len(words) < 19 else None


def key_target(key: str) -> int | None:
    """Return the primary key of the comment that a signed key shows; None if invalid or expired."""
    try:
        return int(KEY_SIGNER.unsign(key, max_age=KEY_LASTS).removesuffix(OWN_SUFFIX)) if key else None
    except (signing.BadSignature, ValueError):
        return None


def muted_in_browser(request: HttpRequest) -> list[int]:
    """Return the keys of the commenters whom a guest muted, the latest last, from the browser's cookie."""
    name, age = settings.MUTES_COOKIE_NAME, settings.MUTES_COOKIE_AGE
    return (cookies.get_signed(request, name, salt=MUTES_SALT, max_age=age) if name in request.COOKIES else None) or []


@dataclass(frozen=True)
class AuthorNotice:
    """The notice beside a comment that only its author sees."""

    reasons: list[Reason]
    is_waiting: bool
    offer: str  # signed primary key of a guest with an email address, to request an email to claim the comment
    address: str
    is_saved: bool  # just edited
    is_mailed: bool  # a subscription confirmation was just emailed
    is_unplaced: bool  # just posted, without its passage, which the essay does not have
    is_notified: bool  # of the decision, by email
    tell: str  # URL to request that
    removal: Removal | None  # by a moderator
    appeal: str  # URL of the appeal form or its outcome


@dataclass(frozen=True)
class AuthorActions:
    """URLs to edit and delete one's own comment; `edit` is empty once editing has ended."""

    edit: str
    delete: str


@dataclass
class Viewer:
    """The viewer of a page, as far as the thread depends on it."""

    commenter: Commenter | None = None
    key: str = ""
    edited: int | None = None  # primary key of the comment they just edited
    mailed: int | None = None  # and of the one whose subscription they must confirm by email
    unplaced: int | None = None  # and of the one posted without its passage
    muted: frozenset[int] = frozenset()  # commenters muted in this browser; those muted by an account are in the rows
    unlocked: int | None = field(init=False)
    owned: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.unlocked = key_target(self.key)
        self.owned = self.unlocked if self.key.partition(":")[0].endswith(OWN_SUFFIX) else None

    @classmethod
    def from_request(cls, request: HttpRequest) -> "Viewer":
        commenter = request.commenter or None  # type: ignore[attr-defined]
        edited, mailed, unplaced = (parse_key(request.GET.get(name)) for name in ("edited", "mailed", "unplaced"))
        return cls(
            commenter, request.GET.get("key", ""), edited, mailed, unplaced, frozenset(muted_in_browser(request))
        )

    def relevant_comments(self, essay: Essay, wish: int | None = None, **more: Any) -> list[Comment]:
        """The viewer's comments that have a notice (pending, rejected, or a guest's newest), and comment `wish`.

        `has_notice` distinguishes them. No query for strangers without `wish`. `more`: further annotations.
        """
        own = Q(pk=self.unlocked) if self.unlocked else Q()
        if self.commenter:
            own |= Q(commenter=self.commenter.pk)
        if not own and wish is None:
            return []
        new = Q(status=Status.APPROVED, commenter__user=None, created__gt=timezone.now() - NEW_WITHIN)
        saved = Q(status=Status.APPROVED, pk__in=[pk for pk in (self.edited, self.mailed, self.unplaced) if pk])
        refused = Q(status__in=(Status.SPAM, Status.TRASH), removed_by=Comment.Remover.MODERATOR)
        refused &= Q(changed__gt=timezone.now() - APPEALS_WITHIN)
        news = (own & (is_waiting() | refused | (new & ~Q(commenter__email="")) | saved)) if own else Q(pk=None)
        found = Comment.objects.on_essay(essay).filter(news | Q(pk=wish) if wish else news)
        needed = found.select_related("wording", "commenter").only(
            "essay_id", "parent_id", "tree_id", "lft", "rght", "readable", "status", "removed_by",
            "wording__reasons", "commenter__email", "commenter__user",
        )  # fmt: skip
        requested = Subscription.objects.filter(kind=Subscription.Kind.DECISION, comment=OuterRef("pk"), stopped=None)
        record = Case(When(refused, then=removals.removal_record()), default=None, output_field=JSONField())
        # Without `wish`, all rows have a notice.
        has_notice: Any = ExpressionWrapper(news, BooleanField()) if wish else Value(True)
        first = [Case(When(pk=wish, then=0), default=1)] if wish else []
        needed = needed.annotate(record=record, has_notice=has_notice, is_notified=Exists(requested), **more)
        return list(needed.order_by(*first, "-pk")[: MAX_OWN + 1])

    def notice_for(self, comment: Comment, removal: Removal | None, rules: Rules) -> "AuthorNotice":
        """The notice about one of the viewer's own comments."""
        is_author = self.is_author_of(comment)
        has_appeal = is_author and removal is not None and (removal.appeal or removal.may_appeal(comment, rules))
        guest, address = comment.commenter, comment.get_absolute_url()
        return AuthorNotice(
            reasons=comment.wording.reasons if comment.wording else [],
            is_waiting=comment.is_waiting,
            offer=signing.dumps(guest.pk, salt=OFFER_SALT) if guest.email and not guest.user_id else "",
            address=f"{address}?key={self.key}" if comment.pk == self.unlocked else address,
            is_saved=comment.pk == self.edited,
            is_mailed=comment.pk == self.mailed,
            is_unplaced=comment.pk == self.unplaced,
            is_notified=comment.is_notified,  # type: ignore[attr-defined]
            tell=self.address_with_key("notify-decision", comment.pk) if is_author else "",
            removal=removal,
            appeal=self.address_with_key("appeal-comment", comment.pk) if has_appeal else "",
        )

    def is_author_of(self, comment: Comment) -> bool:
        return self.is_author(comment.pk, comment.commenter_id, comment.commenter.user_id)

    def is_author(self, pk: int, commenter: int, user: int | None) -> bool:
        """Return whether they wrote it: known by login, by cookie, or for a guest by the key shown after posting."""
        if self.commenter is not None and self.commenter.pk == commenter:
            return True
        return pk == self.owned and user is None

    def actions_on(self, rows: Iterable[Row]) -> dict[int, AuthorActions]:
        """URLs for the viewer's own comments among these rows, by primary key."""
        return {
            row.pk: self.action_addresses(row.pk, is_editable=row.is_editable)
            for row in rows
            if not row.is_removed and self.is_author(row.pk, row.commenter, row.user)
        }

    def columns(self, rules: Rules) -> list[Any]:
        """Columns on whether the viewer likes a comment, may edit it and muted its author. None for strangers."""
        who = self.commenter.pk if self.commenter else None
        if who is None and self.owned is None:
            return []
        is_own = Q(commenter=who) if self.owned is None else Q(commenter=who) | Q(pk=self.owned)
        has_account = self.commenter is not None and self.commenter.user_id is not None
        return [
            Exists(Like.objects.filter(comment=OuterRef("pk"), commenter=who)) if who else Value(False),
            ExpressionWrapper(is_own & is_editable(rules), BooleanField()),
            Exists(Mute.objects.filter(commenter=who, muted=OuterRef("commenter"))) if has_account else Value(False),
        ]

    def has_muted(self, row: Row) -> bool:
        """Return whether the viewer muted the comment's author."""
        return row.is_muted or row.commenter in self.muted

    def action_addresses(self, pk: int, *, is_editable: bool) -> AuthorActions:
        """Return the URLs to edit and delete one of the viewer's own comments."""
        edit = self.address_with_key("edit-comment", pk) if is_editable else ""
        return AuthorActions(edit=edit, delete=self.address_with_key("delete-comment", pk))

    def address_with_key(self, view: str, pk: int) -> str:
        """A URL with the key, if that alone shows that the comment is theirs."""
        return reverse(view, args=[pk]) + (f"?{urlencode({'key': self.key})}" if pk == self.owned else "")

    def may_see(self, comment: Comment) -> bool:
        """Return whether the comment is approved, or is pending and the viewer's own."""
        if comment.status == Status.APPROVED:
            return True
        if comment.is_waiting:
            is_own = self.commenter is not None and comment.commenter_id == self.commenter.pk
            return is_own or comment.pk == self.unlocked
        return False
