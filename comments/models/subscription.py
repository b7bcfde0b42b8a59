"""Email subscriptions, and the addresses that confirmed them."""

from datetime import timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import MAX_EMAIL_LENGTH, Commenter
from blog.models import Essay
from comments.models.comment import Comment

WAITS_FOR = timedelta(days=7)  # time to confirm a subscription
PROBLEM_ROOM = 500
CONFIRM = "confirm"  # kind of the notice that asks for confirmation


class AddressQuerySet(models.QuerySet["Address"]):
    def locked(self, email: str) -> "Address":
        """Return the address's row, created if necessary and locked until the transaction ends."""
        while True:
            address, _is_new = self.get_or_create(email=email.lower())
            if found := self.select_for_update().filter(pk=address.pk).first():  # otherwise just deleted as idle
                return found

    def idle(self) -> Self:
        """Addresses without any subscription."""
        return self.filter(~Exists(Subscription.objects.filter(address=OuterRef("pk"))))

    @transaction.atomic
    def drop_idle(self) -> None:
        """Delete addresses without subscriptions, after locking them, as one may just have subscribed."""
        found = list(self.idle().order_by("pk").select_for_update().values_list("pk", flat=True))
        Address.objects.filter(pk__in=found).idle().delete()


class Address(models.Model):
    """An email address, verified by an emailed link. Subscriptions requested by strangers need a new confirmation."""

    email = models.EmailField(_("email"), max_length=MAX_EMAIL_LENGTH, unique=True)  # in lower case
    verified = models.DateTimeField(_("verified"), null=True, editable=False)
    is_paused = models.BooleanField(_("paused"), default=False)
    bounces = models.PositiveSmallIntegerField(_("bounces"), default=0, editable=False)
    bounced = models.DateTimeField(_("last bounce"), null=True, editable=False)
    suppressed = models.DateTimeField(_("undeliverable since"), null=True, blank=True)
    problem = models.CharField(_("error message"), max_length=PROBLEM_ROOM, blank=True, editable=False)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber’s email address")
        verbose_name_plural = _("subscribers’ email addresses")

    def __str__(self) -> str:
        return self.email


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> Self:
        """Confirmed, unstopped subscriptions whose address is verified, not paused and not suppressed."""
        deliverable = Q(address__is_paused=False, address__suppressed=None, address__verified__isnull=False)
        return self.filter(deliverable, confirmed__isnull=False, stopped=None)

    def subscribers_to_essays(self) -> Self:
        """Active subscriptions to new essays."""
        return self.active().filter(kind=Subscription.Kind.ESSAYS)

    def confirmed(self) -> Self:
        """Confirmed subscriptions that are not stopped, including paused ones: those that the subscriber can change."""
        return self.filter(confirmed__isnull=False, stopped=None)

    def waiting(self) -> Self:
        """Recently requested subscriptions that are not confirmed yet."""
        return self.filter(confirmed=None, stopped=None, created__gt=timezone.now() - WAITS_FOR)

    def to_notify_of(self, *, essay: Any, tree: Any, parent: Any, commenter: Any) -> Self:
        """Active subscriptions to notify of a new comment by its keys, except those of its author.

        For a prepared query the keys are Parameters.
        """
        root = Comment.objects.filter(tree_id=tree, parent=None).values("pk")
        answered = Comment.objects.filter(pk=parent).values("commenter")
        found = Q(kind=Subscription.Kind.ESSAY, essay=essay)
        found |= Q(kind=Subscription.Kind.THREAD, comment__in=root)
        found |= Q(kind=Subscription.Kind.REPLIES, commenter__in=answered)
        return self.active().filter(found).exclude(commenter=commenter)

    def merge(self, old: Commenter, new: Commenter) -> None:
        """Give one person's subscriptions to the account that they are merged into, without duplicates."""
        existing = {row.address_id: row for row in self.filter(commenter=new, kind=Subscription.Kind.REPLIES)}
        for row in self.filter(commenter=old, kind=Subscription.Kind.REPLIES, address__in=existing):
            gone, kept = sorted((row, existing[row.address_id]), key=Subscription.merge_rank)
            gone.notices.update(subscription=kept)
            gone.delete()
        self.filter(commenter=old).update(commenter=new)

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        """Delete a person's subscriptions, their notices, and the addresses that they verified.

        An address that was only given stays on the suppression list, and its confirmation request is kept for a day:
        otherwise someone who deletes their data again and again could have it emailed without end.
        """
        rows = self.filter(Q(commenter=commenter) | Q(address__email__in=addresses))
        theirs = list(rows.values_list("address", flat=True))
        sent = self.model._meta.get_field("notices").related_model._default_manager
        confirmations = Q(kind=CONFIRM) & ~Q(email__in=addresses)
        sent.filter(Q(subscription__in=rows) | Q(email__in=addresses, recipient=None)).exclude(confirmations).delete()
        rows.delete()
        gone = Q(pk__in=theirs, suppressed=None) | Q(email__in=addresses)
        Address.objects.filter(gone).drop_idle()


