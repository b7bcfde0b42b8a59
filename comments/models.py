"""What is answered: comments in their threads, their words, the rules of discussion, and who is to be told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeForeignKey, TreeManager

import pagecache
from accounts.models import Commenter, User
from blog.models import Essay


class Status(models.TextChoices):
    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    SPAM = "spam", _("spam")
    TRASH = "trash", _("trash")


EDIT_AT_MOST = 60 * 24 * 366  # minutes


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


def answered() -> Exists:
    """Whether somebody else has answered for all to read. Whoever adds to their own words answers nobody."""
    answers = Comment.objects.approved().filter(parent=OuterRef("pk"))
    return Exists(answers.exclude(commenter=OuterRef("commenter")))


class CommentManager(TreeManager.from_queryset(CommentQuerySet)):  # type: ignore[misc]
    def _get_next_tree_id(self) -> int:
        return TreeNumber.objects.create().pk

    def lock_thread(self, pk: int, essay: Essay | None = None) -> "tuple[Comment | None, Comment | None]":
        """Lock the root of a comment's thread; the root and the comment as they are under the lock, or two Nones.

        Call inside a transaction. mptt renumbers neighbours: one writer a thread. Ordered, so that the root, whose
        `lft` is always 1, is the first row that is waited for; PostgreSQL then reads the second one anew.
        """
        rows = self.filter(tree_id__in=self.filter(pk=pk).values("tree_id")).filter(Q(parent=None) | Q(pk=pk))
        if essay:
            rows = rows.filter(essay=essay)
        found = {row.pk: row for row in rows.select_related("commenter", "essay").order_by("tree_id", "lft").lock()}
        root = next((row for row in found.values() if row.parent_id is None), None)
        return root, found.get(pk)

    def forget(self, commenter: Commenter, *, words_stay: bool) -> None:
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
        pagecache.bump(comment.essay.cache_key, "comments")

    def join(self, old: Commenter, new: Commenter) -> None:
        """What one of two said, who are one person, the other has said. Their threads are locked in order.

        Call inside a transaction that holds both: then neither can be saying anything more.
        """
        trees = self.filter(Q(commenter=old.pk) | Q(liked_by__commenter=old.pk)).values("tree_id")
        list(self.filter(tree_id__in=trees, parent=None).order_by("pk").lock())
        self.filter(commenter=old.pk).update(commenter=new)

    def said_by(self, commenter: Commenter, *, essay: Essay, parent: int | None, text: str) -> "History":
        """What this person said before. A guest who is not remembered is, here alone, the name and address typed."""
        person = (
            Q(commenter=commenter.pk)
            if commenter.pk
            else Q(commenter__user=None, commenter__name=commenter.name, commenter__email=commenter.email)
        )
        same = Q(essay=essay, parent=parent, wording__text=text) & ~Q(status=Status.TRASH)
        rows = self.filter(person) if commenter.pk else self.filter(person, same)
        found = rows.aggregate(
            twin=models.Max("pk", filter=same),
            approved=models.Count("pk", filter=Q(status=Status.APPROVED)),
        )
        return History(twin=found["twin"], has_approved=bool(commenter.pk and found["approved"]))

    def grow(
        self,
        *,
        essay: Essay,
        commenter: Commenter,
        parent: "Comment | None",
        root: "Comment | None",
        status: str,
        **fields: Any,
    ) -> "Comment":
        """Put a new comment last under its parent as a new root, and count it. Parent and root are locked and fresh."""
        comment: Comment = self.model(essay=essay, commenter=commenter, status=status, **fields)
        if status == Status.APPROVED and parent is None:
            comment.readable = 1
        self.insert_node(comment, parent, position="last-child", refresh_target=False)
        comment.save(force_insert=True)  # type: ignore[no-untyped-call]
        if status == Status.APPROVED:
            comment.count(+1, root=root)
        return comment


@dataclass(frozen=True)
class History:
    """What somebody said before: the very same here, and whether anything of theirs was ever approved."""

    twin: int | None
    has_approved: bool


class Comment(MPTTModel):
    """A place in a thread. Narrow, since every reply renumbers its neighbours' rows whole: the words are in Wording."""

    class Remover(models.TextChoices):
        NOBODY = "", _("nobody")
        AUTHOR = "author", _("its author")
        MODERATOR = "moderator", _("a moderator")

    essay = models.ForeignKey(Essay, models.CASCADE, related_name="comments", verbose_name=_("essay"))
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
        )

    def __str__(self) -> str:
        return f"{self.commenter} #{self.pk}"

    @property
    def is_approved(self) -> bool:
        return self.status == Status.APPROVED

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
    created = models.DateTimeField(_("written"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")

    def __str__(self) -> str:
        return self.text[:60]


class RulesManager(models.Manager["Rules"]):
    def current(self) -> "Rules":
        """The one row, or what a new site starts with."""
        return self.first() or Rules(pk=1)


class Rules(models.Model):
    """How discussion goes on this site: one row."""

    class Who(models.TextChoices):
        NAME = "name", _("anybody with a name")
        DETAILS = "details", _("anybody with a name and an email address")
        LOGIN = "login", _("people who log in")

    class Order(models.TextChoices):
        OLDEST = "oldest", _("oldest first")
        NEWEST = "newest", _("newest first")
        LIKED = "liked", _("most liked first")

    class Likers(models.TextChoices):
        """What those who like something are called."""

        BLOGGER = "blogger", _("bloggers")
        READER = "reader", _("readers")
        PERSON = "person", _("people")

    who_may_comment = models.CharField(_("who may comment"), max_length=7, choices=Who.choices, default=Who.DETAILS)
    hold_everything = models.BooleanField(_("hold every comment"), default=False)
    hold_first_comment = models.BooleanField(
        _("hold a person’s first comment"), default=True, help_text=_("Until one of theirs was approved.")
    )
    hold_links = models.PositiveSmallIntegerField(
        _("hold at this many links"), default=2, help_text=_("0: never for its links.")
    )
    hold_words = models.TextField(
        _("hold at these words"), blank=True, help_text=_("One a line; found in words, name, address and website.")
    )
    refuse_words = models.TextField(_("refuse at these words"), blank=True, help_text=_("One a line."))
    close_after_days = models.PositiveIntegerField(
        _("close after days"), default=0, help_text=_("0: comments stay open.")
    )
    flood_seconds = models.PositiveIntegerField(
        _("seconds between two comments"), default=15, help_text=_("From one person or address; 0: no limit.")
    )
    edit_minutes = models.PositiveIntegerField(
        _("minutes to edit one’s own comment"),
        default=15,
        validators=[MaxValueValidator(EDIT_AT_MOST)],
        help_text=_("Counted from when it was posted; 0: not at all. Its writer can delete it at any time."),
    )
    edit_until_answered = models.BooleanField(
        _("edit only until it is answered"),
        default=False,
        help_text=_("Within those minutes, a comment stands as it is once somebody else’s answer to it is public."),
    )
    shown_depth = models.PositiveSmallIntegerField(_("levels shown"), default=5)
    threads_a_page = models.PositiveSmallIntegerField(_("threads a page"), default=50)
    order = models.CharField(_("order"), max_length=6, choices=Order.choices, default=Order.OLDEST)
    likes = models.BooleanField(
        _("likes"),
        default=True,
        help_text=_("Under essays and comments. Those that are there are kept while this is off."),
    )
    guests_may_like = models.BooleanField(
        _("guests may like"), default=False, help_text=_("One a browser, which a cookie then remembers.")
    )
    likers = models.CharField(_("they are called"), max_length=7, choices=Likers.choices, default=Likers.BLOGGER)

    objects = RulesManager()

    class Meta:
        verbose_name = _("rules of discussion")
        verbose_name_plural = _("rules of discussion")
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="rules_are_one_row"),)

    def __str__(self) -> str:
        return str(_("Rules of discussion"))


