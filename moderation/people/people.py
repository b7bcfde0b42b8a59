"""A commenter as moderators see them, and the removal of their recent comments."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Commenter
from comments.models import Batch, Block, Comment, CommentQuerySet, Decision, Status, Wording
from comments.models.block import parse_network
from comments.models.passage import quotation_of
from comments.screening import disposable
from moderation.decisions.rights import Rights
from moderation.models import Note
from moderation.queue import batches
from moderation.queue.history import comment_histories

PAGE_SIZE = 20
AT_ONCE = 100  # comments removed during the request; more are removed by a job
REMOVABLE = (Status.APPROVED, Status.PENDING)
LIMIT = 20


class Person:
    """A commenter, limited to what a moderator's rights let them see."""

    def __init__(self, commenter: Commenter, rights: Rights) -> None:
        self.commenter, self.rights = commenter, rights

    @property
    def comments(self) -> CommentQuerySet:
        """Their comments that the moderator may see."""
        return self.rights.comments().filter(commenter=self.commenter.pk)

    def page(self, number: int) -> tuple[list[Comment], int]:
        """Return a page of their comments, the newest first, and the number of pages."""
        pages = max(1, -(-self.comments.count() // PAGE_SIZE))
        start = (min(number, pages) - 1) * PAGE_SIZE
        comments: CommentQuerySet = self.comments.annotate(quotation=quotation_of())  # type: ignore[no-redef]
        found = comments.select_related("essay", "wording").defer("essay__body", "essay__excerpt")
        return list(found.order_by("-pk")[start : start + PAGE_SIZE]), pages

    @cached_property
    def history(self) -> str:
        """One line about how many of their comments were approved and rejected."""
        found = comment_histories({self.commenter.pk}).get(self.commenter.pk) if self.rights.is_site_wide else None
        return found.describe_without("") if found else ""

    @property
    def decisions(self) -> list[Decision]:
        """The newest decisions about their comments."""
        found = Decision.objects.select_related("moderator", "rule", "comment__wording").order_by("-pk")
        return list(found.filter(comment__in=self.comments)[:LIMIT])

    @property
    def accounts(self) -> list[str]:
        """The accounts they log in with, such as “Facebook: Anna Karg”, if the moderator may see them."""
        if self.commenter.mark:
            return [self.commenter.mark]
        user = self.commenter.user_id
        found = SocialAccount.objects.filter(user=user) if user and self.rights.is_site_wide else ()
        return [f"{account.get_provider().name}: {account}" for account in found]

    @cached_property
    def verified_emails(self) -> list[str]:
        """Their verified email addresses, if the moderator may see them."""
        user = self.commenter.user_id
        if not user or not self.rights.is_site_wide:
            return []
        rows = EmailAddress.objects.filter(user=user, verified=True).order_by("pk")
        return [email.lower() for email in rows.values_list("email", flat=True)]

    @property
    def is_disposable(self) -> bool:
        """Whether their email address is from a service for disposable addresses."""
        return disposable.is_disposable(self.commenter.email)

    @cached_property
    def networks(self) -> list[dict[str, Any]]:
        """The networks they wrote from, while stored, as `network`, `count` of comments and time of the `last`."""
        if not self.rights.is_site_wide:
            return []
        rows: Any = Wording.objects.filter(comment__commenter=self.commenter.pk).exclude(network="")
        return list(rows.values("network").annotate(count=Count("pk"), last=Max("created")).order_by("-last")[:LIMIT])

    @property
    def notes(self) -> Iterable[Note]:
        """Moderators' notes about them, the newest first."""
        return Note.objects.filter(commenter=self.commenter).select_related("moderator")

    @cached_property
    def blocks(self) -> list[Block]:
        """Exceptions (trusted, held, blocked) for them, their email addresses or their networks, expired ones too."""
        named = [row["network"] for row in self.networks]
        matching = Q(commenter=self.commenter) | Q(email__in=self.verified_emails, email__gt="")
        matching |= Q(network__in=[each for network in named for each in supernets(network)], network__gt="")
        found: QuerySet[Block] = Block.objects.filter(matching).select_related("moderator", "commenter")
        return list(found.order_by("-pk")[:LIMIT])

    @property
    def block_targets(self) -> list[tuple[str, str]]:
        """Whom a new exception can apply to, as form value and label: them, an email address or a network."""
        by_email, by_network = _("anyone with the verified address %(email)s"), _("everyone on %(network)s")
        networks = [row["network"] for row in self.networks]
        return [
            ("person", _("this person")),
            *((f"email {email}", by_email % {"email": email}) for email in self.verified_emails),
            *((f"network {network}", by_network % {"network": network}) for network in networks),
        ]

    def removable_comments(self, days: int) -> CommentQuerySet:
        """Return their approved and pending comments of the last so many days."""
        since = timezone.now() - timedelta(days=days)
        return self.comments.filter(status__in=REMOVABLE, created__gte=since)


def supernets(network: str) -> list[str]:
    """Return a network and all that contain it, up to 8 bits; none for an invalid one."""
    found = parse_network(network)
    if found is None:
        return []
    return [str(found), *(str(found.supernet(new_prefix=bits)) for bits in range(found.prefixlen - 1, 7, -1))]


def find_person(pk: int, rights: Rights) -> Person | None:
    """Return a person, or None if the rights let the moderator see nothing about them."""
    commenter = Commenter.objects.select_related("user").filter(pk=pk).first()
    if commenter is None:
        return None
    person = Person(commenter, rights)
    return person if rights.is_site_wide or person.comments.exists() else None


def remove_comments(person: Person, *, verb: str, days: int, why: str) -> Batch | None:
    """Mark as spam or trash a person's comments of the last days in one batch; return None if there are none."""
    found = person.removable_comments(days)
    with transaction.atomic():
        total, newest = found.count(), found.order_by().aggregate(newest=Max("pk"))["newest"]
        if not total:
            return None
        batch = Batch.objects.create(
            moderator=person.rights.user,
            verb=verb,
            note=why,
            requested={
                "query": f"?status=all&person={person.commenter.pk}",
                "since": (timezone.now() - timedelta(days=days)).isoformat(),
                "statuses": list(REMOVABLE),
                "up_to": newest,
                "after": 0,
            },
            total=total,
        )
        if total > AT_ONCE:
            batches.decide_batch.enqueue(batch.pk)
    if total <= AT_ONCE and not batches.decide_all(batch):
        batches.decide_batch.enqueue(batch.pk)
    return batch
