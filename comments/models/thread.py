"""How comments are kept in threads: who may write where, what was said before, how a thread grows and loses words."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, Q
from mptt.models import TreeManager

from accounts.models import Commenter
from blog.models import Essay
from comments.models.history import History, beside, one
from comments.models.status import Status
from comments.models.wording import Wording

if TYPE_CHECKING:
    from comments.models.comment import Comment


class TreeNumber(models.Model):
    """A row for each thread, whose key is the thread's `tree_id`: two roots written at once never share one."""

    def __str__(self) -> str:
        return str(self.pk)


class ThreadManager(TreeManager):
    """Keeps comments in their threads; every writer holds the root of its thread meanwhile."""

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
    ) -> History:
        """What this person said before. A guest who is not remembered is, here alone, the name and address typed.

        Ask under the thread's lock: of two that are sent at once, the later one then finds the other.
        `looks_for_words`: whether it matters that somebody else may have posted the same anywhere.
        """
        same = Q(essay=essay, parent=parent, wording__text=text) & ~Q(status=Status.TRASH)
        asked = beside(commenter, address, text if looks_for_words else "")
        if commenter.pk:
            rows = self.filter(commenter=commenter.pk)
            asked["twin"] = models.Max("pk", filter=same)
            asked["approved"] = models.Max("created", filter=Q(status=Status.APPROVED))
        else:
            typed = Q(commenter__user=None, commenter__name=commenter.name, commenter__email=commenter.email)
            rows = self.filter(typed, same)
            asked["twin"] = models.Max("pk")
        if mark:  # has nothing to do with these rows, but comes with them in one query
            asked["sent"] = one(Wording.objects.filter(sent_as=mark).values("comment"))
        found = rows.aggregate(**asked)
        return History(is_sent=bool(found.pop("sent", None)), **found)

    def said_before(
        self, comment: "Comment", *, text: str = "", address: str = "", until: datetime | None = None
    ) -> History:
        """What was there beside a comment, with these words. `until`: before then; else up to now."""
        rows = self.filter(commenter=comment.commenter_id).exclude(pk=comment.pk)
        found = rows.aggregate(
            approved=models.Max("created", filter=Q(status=Status.APPROVED)),
            **beside(comment.commenter, address, text, but=comment, until=until),
        )
        return History(**found)

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
