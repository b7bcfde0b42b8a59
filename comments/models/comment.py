"""What is said, and where it stands in its thread."""

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
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


class CommentQuerySet(models.QuerySet["Comment"]):
    def approved(self) -> Self:
        return self.filter(status=Status.APPROVED)

    def roots(self) -> Self:
        return self.filter(parent=None)

    def shown_roots(self) -> Self:
        """Roots of threads in which there is anything to read."""
        return self.filter(parent=None, readable__gt=0)

    def under(self, essay: Essay) -> Self:
        return self.filter(essay=essay)

    def editable(self, rules: Rules) -> Self:
        return self.filter(is_editable(rules))

    def in_order(self) -> Self:
        """Reading order: thread by thread, each reply after what it answers."""
        return self.order_by("tree_id", "lft")

    def lock(self) -> Self:
        """With the rows locked where the database has row locks; SQLite's atomic() holds the whole file."""
        return self.select_for_update(of=("self",))


def is_editable(rules: Rules) -> Q:
    """What its writer may still change: said a short while ago, and not answered if the rules look at that."""
    since = timezone.now() - timedelta(minutes=rules.edit_minutes)
    is_new = Q(created__gt=since, status__in=(Status.APPROVED, Status.PENDING))
    return is_new & ~Q(answered()) if rules.edit_until_answered else is_new


def is_waiting(of: str = "") -> Q:
    """What nobody has decided about. What the filter put under Spam is waiting too, as far as its writer can see."""
    unseen = {f"{of}status": Status.SPAM, f"{of}removed_by": ""}
    return Q(**{f"{of}status": Status.PENDING}) | Q(**unseen)


def answered() -> Exists:
    """Whether somebody else has answered for all to read. Whoever adds to their own words answers nobody."""
    answers = Comment.objects.approved().filter(parent=OuterRef("pk"))
    return Exists(answers.exclude(commenter=OuterRef("commenter")))