class DiscussionManager(models.Manager["Discussion"]):
    def of(self, essay: Essay) -> "Discussion":
        """The essay's own settings and counts with the site's rules; a missing row means the defaults."""
        if Discussion._meta.get_field("essay").remote_field.is_cached(essay):
            if found := getattr(essay, "discussion", None):
                return found  # type: ignore[no-any-return]
        else:
            found = self.select_related("rules").filter(essay=essay).first()
        found = found or Discussion(rules=Rules.objects.current())
        found.essay = essay  # who asks next finds it there
        return found

    def lock(self, essay: Essay) -> None:
        """Lock the essay's row, made if there is none, until the transaction ends: a statement that changes nothing."""
        self.bulk_create(
            [Discussion(essay=essay)], update_conflicts=True, unique_fields=["essay"], update_fields=["rules"]
        )

    def recount(self, essay_id: int, *, responses: int, threads: int) -> None:
        change = {"responses": F("responses") + responses, "threads": F("threads") + threads}
        if not self.filter(essay_id=essay_id).update(**change):
            self.bulk_create([Discussion(essay_id=essay_id)], ignore_conflicts=True)
            self.filter(essay_id=essay_id).update(**change)

    def responses(self, essays: Iterable[Essay]) -> dict[int, int]:
        """How many responses each has, in one query; essays without any are left out."""
        rows = self.filter(essay__in=[essay.pk for essay in essays], responses__gt=0)
        return dict(rows.values_list("essay_id", "responses"))


