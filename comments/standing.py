"""The essay that is answered, and how whoever answers stands to it: one query for both."""

from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.shortcuts import get_object_or_404

from accounts.models import Commenter, User
from blog.models import Authorship, Essay
from comments.models import Block, Comment, Rules, Status
from comments.models.history import KIND_AND_KEY, History

MODERATE = "add_decision"


def moderators() -> Q:
    """Users who may decide about comments, by a group, by themselves, or as owners."""
    may = Permission.objects.filter(codename=MODERATE, content_type__app_label="moderation")
    return Q(is_active=True) & (Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may))


def deciders(essay: int) -> Q:
    """Users who may decide about comments on this essay: its authors too, if the owner says so."""
    if not Rules.objects.current().authors_moderate:
        return moderators()
    return moderators() | Q(is_active=True, pk__in=Authorship.objects.filter(essay=essay).values("author"))


@dataclass(frozen=True)
class Standing:
    """What screening knows of a person before they write under an essay."""

    history: History = field(default_factory=History)
    is_trusted: bool = False
    commenter: int | None = None


def of(commenter: Commenter | None, essay: Any, address: str) -> Standing:
    """How somebody stands who writes from there. Without `commenter`: a stranger."""
    if commenter is None:
        return Standing()
    known = getattr(essay, "standing", None)
    if known is None or known.commenter != commenter.pk:
        found = Commenter.objects.filter(pk=commenter.pk).annotate(**asked(commenter, essay, address)).first()
        known = read(found, commenter)
    return known


def asked(commenter: Commenter, essay: Essay, address: str) -> dict[str, Any]:
    """The values from which `read` makes a Standing, to come with a query that is made anyway."""
    approved = Comment.objects.filter(commenter=commenter.pk, status=Status.APPROVED).order_by("-created")
    wrote = Exists(Authorship.objects.filter(essay=essay.pk, author=OuterRef("pk")))
    return {
        "approved_last": Subquery(approved.values("created")[:1]),
        "block_in_force": Subquery(Block.objects.on(commenter, address).values(found=KIND_AND_KEY)[:1]),
        "writer_is_trusted": Exists(User.objects.filter(moderators() | Q(wrote), commenter=commenter.pk)),
    }


def read(row: Any, commenter: Commenter) -> Standing:
    if row is None:  # deleted since the request began
        return Standing()
    history = History(approved=row.approved_last, block=row.block_in_force)
    return Standing(history, row.writer_is_trusted, commenter.pk)


def essay_at(user: User | AnonymousUser, *, slug: str, year: int = 0, month: int = 0, day: int = 0) -> Any:
    """The published essay (or page, without a date) at an address, with its discussion and rules.

    On it `is_own`: the user is one of its authors; `is_kept`: the user keeps order here; `is_reached`: the user's
    address is proved. 404 if there is none.
    """
    essays = Essay.objects.published().select_related("discussion__rules")
    day_of_it = {"dated__year": year, "dated__month": month, "dated__day": day}
    essays = essays.essays().filter(**day_of_it) if year else essays.pages()
    if isinstance(user, User):
        by = Authorship.objects.filter(essay=OuterRef("pk"), author=user)
        kept = Exists(User.objects.filter(moderators(), pk=user.pk))
        reached = Exists(EmailAddress.objects.filter(user=user, email=user.email.lower(), verified=True))
        essays = essays.annotate(is_own=Exists(by), is_kept=kept, is_reached=reached)
    else:
        essays = essays.annotate(is_own=Value(False), is_kept=Value(False), is_reached=Value(False))
    return get_object_or_404(essays, slug=slug)
