"""Which threads a page of an essay's discussion holds, and which page holds a comment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Exists, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import claims
from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, CommentQuerySet, Discussion, Like, Rules, Status
from comments.screening import Reason
from comments.thread import Row

HELD = signing.TimestampSigner(salt="comments.held")
OWN = "-own"
HELD_FOR = 60 * 60 * 24 * 90
OWN_AT_MOST = 50
NEW_FOR = timedelta(hours=1)

# Times only tell one state from another, so they come as text: parsing hundreds a page is a tenth of its cost.
COLUMNS = (
    "pk", "parent_id", "tree_id", "lft", "rght", "level", "status", "removed_by", Cast("changed", TextField()),
    "commenter_id", "commenter__name", Cast("commenter__changed", TextField()), "commenter__user_id", "likes",
)  # fmt: skip


def key_to(comment: Comment, *, is_own: bool = False) -> str:
    """A signed word that shows a held comment to whoever has the link: its writer, who has no cookie.

    `is_own`: it came with the answer to the post, and does what its writer may. To type the same again earns no such.
    """
    return HELD.sign(f"{comment.pk}{OWN if is_own else ''}")


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
    unlocked: int | None = field(init=False)
    owned: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.unlocked = unlocked(self.key)
        self.owned = self.unlocked if self.key.partition(":")[0].endswith(OWN) else None

    @classmethod
    def of(cls, request: HttpRequest) -> "Viewer":
        commenter = request.commenter or None  # type: ignore[attr-defined]
        edited = request.GET.get("edited", "")
        is_number = edited.isascii() and edited.isdigit() and len(edited) < 19
        return cls(commenter, request.GET.get("key", ""), int(edited) if is_number else None)

    def own(self, essay: Essay) -> list[Comment]:
        """The viewer's own comments under the essay that wait, and a guest's newest; no query for strangers."""
        own = Q(pk=self.unlocked) if self.unlocked else Q()
        if self.commenter:
            own |= Q(commenter=self.commenter.pk)
        if not own:
            return []
        new = Q(status=Status.APPROVED, commenter__user=None, created__gt=timezone.now() - NEW_FOR)
        saved = Q(status=Status.APPROVED, pk=self.edited)
        news = Q(status=Status.PENDING) | (new & ~Q(commenter__email="")) | saved
        told = Comment.objects.under(essay).filter(own, news)
        needed = told.select_related("wording", "commenter").only(
            "parent_id", "tree_id", "readable", "status", "wording__reasons", "commenter__email", "commenter__user"
        )
        return list(needed.order_by("-pk")[:OWN_AT_MOST])

    def told(self, comment: Comment) -> "Told":
        """What only the viewer is told about one of their own."""
        guest, address = comment.commenter, comment.get_absolute_url()
        return Told(
            reasons=comment.wording.reasons if comment.wording else [],
            is_waiting=not comment.is_approved,
            offer=claims.offer(guest.pk) if guest.email and not guest.user_id else "",
            address=f"{address}?key={self.key}" if comment.pk == self.unlocked else address,
            is_saved=comment.pk == self.edited,
        )

    def wrote(self, comment: Comment) -> bool:
        return self.is_writer(comment.pk, comment.commenter_id, comment.commenter.user_id)

    def is_writer(self, pk: int, commenter: int, user: int | None) -> bool:
        """By the log-in or the cookie; by the link from the answer to the post, as long as it is a guest's."""
        if self.commenter is not None and self.commenter.pk == commenter:
            return True
        return pk == self.owned and user is None

    def verbs(self, rows: Iterable[Row], rules: Rules) -> dict[int, Own]:
        """What the viewer can do with which of these rows; no query for whoever wrote none of them."""
        shown = {Status.APPROVED, Status.PENDING}
        own = [row.pk for row in rows if row.status in shown and self.is_writer(row.pk, row.commenter, row.user)]
        return self.verbs_of(own, rules) if own else {}

    def verbs_of(self, own: list[int], rules: Rules) -> dict[int, Own]:
        editable = set(Comment.objects.filter(pk__in=own).editable(rules).values_list("pk", flat=True))
        return {pk: self.own_addresses(pk, is_editable=pk in editable) for pk in own}

    def own_addresses(self, pk: int, *, is_editable: bool) -> Own:
        key = f"?{urlencode({'key': self.key})}" if pk == self.owned else ""
        return Own(
            edit=f"{reverse('edit-comment', args=[pk])}{key}" if is_editable else "",
            delete=f"{reverse('delete-comment', args=[pk])}{key}",
        )

    def may_see(self, comment: Comment) -> bool:
        if comment.status == Status.APPROVED:
            return True
        if comment.status == Status.PENDING:
            is_own = self.commenter is not None and comment.commenter_id == self.commenter.pk
            return is_own or comment.pk == self.unlocked
        return False