class Discussion(models.Model):
    """One essay's own settings of discussion and its count of what is there to read."""

    essay = models.OneToOneField(Essay, models.CASCADE, primary_key=True, related_name="discussion")
    rules = models.ForeignKey(Rules, models.PROTECT, default=1, related_name="+", editable=False)
    is_open = models.BooleanField(_("comments open"), default=True)
    may_be_liked = models.BooleanField(_("likes"), default=True, help_text=_("Of the essay and of its comments."))
    likes = models.PositiveIntegerField(_("likes"), default=0, editable=False)
    responses = models.PositiveIntegerField(_("responses"), default=0, editable=False)
    threads = models.PositiveIntegerField(_("threads"), default=0, editable=False)

    objects = DiscussionManager()

    class Meta:
        verbose_name = _("discussion")
        verbose_name_plural = _("discussion")

    def __str__(self) -> str:
        return str(self.essay)

    @property
    def closes(self) -> datetime | None:
        """When the rules close it, if they do."""
        if not self.rules.close_after_days or not self.essay.published:
            return None
        return self.essay.published + timedelta(days=self.rules.close_after_days)

    @property
    def takes_likes(self) -> bool:
        return self.may_be_liked and self.rules.likes

    @property
    def takes_comments(self) -> bool:
        return self.is_open and (self.closes is None or timezone.now() < self.closes)


class LikeQuerySet(models.QuerySet["Like"]):
    def of(self, target: "Essay | Comment") -> Self:
        return self.filter(comment=target) if isinstance(target, Comment) else self.filter(essay=target.pk)

    def join(self, old: Commenter, new: Commenter) -> None:
        """What one of two liked, who are one person, the other likes; once. Comment's own join holds the threads."""
        double = Q(essay__in=self.filter(commenter=new).exclude(essay=None).values("essay")) | Q(
            comment__in=self.filter(commenter=new).exclude(comment=None).values("comment")
        )
        self.take_back(self.filter(double, commenter=old))
        self.filter(commenter=old).update(commenter=new)

    def forget(self, commenter: Commenter, *, words_stay: bool) -> None:
        """Nobody's likes count for nothing: they go, whatever becomes of the words."""
        self.take_back(self.filter(commenter=commenter))

    def take_back(self, likes: Iterable["Like"]) -> None:
        """These are gone and no longer counted. Their threads are locked; discussions are, in order, from here on."""
        for like in sorted(likes, key=lambda like: (like.essay_id or 0, like.pk)):
            like.count(-1)
            self.filter(pk=like.pk).delete()


