"""Comments as nodes of their threads, and the locks that every writer takes."""

from datetime import timedelta
from functools import cache
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeForeignKey, TreeManager

from accounts.models import Commenter
from blog.models import Essay
from comments.models.rules import Rules
from comments.models.status import Status
from comments.models.tree_number import TreeNumber
from comments.models.wording import Wording
from search.models import Entry
from server.prepared import Prepared, PreparedInsert, PreparedUpdate

NUMBER = models.PositiveIntegerField()
UNSCORED = -1.0  # the spam score of comments that the filter did not check


class CommentQuerySet(models.QuerySet["Comment"]):
    def approved(self) -> Self:
        return self.filter(status=Status.APPROVED)

    def roots(self) -> Self:
        return self.filter(parent=None)

    def shown_roots(self) -> Self:
        """Roots of threads with at least one approved comment."""
        return self.filter(parent=None, readable__gt=0)

    def on_essay(self, essay: Essay) -> Self:
        return self.filter(essay=essay)

    def editable(self, rules: Rules) -> Self:
        return self.filter(is_editable(rules))

    def lock(self) -> Self:
        """Lock the rows where the database has row locks; SQLite's atomic() locks the whole file."""
        return self.select_for_update(of=("self",))


def is_editable(rules: Rules) -> Q:
    """Condition for comments that their author may still edit: recent and, if the rules say so, not yet answered."""
    since = timezone.now() - timedelta(minutes=rules.edit_minutes)
    is_new = Q(created__gt=since, status__in=(Status.APPROVED, Status.PENDING))
    return is_new & ~Q(has_answer()) if rules.edit_until_answered else is_new


def is_waiting(of: str = "") -> Q:
    """Condition for pending comments, and spam that only the filter marked. `of`: lookup prefix for other models."""
    unseen = {f"{of}status": Status.SPAM, f"{of}removed_by": ""}
    return Q(**{f"{of}status": Status.PENDING}) | Q(**unseen)


def has_answer() -> Exists:
    """Whether someone other than the comment's author has an approved reply to it."""
    answers = Comment.objects.approved().filter(parent=OuterRef("pk"))
    return Exists(answers.exclude(commenter=OuterRef("commenter")))


