"""Likes of essays and comments, and the people and networks that may not like."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter
from blog.models import Essay
from comments.models.comment import Comment
from comments.models.rules import Discussion


class LikeQuerySet(models.QuerySet["Like"]):
    def for_target(self, target: "Essay | Comment") -> Self:
        return self.filter(comment=target) if isinstance(target, Comment) else self.filter(essay=target.pk)

    def merge(self, old: Commenter, new: Commenter) -> None:
        """Give one person's likes to another without duplicates; Comment.objects.merge() has locked the threads."""
        duplicates = Q(essay__in=self.filter(commenter=new).exclude(essay=None).values("essay")) | Q(
            comment__in=self.filter(commenter=new).exclude(comment=None).values("comment")
        )
        self.remove(self.filter(duplicates, commenter=old))
        self.filter(commenter=old).update(commenter=new)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete a person's likes, even if their comments remain."""
        self.remove(self.filter(commenter=commenter))

    def remove(self, likes: Iterable["Like"]) -> None:
        """Delete likes and reduce the counts. Threads are locked before; discussion rows are locked here, in order."""
        for like in sorted(likes, key=lambda like: (like.essay_id or 0, like.pk)):
            like.adjust_count(-1)
            self.filter(pk=like.pk).delete()


class Like(models.Model):
    """One person's like of an essay or a comment."""

    commenter = models.ForeignKey(Commenter, models.PROTECT, related_name="likes", verbose_name=_("person"))
    essay = models.ForeignKey(
        Essay, models.CASCADE, null=True, related_name="likes", db_index=False, verbose_name=_("essay")
    )
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, related_name="liked_by", db_index=False, verbose_name=_("comment")
    )
    network = models.CharField(_("IP network"), max_length=43, blank=True, editable=False)  # of a guest
    created = models.DateTimeField(_("time"), default=timezone.now, editable=False)

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

    def adjust_count(self, change: int) -> None:
        """Change the stored count of likes, under the lock of the thread or the discussion."""
        if self.comment_id:
            Comment.objects.filter(pk=self.comment_id).update(likes=F("likes") + change)
        else:
            Discussion.objects.filter(pk=self.essay_id).update(likes=F("likes") + change)


class BarQuerySet(models.QuerySet["Bar"]):
    def bars(self, commenter: Commenter, network: str) -> bool:
        """Return whether this person or IP network may not like."""
        found = Q(commenter=commenter.pk) if commenter.pk else Q()
        if network:
            found |= Q(network=network)
        return bool(found) and self.filter(found).exists()

    def merge(self, old: Commenter, new: Commenter) -> None:
        """Bar the account that a barred person is merged into."""
        if self.filter(commenter=old).delete()[0]:
            self.get_or_create(commenter=new)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete the person's bar; barred networks remain."""
        self.filter(commenter=commenter).delete()


class Bar(models.Model):
    """A person or network that may not like."""

    commenter = models.OneToOneField(
        Commenter, models.CASCADE, null=True, blank=True, related_name="bar", verbose_name=_("person")
    )
    network = models.CharField(_("IP network"), max_length=43, blank=True)
    created = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    objects = BarQuerySet.as_manager()

    class Meta:
        verbose_name = _("person who may not like")
        verbose_name_plural = _("people who may not like")
        constraints = (
            models.UniqueConstraint(fields=["network"], condition=~Q(network=""), name="bar_network_once"),
            models.CheckConstraint(condition=Q(commenter=None) ^ Q(network=""), name="bar_of_one"),
        )

    def __str__(self) -> str:
        return str(self.commenter or self.network)