class Subscription(models.Model):
    """One email subscription of an address."""

    class Kind(models.TextChoices):
        REPLIES = "replies", _("replies to a commenter")
        THREAD = "thread", _("thread")
        ESSAY = "essay", _("comments on an essay")
        ESSAYS = "essays", _("new essays")
        DECISION = "decision", _("decision about a comment")
        REPORT = "report", _("outcome of a report")
        APPEAL = "appeal", _("outcome of an appeal")

    class Often(models.TextChoices):
        AT_ONCE = "at_once", _("immediately")
        DAILY = "daily", _("once a day")

    address = models.ForeignKey(Address, models.CASCADE, related_name="subscriptions", verbose_name=_("address"))
    commenter = models.ForeignKey(
        Commenter, models.CASCADE, null=True, related_name="subscriptions", verbose_name=_("person")
    )  # None: a stranger who only gave an address
    kind = models.CharField(_("subscribed to"), max_length=8, choices=Kind.choices)
    essay = models.ForeignKey(Essay, models.CASCADE, null=True, related_name="subscriptions", verbose_name=_("essay"))
    comment = models.ForeignKey(
        Comment, models.CASCADE, null=True, db_index=False, related_name="subscriptions", verbose_name=_("comment")
    )  # the thread's root, or the comment that is pending, reported or appealed
    often = models.CharField(_("how often"), max_length=7, choices=Often.choices, default=Often.AT_ONCE)
    confirmed = models.DateTimeField(_("confirmed"), null=True, editable=False)
    stopped = models.DateTimeField(_("ended"), null=True, editable=False)
    created = models.DateTimeField(_("requested"), default=timezone.now, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = (
            models.UniqueConstraint(
                fields=["address", "commenter"], condition=Q(kind="replies"), name="subscription_replies_once"
            ),
            models.UniqueConstraint(
                fields=["address", "kind", "comment"], condition=~Q(comment=None), name="subscription_comment_once"
            ),
            models.UniqueConstraint(
                fields=["address", "essay"], condition=~Q(essay=None), name="subscription_essay_once"
            ),
            models.UniqueConstraint(fields=["address"], condition=Q(kind="essays"), name="subscription_essays_once"),
            models.CheckConstraint(
                condition=Q(kind="replies", essay=None, comment=None, commenter__isnull=False)
                | Q(kind__in=("thread", "decision", "report", "appeal"), essay=None, comment__isnull=False)
                | Q(kind="essay", essay__isnull=False, comment=None)
                | Q(kind="essays", essay=None, comment=None),
                name="subscription_to_one_thing",
            ),
        )
        # With the many that are to no comment, SQLite's statistics would make it read the whole table.
        indexes = (
            models.Index(fields=["comment"], condition=Q(comment__isnull=False), name="subscription_to_comment"),
        )

    def __str__(self) -> str:
        return f"{self.address} → {self.get_kind_display()}"

    def merge_rank(self) -> tuple[bool, bool]:
        """Sort key for merging duplicates: the greater is kept, an active one or else one that was confirmed."""
        return bool(self.confirmed and not self.stopped), bool(self.confirmed)