class Like(models.Model):
    """Somebody likes an essay or a comment."""

    commenter = models.ForeignKey(Commenter, models.PROTECT, related_name="likes", verbose_name=_("who"))
    essay = models.ForeignKey(
        Essay, models.CASCADE, null=True, related_name="likes", db_index=False, verbose_name=_("essay")
    )
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, related_name="liked_by", db_index=False, verbose_name=_("comment")
    )
    network = models.CharField(_("network"), max_length=43, blank=True, editable=False)  # of a guest
    created = models.DateTimeField(_("when"), default=timezone.now, editable=False)

    objects = LikeQuerySet.as_manager()

    class Meta:
        verbose_name = _("like")
        verbose_name_plural = _("likes")
        constraints = (
            models.UniqueConstraint(fields=["essay", "commenter"], name="like_essay_once"),
            models.UniqueConstraint(fields=["comment", "commenter"], name="like_comment_once"),
            models.CheckConstraint(condition=Q(essay=None) ^ Q(comment=None), name="like_of_one_thing"),
        )

    def __str__(self) -> str:
        return f"{self.commenter} → {self.comment or self.essay}"

    def count(self, change: int) -> None:
        """Keep what is stored of how many like the thing, under its thread's or discussion's lock."""
        if self.comment_id:
            Comment.objects.filter(pk=self.comment_id).update(likes=F("likes") + change)
        else:
            Discussion.objects.filter(pk=self.essay_id).update(likes=F("likes") + change)


class BarQuerySet(models.QuerySet["Bar"]):
    def stops(self, commenter: Commenter, network: str) -> bool:
        found = Q(commenter=commenter.pk) if commenter.pk else Q()
        if network:
            found |= Q(network=network)
        return bool(found) and self.filter(found).exists()

    def join(self, old: Commenter, new: Commenter) -> None:
        """Whoever was barred stays so."""
        if self.filter(commenter=old).delete()[0]:
            self.get_or_create(commenter=new)

    def forget(self, commenter: Commenter, *, words_stay: bool) -> None:
        self.filter(commenter=commenter).delete()


class Bar(models.Model):
    """Somebody, or a network, whose likes are not taken."""

    commenter = models.OneToOneField(
        Commenter, models.CASCADE, null=True, blank=True, related_name="bar", verbose_name=_("who")
    )
    network = models.CharField(_("network"), max_length=43, blank=True)
    created = models.DateTimeField(_("when"), default=timezone.now, editable=False)

    objects = BarQuerySet.as_manager()

    class Meta:
        verbose_name = _("barred from liking")
        verbose_name_plural = _("barred from liking")
        constraints = (
            models.UniqueConstraint(fields=["network"], condition=~Q(network=""), name="bar_network_once"),
            models.CheckConstraint(condition=Q(commenter=None) ^ Q(network=""), name="bar_of_one"),
        )

    def __str__(self) -> str:
        return str(self.commenter or self.network)


class Notice(models.Model):
    """A mail that is owed to somebody, at most once: `ready → claimed → sending → sent`."""

    class Kind(models.TextChoices):
        HELD = "held", _("a comment waits for a decision")
        PUBLISHED = "published", _("a comment appeared under your essay")

    class State(models.TextChoices):
        READY = "ready", _("ready")
        CLAIMED = "claimed", _("claimed")
        SENDING = "sending", _("sending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("no longer owed")

    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="notices")
    recipient = models.ForeignKey(User, models.CASCADE, related_name="notices", verbose_name=_("recipient"))
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.READY)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.TextField(_("last error"), blank=True)
    due = models.DateTimeField(_("due"), default=timezone.now)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = (models.UniqueConstraint(fields=["kind", "comment", "recipient"], name="notice_once"),)
        indexes = (models.Index(fields=["state", "due"], name="notice_due"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.recipient}"
