"""What a mail says to programs: which mail it is, where in the thread it stands, how it is stopped."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac

from comments.models import Comment, Notice, Subscription
from comments.notifications import signed_links

Kind = Notice.Kind
ANCESTORS = 20  # in References: more would make a header that no server takes


def by_subscription(subscription: Subscription) -> dict[str, str]:
    what = subscription.kind if subscription.essay_id is None else f"essay-{subscription.essay_id}"
    return unsubscribed_at(signed_links.to_stop(subscription)) | {"List-Id": f"<{what}.{host()}>"}


def unsubscribed_at(link: str) -> dict[str, str]:
    """RFC 2369 and RFC 8058: the mail program's own button stops it, by one POST."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def in_thread(notice: Notice, comment: Comment) -> dict[str, str]:
    """So that a mail program shows the argument as the page does, whether or not each mail of it went here."""
    above = Comment.objects.filter(tree_id=comment.tree_id, lft__lt=comment.lft, rght__gt=comment.rght)
    nearest = list(above.order_by("-lft").values_list("pk", flat=True)[:ANCESTORS])
    things = [f"essay-{comment.essay_id}", *(f"comment-{pk}" for pk in reversed(nearest))]
    if notice.kind not in Notice.NEWS:
        things.append(f"comment-{comment.pk}")
    ids = references(notice, things)
    return {"In-Reply-To": ids[-1], "References": " ".join(ids)}


def own_id(notice: Notice) -> str:
    """The same however often it is tried, so that a mail server can drop a second one."""
    return references(notice, [thing(notice)])[0]


def thing(notice: Notice) -> str:
    match notice.kind:
        case Kind.ESSAY:
            return f"essay-{notice.essay_id}"
        case Kind.PUBLISHED | Kind.REPLY | Kind.FOLLOWED:
            return f"comment-{notice.comment_id}"
    return f"{notice.kind}-{notice.pk}"


def references(notice: Notice, things: Iterable[str]) -> list[str]:
    """The Message-ID that a mail about each has, had or would have in this mailbox."""
    return [f"<{each}.{mark_of(each, notice.email)}@{host()}>" for each in things]


def mark_of(what: str, email: str) -> str:
    """Shows a mail that comes back to be one of ours, sent to this address."""
    return salted_hmac("comments.notifications.compose", f"{what} {email}").hexdigest()[:20]


def host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"
