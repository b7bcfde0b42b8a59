"""Paging of a discussion: which threads a page contains, and which page contains a comment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    BigAutoField,
    Case,
    Count,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext

from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment, CommentQuerySet, Discussion, Rules, Status
from comments.threads import removals
from comments.threads.removals import Removal
from comments.threads.tree import MAX_COMMENTS, Row, Step, choose_open_threads, cut_branch, outline
from comments.threads.viewer import AuthorNotice, Viewer, parse_key
from server.prepared import Parameter, Prepared

# Times only distinguish states, so they are read as text: parsing hundreds per page is a tenth of its cost.
COLUMNS = (
    "pk", "parent_id", "tree_id", "lft", "rght", "level", "status", "removed_by", Cast("changed", TextField()),
    "commenter_id", "commenter__name", Cast("commenter__changed", TextField()), "commenter__user_id", "likes",
)  # fmt: skip
BY_AUTHOR = "author"  # the value of `by` in the URL of the page with the authors' comments
FOLDED = "folded"  # the value of `replies` in the URLs of pages with “Top-level only”


def requested_order(request: HttpRequest) -> str:
    """The sort order in the URL, or else the one in the cookie (pagecache/choices.py)."""
    order = request.GET.get("order", request.COOKIES.get("order", ""))
    return order if order in Rules.Order.values else ""


def in_root_order(roots: CommentQuerySet, order: str) -> CommentQuerySet:
    """Sort the roots of threads; `likes` is in the condition for the index comment_liked_roots."""
    match order:
        case Rules.Order.OLDEST:
            return roots.order_by("parent_id", "tree_id")  # `parent_id` is null: see comment_shown_roots
        case Rules.Order.NEWEST:
            return roots.order_by("-parent_id", "-tree_id")
        case _liked:
            return roots.filter(likes__gte=0).order_by("-likes", "-tree_id")


@lru_cache(maxsize=200)
def root_query(order: str, authors: int, start: int, stop: int) -> Prepared[tuple[int, int, int]]:
    """Return a query for roots of threads of an essay with this many authors: tree, readable, comments by the authors.

    The last is the same in each row. CROSS JOIN makes SQLite read the authors' few commenters first; by its
    statistics it would read all comments.
    """
    names = [f"author_{number}" for number in range(authors)]

    def build(essay: Parameter, **users: Parameter) -> QuerySet[Comment, tuple[int, int, int]]:
        said = "SELECT COUNT(*) FROM accounts_commenter who CROSS JOIN comments_comment said"
        which = f"who.user_id IN ({', '.join(['%s'] * authors)}) AND said.commenter_id = who.id"
        where = f"{which} AND said.essay_id = %s AND said.status = %s"
        parameters = [*users.values(), essay, Status.APPROVED.value]
        count = RawSQL(f"{said} WHERE {where}", parameters) if users else Value(0)  # noqa: S611 - only parameters vary
        roots = in_root_order(Comment.objects.filter(essay=essay).shown_roots(), order)
        return roots.values_list("tree_id", "readable", count)[start:stop]

    return Prepared(build, essay=BigAutoField(), **{name: BigAutoField() for name in names})


@dataclass(frozen=True)
class MoreReplies:
    """A link to replies that are not on this page."""

    label: str
    url: str


class ThreadPage:
    """Page `number` of `count` in `order`, as `viewer` sees it; or one branch, from its `top` on."""

    def __init__(self, essay: Essay, viewer: Viewer, *, number: int = 1, order: str = "") -> None:
        self.essay = essay
        self.viewer = viewer
        self.discussion = Discussion.objects.for_essay(essay)
        self.rules = self.discussion.rules
        if order == Rules.Order.LIKED and not self.discussion.accepts_likes:
            order = ""
        self.is_order_named = bool(order)
        self.order = order or self.discussion.order
        self.per_page = self.discussion.threads_a_page
        self.count = max(1, -(-self.discussion.threads // self.per_page))
        self.number = number
        self.is_folded = False  # “Top-level only” is chosen
        self.relevant_comments: list[Comment] | None = None
        self.requested_tree: int | None = None  # the tree of the requested comment
        self.top: Comment | None = None
        self.after: int | None = None  # in a branch: `lft` of the last comment on the previous page
        self.more: dict[int, MoreReplies] = {}  # by the comment that they answer
        self.onward: MoreReplies | None = None
        self.cut: int | None = None  # the tree that is only shown in part
        self.branch_url = ""  # URL of the rest of a branch that is cut off below the last level
        self.author_comment_count = 0  # on the whole essay; not counted on a branch page

    @classmethod
    def from_request(cls, request: HttpRequest, essay: Essay, answering: int | None = None) -> "ThreadPage":
        """The page that the URL requests, or the one with the answered comment. Raises Http404 for a missing page."""
        page = cls(essay, Viewer.from_request(request), order=requested_order(request))
        page.is_folded = request.GET.get("replies") == FOLDED
        if sought := answering or parse_key(request.GET.get("comment")):
            page.select_page_containing(sought)
        elif "thread" in request.GET:
            page.show_branch(parse_key(request.GET["thread"]), parse_key(request.GET.get("after")))
        else:
            page.select_page(request.GET.get("cpage", "1"))
        return page

    def select_page(self, wish: str) -> None:
        """Select the page with the number in the URL. Raises Http404 if there is none."""
        if not (wish.isascii() and wish.isdigit() and len(wish) < 9 and 1 <= int(wish) <= self.count):
            raise Http404
        self.number = int(wish)

    def select_page_containing(self, pk: int) -> None:
        """Select the page that shows this comment, or the comment's branch if its thread is too long."""
        more: dict[str, Any] = {}
        if is_by_time := self.order != Rules.Order.LIKED:
            before = self.shown_roots().filter(self.precedes(OuterRef("tree_id"))).order_by().values("essay")
            more["before"] = Subquery(before.annotate(roots=Count("pk")).values("roots"))
        root = Comment.objects.filter(tree_id=OuterRef("tree_id"), parent=None)
        self.relevant_comments = self.viewer.relevant_comments(
            self.essay, pk, in_thread=Subquery(root.values("readable")[:1]), **more
        )
        comment: Any = next((comment for comment in self.relevant_comments if comment.pk == pk), None)
        if comment is None:
            return
        self.requested_tree = comment.tree_id
        if comment.parent_id and comment.in_thread > MAX_COMMENTS and self.can_be_shown(comment):
            self.top = comment
        elif is_by_time:
            self.number = self.page_after(comment.before or 0)
        else:
            self.number = self.page_number_of(comment.tree_id)

    def show_branch(self, pk: int | None, after: int | None) -> None:
        """Show one comment with its replies, after the comment `after` if given. Raises Http404."""
        self.top = Comment.objects.on_essay(self.essay).filter(pk=pk).first()
        if self.top is None or not self.can_be_shown(self.top):
            raise Http404
        last = Comment.objects.filter(pk=after, tree_id=self.top.tree_id).values_list("lft", flat=True).first()
        self.after = last if after else None

    def can_be_shown(self, comment: Comment) -> bool:
        """Return whether the viewer may see the comment, or a tombstone with replies in its place."""
        return self.viewer.may_see(comment) or comment.has_readable_replies()

    @property
    def is_oldest_first(self) -> bool:
        return self.order == Rules.Order.OLDEST

    @cached_property
    def authors(self) -> frozenset[int]:
        """Primary keys of the essay's authors, as users."""
        return frozenset(author.pk for author in self.essay.bylines)

    def author_comments(self) -> CommentQuerySet:
        """Approved comments by the essay's own authors."""
        rows: CommentQuerySet = Comment.objects.on_essay(self.essay).approved()
        return rows.filter(commenter__in=self.author_commenters)

    @cached_property
    def author_commenters(self) -> list[int]:
        """The authors' Commenters; as keys, because PostgreSQL without statistics would read the comments first."""
        return list(Commenter.objects.filter(user__in=self.authors).values_list("pk", flat=True))

    def shown_roots(self) -> CommentQuerySet:
        """Select the roots of the essay's threads with approved comments."""
        roots: CommentQuerySet = Comment.objects.on_essay(self.essay).shown_roots()
        return in_root_order(roots, self.order)

    def page_number_of(self, tree: int) -> int:
        """The page of a thread, by the number of roots before it; a pending thread counts as new."""
        if self.count == 1:
            return 1
        return self.page_after(self.shown_roots().filter(self.precedes(tree)).count())

    def page_after(self, roots: int) -> int:
        """The number of the page that begins after this many roots."""
        return min(roots // self.per_page + 1, self.count)

    def precedes(self, tree: int | OuterRef) -> Q:
        """Match the roots that come before this thread in the page's order."""
        if self.order == Rules.Order.LIKED:
            likes = Subquery(self.shown_roots().filter(tree_id=tree).values("likes"))  # none for a pending one
            return Q(likes__gt=likes) | Q(likes=likes, tree_id__gt=tree)
        return Q(tree_id__lt=tree) if self.is_oldest_first else Q(tree_id__gt=tree)

    def rows(self) -> tuple[list[Row], dict[int, AuthorNotice]]:
        """The page's rows in reading order, and the notices about the viewer's own comments, by primary key."""
        if self.relevant_comments is None:
            self.relevant_comments = self.viewer.relevant_comments(self.essay)
        own = [comment for comment in self.relevant_comments if comment.has_notice]  # type: ignore[attr-defined]
        why = {comment.pk: Removal.from_record(comment.record) for comment in own}  # type: ignore[attr-defined]
        own = [comment for comment in own if why[comment.pk] or not removals.is_rejected(comment)]
        rows = self.branch(self.top) if self.top else self.page(own)
        return rows, {comment.pk: self.viewer.notice_for(comment, why[comment.pk], self.rules) for comment in own}

    def page(self, own: list[Comment]) -> list[Row]:
        """The rows of this page's threads, with the viewer's own pending ones."""
        start = (self.number - 1) * self.per_page
        found = root_query(self.order, len(self.authors), start, start + self.per_page).fetch(
            essay=self.essay.pk, **{f"author_{at}": author for at, author in enumerate(sorted(self.authors))}
        )
        self.author_comment_count = (found[0][2] or 0) if found else 0
        if not found and not own:
            return []
        listed = [(tree, readable) for tree, readable, _count in found]
        open_ = choose_open_threads(listed, [self.requested_tree, *(comment.tree_id for comment in own)])
        new: list[int] = []
        if self.number == (self.count if self.is_oldest_first else 1):
            new = [comment.tree_id for comment in own if not comment.readable and comment.parent_id is None]
        which = Q(tree_id__in=[*open_.complete, *new]) | Q(tree_id__in=open_.collapsed, parent=None)
        rows = [Row(*row) for row in self.rows_where(which)]
        if open_.partial:
            rows += [Row(*row) for row in self.rows_where(Q(tree_id=open_.partial)).order_by("lft")[:MAX_COMMENTS]]
        likes = {row.tree: row.likes if self.order == Rules.Order.LIKED else 0 for row in rows if row.parent is None}
        direction = 1 if self.is_oldest_first else -1
        rows.sort(key=lambda row: (-likes[row.tree], direction * row.tree, row.left))
        if open_.partial or open_.collapsed:
            self.link_to_hidden_replies(rows, dict(listed), open_.partial)
        return rows

    def link_to_hidden_replies(self, rows: list[Row], readable: dict[int, int], begun: int | None) -> None:
        """Add links to the rest of threads. `readable`: approved comments by tree; `begun`: the tree shown in part."""
        here = Counter(row.tree for row in rows if row.status == Status.APPROVED)
        last = {row.tree: row.pk for row in rows}
        for row in rows:
            if row.parent is None and (rest := readable.get(row.tree, 0) - here[row.tree]) > 0:
                is_begun = row.tree == begun
                self.cut = begun if is_begun else self.cut
                url = self.url(number=1, thread=row.pk, after=last[row.tree] if is_begun else None)
                self.more[row.pk] = MoreReplies(show_replies_text(rest, is_begun=is_begun), f"{url}#comments")

    def branch(self, top: Comment) -> list[Row]:
        """A comment with all replies below it, or the part after the previous page."""
        inside = Q(tree_id=top.tree_id, lft__gte=top.lft, rght__lte=top.rght)
        found = self.rows_where(inside if self.after is None else inside & Q(lft__gt=self.after)).order_by("lft")
        rows = [Row(*row) for row in found[: MAX_COMMENTS + 1]]
        if len(rows) > MAX_COMMENTS:
            last = rows[MAX_COMMENTS - 1]
            rest = Comment.objects.approved().filter(inside, lft__gt=last.left).count()
            if rest:
                self.cut = top.tree_id
                url = self.url(number=1, thread=top.pk, after=last.pk)
                self.onward = MoreReplies(show_replies_text(rest, is_begun=True), f"{url}#comments")
        return rows[:MAX_COMMENTS]

    def rows_where(self, which: Q) -> Any:
        """Select the columns of Row, of those comments on the essay that meet a condition, unordered.

        The redundant condition on the essay, in a form without index, makes PostgreSQL without statistics expect few
        rows, so that it does not read every commenter for the join.
        """
        return self.columns_of(Comment.objects.alias(here=F("essay_id") + 0).filter(which, here=self.essay.pk))

    def columns_of(self, comments: CommentQuerySet) -> Any:
        """Select the columns of Row, with those that depend on the viewer."""
        more = self.viewer.columns(self.rules)
        if self.rules.tombstones_tell:
            by_moderator = When(removed_by=Comment.Remover.MODERATOR, then=removals.removal_record())
            told = Case(by_moderator, default=None, output_field=JSONField())
            more = [*(more or (Value(False),) * 3), told]
        return comments.order_by().values_list(*COLUMNS, *more)

    def names_of_hidden_parents(self, rows: list[Row]) -> dict[int, str]:
        """Names of the authors of parents that are not among the rows; no query if there are none."""
        return commenter_names({row.parent for row in rows if row.parent} - {row.pk for row in rows})

    def outline(self, rows: Sequence[Row], told: Mapping[int, AuthorNotice]) -> list[Step]:
        """Nest the rows; `told` are the notices about the viewer's own comments, by primary key."""
        mine = frozenset(told)
        return outline(rows, self.depth, mine, self.more, self.cut_after(rows, mine))

    def cut_after(self, rows: Sequence[Row], mine: frozenset[int]) -> int | None:
        """Key of the last shown comment of a branch cut off below the last level, if another page has more of it."""
        found = cut_branch(rows, self.depth, mine, self.cut) if self.cut else None
        if found is None:
            return None
        top, last = found
        if not Comment.objects.approved().filter(tree_id=last.tree, lft__gt=last.left, lft__lt=top.right).exists():
            return None
        self.branch_url = f"{self.url(number=1, thread=top.pk, after=last.pk)}#comments"
        return last.pk

    @property
    def has_whole_threads(self) -> bool:
        """Return whether the page is a list of threads, each with all of its rows together."""
        return self.top is None

    @property
    def depth(self) -> int:
        """How many levels of replies this page shows."""
        return self.discussion.shown_depth

    def folds(self, row: Row) -> bool:
        """Return whether the replies to a comment are closed; those around the requested comment are open."""
        return self.is_folded and row.parent is None and not self.top and row.tree != self.requested_tree

    @property
    def part(self) -> str:
        """A note that the page shows only part of the discussion; empty if it shows all."""
        return gettext("You’re viewing part of the discussion.") if self.top else ""

    @property
    def whole_url(self) -> str:
        """URL that leads from a branch back to the discussion."""
        return f"{self.url(number=self.page_number_of(self.top.tree_id))}#comments" if self.top else ""

    def url(self, *, number: int | None = None, order: str | None = None, **more: Any) -> str:
        """The URL of this page, or of another page or order.

        Defaults are omitted, unless this page's URL has them: the cookie may contain another order.
        """
        number = self.number if number is None else number
        order = self.order if order is None else order
        has_order = self.is_order_named or order != self.discussion.order
        replies = FOLDED if self.is_folded else None
        query = {
            "cpage": number if number > 1 else None, "order": order if has_order else None, "replies": replies, **more
        }  # fmt: skip
        words = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.essay.get_absolute_url()}?{words}" if words else self.essay.get_absolute_url()

    @property
    def choices(self) -> str:
        """The query that keeps this page's order and “Top-level only”."""
        return self.url(number=1).removeprefix(self.essay.get_absolute_url())

    def url_in(self, order: str) -> str:
        """The URL that selects a sort order; the default is an empty value, which resets an earlier choice."""
        return f"{self.url(number=1, order='' if order == self.discussion.order else order)}#comments"

    def url_of(self, comment: Comment, **more: Any) -> str:
        """The URL that shows a comment. Its page is determined on request, as it can change until then.

        A short discussion has only one page, whose URL all links share.
        """
        key = self.viewer.key if self.viewer.unlocked == comment.pk else None
        is_short = 2 * self.discussion.threads <= self.per_page and 2 * self.discussion.comment_count <= MAX_COMMENTS
        linked = None if is_short else comment.pk
        return f"{self.url(number=1, comment=linked, key=key, **more)}#comment-{comment.pk}"

    @property
    def pager(self) -> dict[str, str | bool | None] | None:
        """The URLs of the pages with older and newer threads, None at the ends; None if there is one page."""
        if self.count == 1 or self.top:
            return None
        older, newer = self.number - 1, self.number + 1
        if not self.is_oldest_first:
            older, newer = newer, older
        addresses = [f"{self.url(number=n)}#comments" if 1 <= n <= self.count else None for n in (older, newer)]
        return {"older_url": addresses[0], "newer_url": addresses[1], "by_likes": self.order == Rules.Order.LIKED}


def commenter_names(comments: set[int]) -> dict[int, str]:
    """Return the authors' names of approved comments, by the comments' primary keys."""
    if not comments:
        return {}
    return dict(Comment.objects.approved().filter(pk__in=comments).values_list("pk", "commenter__name"))


def show_replies_text(count: int, *, is_begun: bool) -> str:
    """Label a link to hidden replies; `is_begun`: some replies of the thread are shown already."""
    if is_begun:
        return ngettext("Show %(count)d more reply", "Show %(count)d more replies", count) % {"count": count}
    return ngettext("Show %(count)d reply", "Show %(count)d replies", count) % {"count": count}


def reply_count_text(count: int, authors: int) -> str:
    """Say how many replies the essay's authors wrote; `authors` is their number."""
    if authors > 1:
        text = ngettext("%(count)d reply by the authors", "%(count)d replies by the authors", count)
    else:
        text = ngettext("%(count)d reply by the author", "%(count)d replies by the author", count)
    return text % {"count": count}
