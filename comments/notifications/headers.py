"""Headers of notification emails: Message-ID, threading and unsubscribing."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import BigIntegerField
from django.utils.crypto import salted_hmac

from comments.models import Comment, Notice, Subscription
from comments.notifications import signed_links
from server.prepared import Prepared

Kind = Notice.Kind
ANCESTORS = 20  # in References: with more, the header would exceed what servers accept
NUMBER = BigIntegerField()
NEAREST_ABOVE = Prepared(
    lambda tree, lft, rght: (
        Comment.objects.filter(tree_id=tree, lft__lt=lft, rght__gt=rght).order_by("-lft").values_list("pk")[:ANCESTORS]
    ),
    tree=NUMBER, lft=NUMBER, rght=NUMBER,
)  # fmt: skip


def subscription_headers(subscription: Subscription) -> dict[str, str]:
    """Headers to unsubscribe from one subscription, and to sort its emails into a folder (List-Id)."""
    topic = subscription.kind if subscription.essay_id is None else f"essay-{subscription.essay_id}"
    return unsubscribe_headers(signed_links.unsubscribe_url(subscription)) | {"List-Id": f"<{topic}.{site_host()}>"}


def unsubscribe_headers(link: str) -> dict[str, str]:
    """Headers for the email program's unsubscribe button, which sends one POST (RFC 2369, RFC 8058)."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def threading_headers(notice: Notice, comment: Comment) -> dict[str, str]:
    """Headers that show the discussion as threads, even if not every email of it went to this address."""
    nearest = NEAREST_ABOVE.fetch(tree=comment.tree_id, lft=comment.lft, rght=comment.rght)
    keys = [f"essay-{comment.essay_id}", *(f"comment-{pk}" for (pk,) in reversed(nearest))]
    if notice.kind not in Notice.COMMENT_KINDS:
        keys.append(f"comment-{comment.pk}")
    ids = message_ids(notice, keys)
    return {"In-Reply-To": ids[-1], "References": " ".join(ids)}


def message_id(notice: Notice) -> str:
    """Return the Message-ID, the same on every attempt, so that an email server can drop a duplicate."""
    return message_ids(notice, [subject_key(notice)])[0]


def subject_key(notice: Notice) -> str:
    """Return what the email is about, such as `comment-7`, for the Message-ID."""
    match notice.kind:
        case Kind.ESSAY:
            is_repeat = notice.announcement is not None and notice.announcement.is_repeat  # no duplicate of the first
            return f"announcement-{notice.announcement_id}" if is_repeat else f"essay-{notice.essay_id}"
        case Kind.PUBLISHED | Kind.REPLY | Kind.FOLLOWED:
            return f"comment-{notice.comment_id}"
    return f"{notice.kind}-{notice.pk}"


def message_ids(notice: Notice, subjects: Iterable[str]) -> list[str]:
    """Return the Message-ID of the email to this address about each subject, whether or not it was sent."""
    return [f"<{subject}.{id_signature(subject, notice.email)}@{site_host()}>" for subject in subjects]


def id_signature(subject: str, email: str) -> str:
    """Sign a Message-ID, so that a bounce is known to be about our email to this address."""
    return salted_hmac("comments.notifications.compose", f"{subject} {email}").hexdigest()[:20]


def site_host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"
