"""What is said, where it stands in its thread, and its words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeForeignKey, TreeManager

import pagecache
from accounts.models import Commenter
from blog.models import Essay
from comments.models.block import Block
from comments.models.rules import Discussion, Rules

BEGINNING = 40  # characters by which the same words are looked for


class Status(models.TextChoices):
    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    SPAM = "spam", _("spam")
    TRASH = "trash", _("trash")


class TreeNumber(models.Model):
    """A row for each thread, whose key is the thread's `tree_id`: two roots written at once never share one."""

    def __str__(self) -> str:
        return str(self.pk)


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

    def by(self, users: Collection[int]) -> Self:
        """What these users said under their log-ins."""
        return self.filter(commenter__in=Commenter.objects.filter(user__in=users))

    def editable(self, rules: "Rules") -> Self:
        return self.filter(is_editable(rules))

    def in_order(self) -> Self:
        """Reading order: thread by thread, each reply after what it answers."""
        return self.order_by("tree_id", "lft")

    def lock(self) -> Self:
        """With the rows locked where the database has row locks; SQLite's atomic() holds the whole file."""
        return self.select_for_update(of=("self",))


def is_editable(rules: "Rules") -> Q:
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

    def forget(self, commenter: Commenter, *, words_stay: bool, addresses: list[str]) -> None:
        """What somebody said stays without them, or goes; where it came from goes in any case."""
        Wording.objects.filter(comment__commenter=commenter).update(network="")
        if not words_stay:
            for pk in self.filter(commenter=commenter).order_by("tree_id", "pk").values_list("pk", flat=True):
                self.withdraw(pk)

    def withdraw(self, pk: int) -> None:
        """Its author takes a comment back for good: no words are left, and a place only where answers hang from it.

        Call inside a transaction.
        """
        root, comment = self.lock_thread(pk)
        if root is None or comment is None:
            return
        if comment.is_approved:
            comment.count(-1, root=root)
        comment.status, comment.removed_by, comment.changed = Status.TRASH, Comment.Remover.AUTHOR, timezone.now()
        Comment.objects.filter(pk=pk).update(
            status=comment.status, removed_by=comment.removed_by, changed=comment.changed, wording=None
        )
        Wording.objects.filter(comment=comment).delete()
        comment.reported.uphold(comment)
        pagecache.bump(comment.essay.cache_key, "comments")

    def join(self, old: Commenter, new: Commenter) -> None:
        """What one of two said, who are one person, the other has said. Their threads are locked in order.

        Call inside a transaction that holds both: then neither can be saying anything more.
        """
        trees = self.filter(Q(commenter=old.pk) | Q(liked_by__commenter=old.pk) | Q(reported__commenter=old.pk)).values(
            "tree_id"
        )
        list(self.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
        self.filter(commenter=old.pk).update(commenter=new)

    def said_by(
        self,
        commenter: Commenter,
        *,
        essay: Essay,
        parent: int | None,
        text: str,
        mark: str = "",
        address: str = "",
        looks_for_words: bool = False,
    ) -> "History":
        """What this person said before. A guest who is not remembered is, here alone, the name and address typed.

        Ask under the thread's lock: of two that are sent at once, the later one then finds the other.
        `looks_for_words`: whether it matters that somebody else may have posted the same anywhere.
        """
        person = (
            Q(commenter=commenter.pk)
            if commenter.pk
            else Q(commenter__user=None, commenter__name=commenter.name, commenter__email=commenter.email)
        )
        same = Q(essay=essay, parent=parent, wording__text=text) & ~Q(status=Status.TRASH)
        rows = self.filter(person) if commenter.pk else self.filter(person, same)
        sent = Wording.objects.filter(sent_as=mark) if mark else Wording.objects.none()
        found = rows.aggregate(
            twin=models.Max("pk", filter=same),
            approved=models.Max("created", filter=Q(status=Status.APPROVED)),
            # has nothing to do with these rows, but comes with them in one query
            sent=one(sent.values("comment")),
            **beside(commenter, address, text if looks_for_words else ""),
        )
        known = bool(commenter.pk)
        return History(
            twin=found["twin"],
            approved=found["approved"] if known else None,
            is_sent=bool(found["sent"]),
            earlier=found["earlier"] if known else 0,
            repeated=found["repeated"],
            block=found["block"],
        )

    def said_before(
        self, comment: "Comment", *, text: str = "", address: str = "", until: datetime | None = None
    ) -> "History":
        """What was there beside a comment, with these words. `until`: before then; else up to now."""
        rows = self.filter(commenter=comment.commenter_id).exclude(pk=comment.pk)
        found = rows.aggregate(
            approved=models.Max("created", filter=Q(status=Status.APPROVED)),
            **beside(comment.commenter, address, text, but=comment, until=until),
        )
        return History(twin=None, is_sent=False, **found)

    def sent(self, mark: str) -> "Comment | None":
        """What came of this very sending."""
        found: Comment | None = (
            self.filter(wordings__sent_as=mark).select_related("commenter").first() if mark else None
        )
        return found

    def grow(
        self,
        *,
        essay: Essay,
        commenter: Commenter,
        parent: "Comment | None",
        root: "Comment | None",
        status: str,
        wording: "Wording",
        **fields: Any,
    ) -> "Comment":
        """Put a new comment with its words last under its parent, or as a new root, and count it.

        Parent and root are locked and fresh.
        """
        comment: Comment = self.model(essay=essay, commenter=commenter, status=status, **fields)
        if status == Status.APPROVED and parent is None:
            comment.readable = 1
        self.insert_node(comment, parent, position="last-child", refresh_target=False)
        comment.save(force_insert=True)  # type: ignore[no-untyped-call]
        wording.comment, comment.wording = comment, wording
        wording.save()
        is_shown = status == Status.APPROVED
        if is_shown:
            Discussion.objects.recount(essay.pk, responses=1, threads=int(root is None or root.readable == 0))
        if is_shown and root:
            root.readable += 1
            number = models.BigIntegerField()
            readable = Case(When(pk=root.pk, then=root.readable), default=F("readable"), output_field=number)
            words = Case(When(pk=comment.pk, then=wording.pk), default=F("wording"), output_field=number)
            self.filter(pk__in=[root.pk, comment.pk]).update(readable=readable, wording=words)
        else:
            self.filter(pk=comment.pk).update(wording=wording)
        return comment


NO_NUMBER = models.Max("pk", filter=Q(pk__lt=0), output_field=models.BigIntegerField())
KIND_AND_KEY = Concat("kind", Value(" "), Cast("pk", models.TextField()), output_field=models.TextField())
NO_WORDS = models.Max("status", filter=Q(pk__lt=0), output_field=models.TextField())
NO_MOMENT = models.Max("created", filter=Q(pk__lt=0), output_field=models.DateTimeField())


def one(rows: Any, nothing: models.Max = NO_NUMBER) -> Any:
    """A value from elsewhere, to come with an aggregate in one query."""
    return Coalesce(Subquery(rows[:1]), nothing, output_field=nothing.output_field)


def beside(
    commenter: Commenter, address: str, text: str, but: "Comment | None" = None, until: datetime | None = None
) -> dict[str, Any]:
    """What screening has to know of whoever writes, asked for in one query with what they said before."""
    same = Wording.objects.alias(begins=Beginning("text")).filter(begins=text[:BEGINNING], text=text)
    same = (same.exclude(comment=but) if but else same).order_by("-created")
    same = same.filter(created__lt=until) if until else same
    return {
        "earlier": models.Count("pk", filter=Q(pk__lt=but.pk) if but else None),
        "repeated": one(same.values("created"), NO_MOMENT) if text else NO_MOMENT,
        "block": one(Block.objects.on(commenter, address).values(found=KIND_AND_KEY), NO_WORDS),
    }


@dataclass(frozen=True)
class History:
    """What was there before somebody's words: the very same here, the newest of theirs that was approved, whether this
    very sending has arrived already, how many they posted, when anybody posted the same, and the block in force."""

    twin: int | None
    approved: datetime | None
    is_sent: bool
    earlier: int = 0
    repeated: datetime | None = None
    block: str | None = None  # its kind and its key


class Comment(MPTTModel):
    """A place in a thread. Narrow, since every reply renumbers its neighbours' rows whole: the words are in Wording."""

    class Remover(models.TextChoices):
        NOBODY = "", _("nobody")
        AUTHOR = "author", _("its author")
        MODERATOR = "moderator", _("a moderator")
        UNDONE = "undone", _("who took it back")

    essay = models.ForeignKey(
        Essay, models.CASCADE, db_index=False, related_name="comments", verbose_name=_("essay")
    )  # its index is the one with the commenter
    commenter = models.ForeignKey(Commenter, models.PROTECT, related_name="comments", verbose_name=_("commenter"))
    parent = TreeForeignKey(
        "self", models.RESTRICT, null=True, blank=True, related_name="replies", verbose_name=_("answers")
    )
    wording = models.OneToOneField(
        "Wording", models.SET_NULL, null=True, related_name="+", verbose_name=_("wording"), editable=False
    )
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    removed_by = models.CharField(_("removed by"), max_length=9, choices=Remover.choices, blank=True, editable=False)
    readable = models.PositiveIntegerField(
        _("readable"),
        default=0,
        editable=False,
        help_text=_("On a root: how many comments of its thread are approved."),
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
            models.Index(
                fields=["essay", "tree_id"], condition=Q(parent=None, readable__gt=0), name="comment_shown_roots"
            ),
            models.Index(
                fields=["essay", "-likes", "-tree_id"],
                condition=Q(parent=None, readable__gt=0),
                name="comment_liked_roots",
            ),
            models.Index(fields=["status", "id"], name="comment_status"),
            models.Index(fields=["essay", "commenter"], name="comment_under_by"),
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

    def has_readable_replies(self) -> bool:
        below = Comment.objects.approved().filter(tree_id=self.tree_id, lft__gt=self.lft, rght__lt=self.rght)
        return bool(below.exists())

    def is_answered(self) -> bool:
        return bool(Comment.objects.filter(answered(), pk=self.pk).exists())

    def say(self, wording: "Wording", reasons: list[Any]) -> None:
        """Make these the comment's words; the ones before stay as history."""
        wording.comment = self
        wording.reasons = reasons
        wording.save()
        self.wording = wording
        Comment.objects.filter(pk=self.pk).update(wording=wording)

    def count(self, change: int, *, root: "Comment | None") -> None:
        """Keep what is stored of how much there is to read, in its thread (locked; None: a new one) and essay."""
        threads = change if root is None else (root.readable == 0) - (root.readable + change == 0)
        if root:
            root.readable += change
            Comment.objects.filter(pk=root.pk).update(readable=root.readable)
        Discussion.objects.recount(self.essay_id, responses=change, threads=threads)


Comment._meta.indexes = [index for index in Comment._meta.indexes if "lft" not in index.fields]  # design.md, rule 1


class Beginning(Func):
    """The first characters of a text, written alike in a question and in the index that answers it."""

    template = f"SUBSTR(%(expressions)s, 1, {BEGINNING})"
    output_field = models.TextField()


class Wording(models.Model):
    """A comment's words at one time: as typed, and as cleaned when they were saved."""

    class Format(models.TextChoices):
        MARKDOWN = "markdown", _("Markdown")
        HTML = "html", _("HTML")

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="wordings")
    text = models.TextField(_("text"))
    html = models.TextField(_("as shown"), editable=False)
    format = models.CharField(
        _("format"), max_length=8, choices=Format.choices, default=Format.MARKDOWN, editable=False
    )
    reasons = models.JSONField(_("why it is held"), default=list, editable=False)
    network = models.CharField(_("network"), max_length=43, blank=True, editable=False)
    likeness = models.FloatField(
        _("likeness to spam"), null=True, editable=False, help_text=_("0 to 1, when it came; empty: nobody looked.")
    )
    sent_as = models.CharField(
        _("sent as"),
        max_length=32,
        blank=True,
        editable=False,
        help_text=_("Tells one sending of these words from every other, for a day."),
    )
    created = models.DateTimeField(_("written"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        constraints = (models.UniqueConstraint(fields=["sent_as"], condition=~Q(sent_as=""), name="wording_sent_once"),)
        indexes = (models.Index(Beginning("text"), name="wording_begins"),)

    def __str__(self) -> str:
        return self.text[:60]
