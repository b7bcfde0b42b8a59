"""When a person last opened the page of replies to them, and the secret address of its feed."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db import connection, models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.models import Commenter

VISIT_GAP = timedelta(minutes=30)  # returning sooner continues the same visit, as in unread.js

# In one statement, as two windows may open the page at once. The values on the right are those before the update.
RECORD_VISIT = """
INSERT INTO {table} (commenter_id, token, seen, new_since) VALUES (%s, %s, %s, NULL)
ON CONFLICT (commenter_id) DO UPDATE SET
    new_since = CASE WHEN {table}.seen < %s THEN {table}.seen ELSE {table}.new_since END, seen = excluded.seen
RETURNING token, new_since
"""


def new_token() -> str:
    """Return a secret for a feed's address."""
    return secrets.token_urlsafe(24)


def as_datetime(value: Any) -> datetime | None:
    """Return a time that a raw query read; SQLite returns text, or a time without a zone."""
    moment = parse_datetime(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment and timezone.is_naive(moment) else moment


class ReplyInboxQuerySet(models.QuerySet["ReplyInbox"]):
    def record_visit(self, commenter: Commenter) -> "ReplyInbox":
        """Record that the person opens the page, and return their row as it applies to this visit."""
        now = timezone.now()
        adapt = connection.ops.adapt_datetimefield_value
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            values: list[Any] = [commenter.pk, new_token(), adapt(now), adapt(now - VISIT_GAP)]
            cursor.execute(RECORD_VISIT.format(table=table), values)
            token, new_since = cursor.fetchone()
        return self.model(commenter=commenter, token=token, seen=now, new_since=as_datetime(new_since))

    def renew_token(self, commenter: Commenter) -> None:
        """Give the person's feed a new address; the old one no longer works."""
        self.filter(commenter=commenter).update(token=new_token())

    def with_token(self, token: str) -> Self:
        """Select the row of a feed's address, unless the account is closed."""
        is_open = models.Q(commenter__user=None) | models.Q(commenter__user__is_active=True)
        return self.filter(is_open, token=token)

    def merge(self, old: Commenter, new: Commenter) -> None:
        """Keep the later visit of the two. The old person's feed ends, because someone else may know its address."""
        rows = {row.commenter_id: row for row in self.filter(commenter__in=[old, new])}
        if (row := rows.get(old.pk)) is None:
            return
        row.delete()
        kept = rows.get(new.pk) or self.model(commenter=new, seen=row.seen, new_since=row.new_since)
        kept.seen = max(kept.seen, row.seen)
        kept.new_since = max(filter(None, (kept.new_since, row.new_since)), default=None)
        kept.save()

    def erase(self, commenter: Commenter, *, addresses: list[str]) -> None:
        self.filter(commenter=commenter).delete()


class ReplyInbox(models.Model):
    """A person's visits to the page of replies to them. Separate from Commenter, whose changes empty the page cache."""

    commenter = models.OneToOneField(
        Commenter, models.CASCADE, primary_key=True, related_name="reply_inbox", verbose_name=_("person")
    )
    token = models.CharField(
        _("secret in the feed’s address"), max_length=43, unique=True, default=new_token, editable=False
    )
    seen = models.DateTimeField(_("last opened"), editable=False)
    new_since = models.DateTimeField(_("new since"), null=True, editable=False)  # the visit before this one, if any

    objects = ReplyInboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("reply inbox")
        verbose_name_plural = _("reply inboxes")

    def __str__(self) -> str:
        return str(self.commenter)

    def is_new(self, moment: datetime) -> bool:
        """Return whether something of this time is new in the present visit."""
        return self.new_since is None or moment > self.new_since