class CommentManager(TreeManager.from_queryset(CommentQuerySet)):  # type: ignore[misc]
    """Insert and find comments in their threads; every writer locks the thread's root first."""

    def _get_next_tree_id(self) -> int:
        """Return the `tree_id` of a new thread, as mptt asks for it."""
        number = TreeNumber()
        _insert_number.run(number)
        return number.pk

    def _create_space(self, size: int, target: int, tree_id: int) -> None:
        """Make room for comments after an edge of a thread, as mptt asks for it and does it itself."""
        _create_space.run(tree=tree_id, target=target, size=size)

    def lock_thread(
        self, pk: int, essay: Essay | None = None, *, commenter: Commenter | None = None
    ) -> "tuple[Comment | None, Comment | None]":
        """Lock the root of a comment's thread and return root and comment as read under the lock, or two Nones.

        Call inside a transaction. mptt renumbers neighbors: one writer per thread. Ordered, so that the root, whose
        `lft` is always 1, is the first row waited for; PostgreSQL then reads the second one again.
        `commenter`: a person whose row is locked first; if it no longer exists, two Nones are returned.
        """
        others = {name: row.pk for name, row in (("essay", essay), ("commenter", commenter)) if row}
        found = {row.pk: row for row in thread_query(*others).fetch(pk=pk, **others)}
        root = next((row for row in found.values() if row.parent_id is None), None)
        return root, found.get(pk)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete the IP networks of this person's comments. The comments stay, or have been erased before."""
        Wording.objects.filter(comment__commenter=commenter).update(network="")

    def merge(self, old: Commenter, new: Commenter) -> None:
        """Give one person's comments to the account that they are merged into, and lock their threads in order.

        Call inside a transaction that has locked both commenters, so that neither can post.
        """
        theirs = Q(commenter=old.pk) | Q(liked_by__commenter=old.pk) | Q(reported__commenter=old.pk)
        trees = self.filter(theirs).values("tree_id")
        list(self.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
        self.filter(commenter=old.pk).update(commenter=new)
        Entry.objects.filter(authors=f"c{old.pk}").update(authors=f"c{new.pk}")

    def with_submission_key(self, key: str) -> "Comment | None":
        """Return the comment that was created by the submission with this key, if any."""
        rows = self.filter(wordings__submission_key=key).select_related("commenter")
        found: Comment | None = rows.first() if key else None
        return found

    def insert_comment(
        self, *, essay: Essay, commenter: Commenter, parent: "Comment | None", wording: Wording, **fields: Any
    ) -> "Comment":
        """Insert a comment as the last reply to its parent, which is locked and fresh, or as a new root.

        It has no status and is not shown before its first transition, which also stores its current wording.
        """
        comment: Comment = self.model(essay=essay, commenter=commenter, status="", **fields)
        self.insert_node(comment, parent, position="last-child", refresh_target=False)
        comment.insert()
        wording.comment = comment
        _insert_wording.run(wording)
        comment.wording = wording
        return comment


@cache
def thread_query(*given: str) -> "Prepared[Comment]":
    """Return the query of lock_thread(). A caller who gives the essay needs neither that nor the commenters."""

    def build(pk: Any, essay: Any = None, commenter: Any = None) -> Any:
        tree = Subquery(Comment.objects.filter(pk=pk).order_by().values("tree_id"))
        # Not `tree_id=tree` for both rows: SQLite would then read every root of the site.
        rows = Comment.objects.filter(Q(parent=None, tree_id=tree) | Q(pk=pk))
        if essay:  # `+ 0`, as SQLite without statistics would otherwise read all comments of the essay by its index
            rows = rows.alias(its_essay=F("essay_id") + 0).filter(its_essay=essay)
        else:
            rows = rows.select_related("commenter", "essay")
        if commenter:  # independent of these rows: PostgreSQL evaluates it, and so locks it, before reading any
            rows = rows.filter(Exists(Commenter.objects.for_update(commenter)))
        return rows.order_by("tree_id", "lft").lock()

    return Prepared(build, **{name: models.BigIntegerField() for name in ("pk", *given)})


class Comment(MPTTModel):
    """A node of a thread. Narrow, because every reply rewrites its neighbors' rows; the text is in Wording."""

    class Remover(models.TextChoices):
        NONE = "", _("not removed")
        AUTHOR = "author", _("the commenter")
        MODERATOR = "moderator", _("a moderator")
        UNDONE = "undone", _("a moderator’s undo")

    essay = models.ForeignKey(
        Essay, models.CASCADE, db_index=False, related_name="comments", verbose_name=_("essay")
    )  # its index is the one with the commenter
    commenter = models.ForeignKey(
        Commenter, models.PROTECT, db_index=False, related_name="comments", verbose_name=_("commenter")
    )  # its index is comment_by
    parent = TreeForeignKey(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        db_index=False,
        related_name="replies",
        verbose_name=_("in reply to"),
    )  # its index, comment_replies, omits roots: SQLite would otherwise use it to find the roots of one essay
    wording = models.OneToOneField(
        Wording, models.SET_NULL, null=True, related_name="+", verbose_name=_("version"), editable=False
    )
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    removed_by = models.CharField(_("removed by"), max_length=9, choices=Remover.choices, blank=True, editable=False)
    readable = models.PositiveIntegerField(
        _("approved comments"),
        default=0,
        editable=False,
        help_text=_("Number of approved comments in the thread. Stored with the first comment."),
    )
    likes = models.PositiveIntegerField(_("likes"), default=0, editable=False)
    reports = models.PositiveIntegerField(_("reports"), default=0, editable=False)
    spam_score = models.FloatField(
        _("spam score"),
        default=UNSCORED,
        editable=False,
        help_text=_("0 to 1, when posted or edited; -1 if the filter did not check the comment."),
    )
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    edited = models.DateTimeField(_("edited"), null=True, editable=False)

    tree_id: int  # these four are mptt's
    lft: int
    rght: int
    level: int

    quotation: str | None = None  # of its passage, in queries with quotation_of()

    objects: ClassVar[CommentManager] = CommentManager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = (
            models.UniqueConstraint(fields=["tree_id"], condition=Q(parent=None), name="comment_one_root_a_tree"),
        )
        indexes = (
            # `parent` is null here and only helps sorting: PostgreSQL would otherwise read the whole site's roots
            # in tree order, by the unique index above, to find the first ones of an essay.
            models.Index(
                fields=["essay", "parent", "tree_id"],
                condition=Q(parent=None, readable__gt=0),
                name="comment_shown_roots",
            ),
            models.Index(
                fields=["essay", "-likes", "-tree_id"],
                condition=Q(parent=None, readable__gt=0, likes__gte=0),  # `likes` keeps other queries from using it
                name="comment_liked_roots",
            ),
            models.Index(fields=["status", "id"], name="comment_status"),
            # With the status, so that an author's own approved comments are counted without reading rows.
            models.Index(fields=["essay", "commenter", "status"], name="comment_under_by"),
            models.Index(fields=["essay", "status", "id"], name="comment_under"),  # for the queue of an author
            # With all that moderation/queue/history.py counts, also of a person with thousands of comments.
            models.Index(fields=["commenter", "created", "status", "removed_by"], name="comment_by"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="comment_replies"),
            models.Index(fields=["status", "created", "id"], name="comment_newest"),
            models.Index(fields=["id"], condition=Q(reports__gt=0), name="comment_reported"),
            # Not of approved comments, so that most replies need not write it; with OR, as SQLite wants it.
            models.Index(
                fields=["status", "-spam_score", "id"],
                condition=Q(status=Status.PENDING) | Q(status=Status.SPAM),
                name="comment_by_score",
            ),
            models.Index(
                fields=["essay", "created", "id"], condition=Q(status=Status.APPROVED), name="comment_newest_under"
            ),
        )

    def __str__(self) -> str:
        return f"{self.commenter} #{self.pk}"

    @property
    def is_approved(self) -> bool:
        return self.status == Status.APPROVED

    @property
    def is_unseen_spam(self) -> bool:
        """Marked as spam by the filter and not yet reviewed by a moderator."""
        return self.status == Status.SPAM and not self.removed_by

    @property
    def is_waiting(self) -> bool:
        """Undecided: pending, or marked as spam by the filter alone."""
        return self.status == Status.PENDING or self.is_unseen_spam

    def get_absolute_url(self) -> str:
        return reverse("comment", args=[self.pk])

    @property
    def has_replies(self) -> bool:
        return self.rght - self.lft > 1

    def has_readable_replies(self) -> bool:
        below = Comment.objects.approved().filter(tree_id=self.tree_id, lft__gt=self.lft, rght__lt=self.rght)
        return bool(below.exists())

    def is_answered(self) -> bool:
        """Return whether someone other than the author has replied, visible to all."""
        return bool(Comment.objects.filter(has_answer(), pk=self.pk).exists())

    def insert(self) -> None:
        """Insert the comment, whose place in its thread insert_node() has set, as `save()` does."""
        _insert_comment.run(self)
        self._mptt_saved = True
        self._mptt_meta.update_mptt_cached_fields(self)  # type: ignore[attr-defined]

    def set_wording(self, wording: Wording, reasons: list[Any]) -> None:
        """Make this the comment's current wording; earlier ones remain as its history."""
        wording.comment = self
        wording.reasons = reasons
        wording.save()
        self.wording = wording
        Comment.objects.filter(pk=self.pk).update(wording=wording)


_insert_comment, _insert_wording = PreparedInsert(Comment), PreparedInsert(Wording)
_insert_number = PreparedInsert(TreeNumber)
_create_space = PreparedUpdate(
    lambda tree, target, size: (
        Comment.objects.filter(tree_id=tree, rght__gt=target),
        {
            "lft": Case(When(lft__gt=target, then=F("lft") + size), default=F("lft"), output_field=NUMBER),
            "rght": F("rght") + size,
        },
    ),
    tree=NUMBER, target=NUMBER, size=NUMBER,
)  # fmt: skip

Comment._meta.indexes = [index for index in Comment._meta.indexes if "lft" not in index.fields]  # design.md, rule 1
