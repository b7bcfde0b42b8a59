"""How often each moderator is emailed about the queue: their own choice, or the site's."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import QueueMail, User
from comments.models import Comment, Notice, Rules

AT_MOST, WITHIN = 5, timedelta(minutes=10)  # emails sent immediately; further ones wait for the hourly digest
SPAM_REASONS = {"spam", "akismet"}


def frequency_for(user: User) -> QueueMail:
    """Return how often to email a moderator about the queue: as they chose, or the site's default."""
    choice = QueueMail(user.queue_mail)
    return QueueMail(Rules.objects.current().moderator_emails) if choice == QueueMail.SITE else choice


def has_frequency(*choices: QueueMail, lookup: str = "queue_mail") -> Q:
    """Match users who are emailed this often; `lookup` leads to the field from another model."""
    found: Iterable[QueueMail] = choices
    if Rules.objects.current().moderator_emails in choices:
        found = (*choices, QueueMail.SITE)
    return Q(**{f"{lookup}__in": found})


def initial_state(user: User) -> Notice.State:
    """Return READY for an email that is to be sent immediately, GATHERED for one that goes into a digest."""
    if frequency_for(user) != QueueMail.EACH:
        return Notice.State.GATHERED
    recent = Notice.objects.filter(email=user.email.lower(), kind__in=Notice.QUEUE_KINDS, digest=None)
    recent = recent.filter(due__gt=timezone.now() - WITHIN)
    sent = recent.exclude(state__in=(Notice.State.GATHERED, Notice.State.DROPPED)).count()
    return Notice.State.READY if sent < AT_MOST else Notice.State.GATHERED


def is_marked_as_spam(comment: Comment) -> bool:
    """Whether a spam filter marked a comment; such comments are in the queue, but no one is emailed about them."""
    reasons = comment.wording.reasons if comment.wording else ()
    return any(reason.get("code") in SPAM_REASONS for reason in reasons)
