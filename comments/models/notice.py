"""The email outbox: one row per notification."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from blog.models import Announcement, Essay
from comments.models.comment import Comment
from comments.models.subscription import CONFIRM as ASKS
from comments.models.subscription import Subscription

CLAIM_LASTS = timedelta(minutes=5)
LATE_AFTER = timedelta(minutes=3)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def due(self, now: Any = None, claimed_before: Any = None) -> Self:
        """Notices to send now, including those whose worker claimed them and did not finish in time.

        For a prepared query the times are Parameters.
        """
        now = now or timezone.now()
        abandoned = Q(state=Notice.State.CLAIMED, changed__lt=claimed_before or now - CLAIM_LASTS)
        return self.filter(Q(state=Notice.State.READY, due__lte=now) | abandoned).order_by("due", "pk")

    def delayed(self) -> Self:
        """Notices that are overdue, or whose first attempts failed."""
        late = timezone.now() - LATE_AFTER
        return self.filter(Q(due__lt=late) | ~Q(error="") & Q(created__lt=late), state=Notice.State.READY)

    def uncertain(self) -> Self:
        """Notices that may or may not have been sent, because their worker stopped while sending."""
        return self.filter(state=Notice.State.SENDING, changed__lt=timezone.now() - CLAIM_LASTS)

    def failed(self) -> Self:
        return self.filter(state=Notice.State.FAILED)


class Notice(models.Model):
    """An email to one recipient, sent at most once: `ready → claimed → sending → sent`, and perhaps `bounced`.

    Notices for a digest are `gathered` and then point to the notice of that digest.
    """

    class Kind(models.TextChoices):
        HELD = "held", _("comment awaiting moderation")
        PUBLISHED = "published", _("comment on an essay")
        REPLY = "reply", _("reply to a comment")
        FOLLOWED = "followed", _("comment in a subscribed discussion")
        DECIDED = "decided", _("decision about a comment")
        REPORTED = "reported", _("report")
        OUTCOME = "outcome", _("outcome of a report")
        APPEALED = "appealed", _("appeal")
        ANSWERED = "answered", _("outcome of an appeal")
        ESSAY = "essay", _("new essay")
        CONFIRM = ASKS, _("subscription confirmation")
        CORRECTED = "corrected", _("correction after a comment")
        LABELED = "labeled", _("author’s answer")
        PICKED = "picked", _("picked comment")
        DAILY = "daily", _("daily digest")
        QUEUE = "queue", _("moderation digest")

    COMMENT_KINDS = (Kind.PUBLISHED, Kind.REPLY, Kind.FOLLOWED)
    QUEUE_KINDS = (Kind.HELD, Kind.REPORTED, Kind.APPEALED)
    ANSWER_KINDS = (Kind.CORRECTED, Kind.LABELED, Kind.PICKED)
    DIGESTS = (Kind.DAILY, Kind.QUEUE)

    class State(models.TextChoices):
        READY = "ready", _("queued")
        GATHERED = "gathered", _("queued for a digest")
        CLAIMED = "claimed", _("being prepared")
        SENDING = "sending", _("delivery uncertain")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("canceled")
        BOUNCED = "bounced", _("bounced")

    kind = models.CharField(_("type"), max_length=9, choices=Kind.choices)
    email = models.EmailField(_("to"), max_length=254, default="", editable=False)  # in lower case
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="notices", verbose_name=_("comment"))
    essay = models.ForeignKey(Essay, models.CASCADE, null=True, related_name="notices", verbose_name=_("essay"))
    announcement = models.ForeignKey(Announcement, models.SET_NULL, null=True, related_name="notices", editable=False)
    recipient = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="notices", verbose_name=_("recipient")
    )  # for authors and moderators
    subscription = models.ForeignKey(Subscription, models.SET_NULL, null=True, related_name="notices")  # for others
    digest = models.ForeignKey("self", models.CASCADE, null=True, related_name="parts", editable=False)
    state = models.CharField(_("status"), max_length=8, choices=State.choices, default=State.READY)
    tries = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("last error"), blank=True)
    due = models.DateTimeField(_("due"), default=timezone.now)
    created = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    changed = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = (
            models.UniqueConstraint(fields=["kind", "comment", "email"], name="notice_once"),
            models.UniqueConstraint(
                fields=["comment", "email"],
                condition=Q(kind__in=("published", "reply", "followed")),
                name="notice_news_once",
            ),
            models.UniqueConstraint(fields=["announcement", "email"], name="notice_announcement_once"),
        )
        indexes = (
            # Nearly all are sent. By its statistics, SQLite would read all of them to find the few in another state.
            *(
                models.Index(fields=["state", "due"], condition=Q(state=state), name=f"notice_{state}")
                for state in ("ready", "gathered", "claimed", "sending", "failed")
            ),
            models.Index(fields=["email", "created"], name="notice_to"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.email}"