class CommentManager(TreeManager.from_queryset(CommentQuerySet)):  # type: ignore[misc]
    """Keeps comments in their threads; every writer locks the root of the thread first."""

    def _get_next_tree_id(self) -> int:
        return TreeNumber.objects.create().pk

    def lock_thread(
        self, pk: int, essay: Essay | None = None, *, holding: Commenter | None = None
    ) -> "tuple[Comment | None, Comment | None]":
        """Lock the root of a comment's thread; the root and the comment as they are under the lock, or two Nones.

        Call inside a transaction. mptt renumbers neighbours: one writer a thread. Ordered, so that the root, whose
        `lft` is always 1, is the first row that is waited for; PostgreSQL then reads the second one anew.
        `holding`: this person is held before, as Commenter.objects.hold() does; two Nones too if they are gone.
        """
        rows = self.filter(tree_id__in=self.filter(pk=pk).values("tree_id")).filter(Q(parent=None) | Q(pk=pk))
        if essay:
            rows = rows.filter(essay=essay)
        if holding:  # depends on no row of these: PostgreSQL answers it, and so locks it, before it looks at any
            rows = rows.filter(Exists(Commenter.objects.held(holding)))
        found = {row.pk: row for row in rows.select_related("commenter", "essay").order_by("tree_id", "lft").lock()}
        root = next((row for row in found.values() if row.parent_id is None), None)
        return root, found.get(pk)

    def forget(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete where this person's comments came from. The comments themselves stay, or have been erased before."""
        Wording.objects.filter(comment__commenter=commenter).update(network="")

    def join(self, old: Commenter, new: Commenter) -> None:
        """What one of two said, who are one person, the other has said. Their threads are locked in order.

        Call inside a transaction that holds both: then neither can be saying anything more.
        """
        trees = self.filter(Q(commenter=old.pk) | Q(liked_by__commenter=old.pk) | Q(reported__commenter=old.pk)).values(
            "tree_id"
        )
        list(self.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
        self.filter(commenter=old.pk).update(commenter=new)

    def sent(self, mark: str) -> "Comment | None":
        """What came of this very sending."""
        found: Comment | None = (
            self.filter(wordings__sent_as=mark).select_related("commenter").first() if mark else None
        )
        return found

    def insert_comment(
        self, *, essay: Essay, commenter: Commenter, parent: "Comment | None", wording: Wording, **fields: Any
    ) -> "Comment":
        """Insert a comment as the last reply to its parent, which is locked and fresh, or as a new root.

        It has no status, and is shown nowhere, before its first transition; that also stores which wording is its own.
        """
        comment: Comment = self.model(essay=essay, commenter=commenter, status="", **fields)
        self.insert_node(comment, parent, position="last-child", refresh_target=False)
        comment.save(force_insert=True)  # type: ignore[no-untyped-call]
        wording.comment = comment
        wording.save()
        comment.wording = wording
        return comment


class Comment(MPTTModel):
    """A place in a thread. Narrow, since every reply renumbers its neighbours' rows whole: the words are in Wording."""

    class Remover(models.TextChoices):
        NOBODY = "", _("not removed")
        AUTHOR = "author", _("its author")
        MODERATOR = "moderator", _("a moderator")
        UNDONE = "undone", _("an undo")

    essay = models.ForeignKey(
        Essay, models.CASCADE, db_index=False, related_name="comments", verbose_name=_("essay")
    )  # its index is the one with the commenter
    commenter = models.ForeignKey(Commenter, models.PROTECT, related_name="comments", verbose_name=_("commenter"))
    parent = TreeForeignKey(
        "self",
        models.RESTRICT,
        null=True,
        blank=True,
        db_index=False,
        related_name="replies",
        verbose_name=_("in reply to"),
    )  # its index, comment_replies, leaves roots out: SQLite would otherwise look there for the roots of one essay
    wording = models.OneToOneField(
        Wording, models.SET_NULL, null=True, related_name="+", verbose_name=_("version"), editable=False
    )
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    removed_by = models.CharField(_("removed by"), max_length=9, choices=Remover.choices, blank=True, editable=False)
    readable = models.PositiveIntegerField(
        _("approved comments"),
        default=0,
        editable=False,
        help_text=_("Approved comments in the thread; set on its first comment."),
    )
    likes = models.PositiveIntegerField(_("likes"), default=0, editable=False)
    reports = models.PositiveIntegerField(_("reports"), default=0, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    edited = models.DateTimeField(_("edited"), null=True, editable=False)

    tree_id: int  # these four are mptt's
    lft: int
    rght: int
    level: int

    objects: ClassVar[CommentManager] = CommentManager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = (
            models.UniqueConstraint(fields=["tree_id"], condition=Q(parent=None), name="comment_one_root_a_tree"),
        )
        indexes = (
            # `parent` is null here and only helps to sort: PostgreSQL would otherwise read the roots of the whole site
            # in the order of their trees, by the unique index above, to find the first ones of an essay.
            models.Index(
                fields=["essay", "parent", "tree_id"],
                condition=Q(parent=None, readable__gt=0),
                name="comment_shown_roots",
            ),
            models.Index(
                fields=["essay", "-likes", "-tree_id"],
                condition=Q(parent=None, readable__gt=0, likes__gte=0),  # `likes` keeps it out of the plans of others
                name="comment_liked_roots",
            ),
            models.Index(fields=["status", "id"], name="comment_status"),
            models.Index(fields=["essay", "commenter"], name="comment_under_by"),
            models.Index(fields=["parent"], condition=Q(parent__isnull=False), name="comment_replies"),
            # `status` comes first although all are approved: SQLite without statistics takes an index that a condition
            # fits over one that only has the right order.
            models.Index(
                fields=["status", "created", "id"], condition=Q(status=Status.APPROVED), name="comment_newest"
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
        """The filter alone put it there."""
        return self.status == Status.SPAM and not self.removed_by

    @property
    def is_waiting(self) -> bool:
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
        return bool(Comment.objects.filter(answered(), pk=self.pk).exists())

    def say(self, wording: Wording, reasons: list[Any]) -> None:
        """Make these the comment's words; the ones before stay as history."""
        wording.comment = self
        wording.reasons = reasons
        wording.save()
        self.wording = wording
        Comment.objects.filter(pk=self.pk).update(wording=wording)


Comment._meta.indexes = [index for index in Comment._meta.indexes if "lft" not in index.fields]  # design.md, rule 1