class ThreadPage:
    """One page of threads: `number` of `count`, in `order`, as `viewer` sees it."""

    def __init__(self, essay: Essay, viewer: Viewer, *, number: int = 1, order: str = "") -> None:
        self.essay = essay
        self.viewer = viewer
        self.discussion = Discussion.objects.of(essay)
        self.rules = self.discussion.rules
        self.order = order or self.rules.order
        self.per_page = max(1, self.rules.threads_a_page)
        self.count = max(1, -(-self.discussion.threads // self.per_page))
        self.number = number

    @classmethod
    def asked_for(cls, request: HttpRequest, essay: Essay, answering: int | None = None) -> "ThreadPage":
        """The page that the address asks for, or the one that holds what is answered; 404 for a number of none."""
        order = request.GET.get("order", "")
        page = cls(essay, Viewer.of(request), order=order if order in Rules.Order.values else "")
        if answering:
            answered = Comment.objects.under(essay).approved().filter(pk=answering)
            page.number = page.number_of(Subquery(answered.values("tree_id")))
        elif "cpage" in request.GET:
            wish = request.GET["cpage"]
            if not (wish.isascii() and wish.isdigit() and len(wish) < 9 and 1 <= int(wish) <= page.count):
                raise Http404
            page.number = int(wish)
        return page

    @property
    def is_oldest_first(self) -> bool:
        return self.order == Rules.Order.OLDEST

    @property
    def root_order(self) -> tuple[str, ...]:
        return {
            Rules.Order.OLDEST.value: ("tree_id",),
            Rules.Order.NEWEST.value: ("-tree_id",),
            Rules.Order.LIKED.value: ("-likes", "-tree_id"),
        }[self.order]

    def shown_roots(self) -> CommentQuerySet:
        roots: CommentQuerySet = Comment.objects.under(self.essay).shown_roots()
        return roots

    def number_of(self, tree: int | Subquery) -> int:
        """The page that holds a thread, by how many roots stand before its own; one that waits is among the new."""
        if self.count == 1:
            return 1
        before = self.shown_roots().filter(self.stands_before(tree)).count()
        return min(before // self.per_page + 1, self.count)

    def stands_before(self, tree: int | Subquery) -> Q:
        if self.order == Rules.Order.LIKED:
            likes = Subquery(self.shown_roots().filter(tree_id=tree).values("likes"))  # of one that waits: none
            return Q(likes__gt=likes) | Q(likes=likes, tree_id__gt=tree)
        return Q(tree_id__lt=tree) if self.is_oldest_first else Q(tree_id__gt=tree)

    def rows(self) -> tuple[list[Row], dict[int, Told]]:
        """The page's rows in reading order, and the keys of the viewer's own that they are told something about."""
        start = (self.number - 1) * self.per_page
        roots = self.shown_roots().order_by(*self.root_order)
        shown = roots.values("tree_id")[start : start + self.per_page]
        found = self.threads(Subquery(shown))
        own = self.viewer.own(self.essay)
        if self.number == (self.count if self.is_oldest_first else 1):
            new = [comment.tree_id for comment in own if not comment.readable and comment.parent_id is None]
            found = found.union(self.threads(new), all=True) if new else found
        rows = list(map(Row._make, found))
        likes = {row.tree: row.likes if self.order == Rules.Order.LIKED else 0 for row in rows if row.parent is None}
        way = 1 if self.is_oldest_first else -1
        rows.sort(key=lambda row: (-likes[row.tree], way * row.tree, row.left))
        return rows, {comment.pk: self.viewer.told(comment) for comment in own}

    def threads(self, trees: Subquery | list[int]) -> Any:
        """The rows of whole threads, in no order."""
        who = self.viewer.commenter
        is_liked = Exists(Like.objects.filter(comment=OuterRef("pk"), commenter=who.pk)) if who else Value(False)
        return Comment.objects.filter(tree_id__in=trees).order_by().values_list(*COLUMNS, is_liked)

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """The address of this page, or of another of its pages or orders; what is usual is left out."""
        number = self.number if number is None else number
        order = self.order if order is None else order
        query = {"cpage": number if number > 1 else None, "order": order if order != self.rules.order else None, **more}
        words = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.essay.get_absolute_url()}?{words}" if words else self.essay.get_absolute_url()

    def url_of(self, comment: Comment, **more: Any) -> str:
        """The address at which a comment is read."""
        number = self.number_of(comment.tree_id)
        key = self.viewer.key if self.viewer.unlocked == comment.pk else None
        return f"{self.url(number=number, key=key, **more)}#comment-{comment.pk}"

    @property
    def pager(self) -> dict[str, str | bool | None] | None:
        if self.count == 1:
            return None
        older, newer = self.number - 1, self.number + 1
        if not self.is_oldest_first:
            older, newer = newer, older
        addresses = [f"{self.url(number=n)}#comments" if 1 <= n <= self.count else None for n in (older, newer)]
        return {"older_url": addresses[0], "newer_url": addresses[1], "by_likes": self.order == Rules.Order.LIKED}
