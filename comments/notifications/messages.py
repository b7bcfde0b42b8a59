"""Template context and extra headers of each kind of notice; None if the notice is out of date."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, DateTimeField, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from accounts.models import QueueMail, User
from blog.emails import letter_for, to_email_text
from comments.models import Address, Appeal, AuthorAnswer, Comment, Notice, Report, Rules, Status, Subscription
from comments.models.passage import quotation_of
from comments.notifications import moderator_emails, signed_links
from comments.notifications.headers import site_host, subscription_headers, threading_headers, unsubscribe_headers
from comments.screening import reasons
from comments.threads import removals
from server.prepared import Prepared

Kind = Notice.Kind
Content = tuple[dict[str, Any], dict[str, str]]  # template context and extra headers
DIGEST_SHOWS = 50
COMMENT: Prepared[Comment] = Prepared(
    lambda notice, now: (
        Comment.objects.select_related("commenter", "wording", "essay")
        .annotate(quotation=quotation_of(now=now))
        .filter(notices=notice)
    ),
    notice=BigIntegerField(),
    now=DateTimeField(),
)
ACTIVE_RECIPIENT = Prepared(
    lambda notice: User.objects.filter(is_active=True, notices=notice).values_list("pk"), notice=BigIntegerField()
)
ACTION_LABELS = {
    "approve": gettext_lazy("Approve"),
    "keep": gettext_lazy("Keep"),
    "deny": gettext_lazy("Reject appeal"),
    "spam": gettext_lazy("Spam"),
    "trash": gettext_lazy("Trash"),
}
AUTHOR_SENTENCES = {
    Kind.CORRECTED: gettext_lazy("%(name)s corrected “%(essay)s” after your comment"),
    Kind.LABELED: gettext_lazy("%(name)s answered your comment on “%(essay)s”"),
    Kind.PICKED: gettext_lazy("%(name)s picked your comment on “%(essay)s”"),
}


def build_content(notice: Notice) -> Content | None:
    """Return the email's template context and extra headers; None if it is out of date."""
    try:
        return BUILDERS[Kind(notice.kind)](notice)
    except Comment.DoesNotExist:  # deleted just now, and the notice with it
        return None


def comment_content(notice: Notice) -> Content | None:
    """Build the email about a pending comment to moderators, or a published one to authors and subscribers."""
    comment = get_comment(notice)
    expected = Status.PENDING if notice.kind == Kind.HELD else Status.APPROVED
    if comment.status != expected or comment.wording is None:
        return None
    if notice.kind == Kind.HELD and moderator_emails.is_marked_as_spam(comment):
        return None
    context = comment_fields(comment) | queue_links(f"?comment={comment.pk}")
    context["reasons"] = [reasons.describe(reason) for reason in comment.wording.reasons]
    headers = threading_headers(notice, comment)
    if notice.recipient:
        if notice.kind == Kind.HELD:
            context["action_links"] = action_links(comment, notice.recipient, "approve", "spam", "trash")
        return (context, headers) if is_still_recipient(notice, comment) else None
    if (subscription := active_subscription(notice)) is None or not comment.essay.is_published:
        return None
    return context | unsubscribe_links(subscription), headers | subscription_headers(subscription)


def decision_content(notice: Notice) -> Content | None:
    """Build the email that tells the author whether their comment was published, or why not."""
    comment, subscription = get_comment(notice), active_subscription(notice)
    if subscription is None or comment.is_waiting or comment.removed_by == Comment.Remover.AUTHOR:
        return None
    context = comment_fields(comment) | unsubscribe_links(subscription)
    context["is_published"] = comment.status == Status.APPROVED
    if not comment.is_approved and (removal := removals.for_comments([comment.pk]).get(comment.pk)):
        may_appeal = removal.may_appeal(comment, Rules.objects.current())
        context |= {"message": removal.sentence, "appeal": signed_links.appeal_url(comment) if may_appeal else ""}
    return context, threading_headers(notice, comment) | subscription_headers(subscription)


def reports_content(notice: Notice) -> Content | None:
    """Build the email that tells moderators about readers' reports of a public comment."""
    comment, recipient = get_comment(notice), notice.recipient
    if not comment.reports or not comment.is_approved or recipient is None or not is_still_recipient(notice, comment):
        return None
    context = comment_fields(comment) | queue_links(f"?comment={comment.pk}")
    context["reports"] = Report.objects.open().filter(comment=comment.pk).order_by("pk")
    context["action_links"] = action_links(comment, recipient, "keep", "spam", "trash")
    return context, threading_headers(notice, comment)


def report_outcome_content(notice: Notice) -> Content | None:
    """Tell the person who reported a comment whether it stays. Quotes neither the comment nor any report."""
    comment, subscription = get_comment(notice), active_subscription(notice)
    if subscription is None or comment.reports:
        return None
    context = comment_fields(comment) | unsubscribe_links(subscription)
    context |= {"is_kept": comment.is_approved, "text": "", "html": "", "quotation": None}
    return context, subscription_headers(subscription)


def appeal_content(notice: Notice) -> Content | None:
    """Build the email that tells moderators about the appeal of a rejected comment's author."""
    comment, recipient = get_comment(notice), notice.recipient
    removal = removals.for_comments([comment.pk]).get(comment.pk)
    if removal is None or removal.appeal is None or removal.appeal.state != "open":
        return None
    if comment.wording is None or recipient is None or not is_still_recipient(notice, comment):
        return None
    context = comment_fields(comment) | queue_links(f"?comment={comment.pk}")
    context |= {"appeal": removal.appeal.text, "rejected_by": removal.by, "message": removal.sentence}
    context["action_links"] = action_links(comment, recipient, "approve", "deny")
    return context, threading_headers(notice, comment)


def appeal_outcome_content(notice: Notice) -> Content | None:
    """Tell the author who appealed how the appeal was decided."""
    comment, subscription = get_comment(notice), active_subscription(notice)
    appeal = Appeal.objects.filter(comment=comment).first()
    if appeal is None or appeal.state == "open" or subscription is None:
        return None
    context = comment_fields(comment) | {"is_granted": appeal.state == "granted", "answer": appeal.answer}
    headers = threading_headers(notice, comment) | subscription_headers(subscription)
    return context | unsubscribe_links(subscription), headers


def author_content(notice: Notice) -> Content | None:
    """Tell a comment's author that an author of the essay answered, corrected the essay, or picked the comment."""
    comment, subscription = get_comment(notice), active_subscription(notice)
    answer = AuthorAnswer.objects.select_related("by", "revision").filter(pk=comment.pk).first()
    if answer is None or subscription is None or notice.kind not in author_kinds(answer):
        return None
    if not (comment.is_approved and comment.essay.is_published):
        return None
    name = answer.by.get_full_name() if answer.by else gettext("The author")
    sentence = AUTHOR_SENTENCES[Kind(notice.kind)] % {"name": name, "essay": comment.essay}
    context = comment_fields(comment) | unsubscribe_links(subscription) | {"sentence": sentence, "text": "", "html": ""}
    if notice.kind == Kind.CORRECTED:
        context["url"] = f"{settings.SITE_URL}{comment.essay.get_absolute_url()}corrections/#correction-{comment.pk}"
    elif notice.kind == Kind.LABELED:
        context["label"] = answer.get_label_display()
    return context, threading_headers(notice, comment) | subscription_headers(subscription)


def author_kinds(answer: AuthorAnswer) -> list[Kind]:
    """Return the kinds of notices that an author's answer calls for."""
    label, _revision, is_picked = answer.shown
    kinds = [Kind.CORRECTED if label == AuthorAnswer.Label.CORRECTED else Kind.LABELED] if label else []
    return [*kinds, Kind.PICKED] if is_picked and Rules.objects.current().authors_pick else kinds


def queue_digest_content(notice: Notice) -> Content | None:
    """Build a moderator's digest of an hour or a day of the queue, the first comments in full."""
    parts = digest_parts(notice)
    count = parts.count()
    shown = [shown for part in parts[:DIGEST_SHOWS] if (shown := part_context(part))]
    if not shown:
        return None
    return {"parts": shown, "count": count, "left_out": count - len(shown)} | queue_links(), {}


def essay_content(notice: Notice) -> Content | None:
    """Build the email with a new essay in full, for a subscriber."""
    essay, subscription = notice.essay, active_subscription(notice)
    if essay is None or subscription is None or not essay.is_published:
        return None
    url = settings.SITE_URL + essay.get_absolute_url()
    letter = partial(letter_for, essay)  # called by the templates: a digest shows no text
    context = {"essay": essay, "url": url, "site_url": settings.SITE_URL, "letter": letter}
    return context | unsubscribe_links(subscription), subscription_headers(subscription)


def confirmation_content(notice: Notice) -> Content | None:
    """Ask an unverified address to confirm. Quotes nothing from the person who asked: it may be someone else."""
    subscription = first_subscription(notice, Subscription.objects.waiting().filter(address__suppressed=None))
    if subscription is None:
        return None
    return {"link": signed_links.confirm_url(subscription.address)}, {}


def daily_digest_content(notice: Notice) -> Content | None:
    """Build a subscriber's daily digest of new essays and comments."""
    parts = [shown for part in digest_parts(notice) if (shown := part_context(part))]
    address = Address.objects.filter(email=notice.email).first()
    if not parts or address is None:
        return None
    stop = signed_links.unsubscribe_daily_url(address)
    context = {
        "essays": [part["essay"] for part in parts if "comment" not in part],
        "comments": [part for part in parts if "comment" in part],
        "unsubscribe_url": stop,
        "subscriptions_url": signed_links.subscriptions_url(address),
        "site_url": settings.SITE_URL,
    }
    return context, unsubscribe_headers(stop) | {"List-Id": f"<daily.{site_host()}>"}


def digest_parts(digest: Notice) -> QuerySet[Notice]:
    """The gathered notices that a digest combines."""
    return digest.parts.filter(state=Notice.State.GATHERED).select_related("recipient").order_by("pk")


def part_context(part: Notice) -> dict[str, Any] | None:
    """Return the template context of one part of a digest; None if it is out of date."""
    content = build_content(part)
    return content and {"notice": part, **content[0]}


BUILDERS: dict[Kind, Callable[[Notice], Content | None]] = {
    Kind.HELD: comment_content,
    Kind.PUBLISHED: comment_content,
    Kind.REPLY: comment_content,
    Kind.FOLLOWED: comment_content,
    Kind.DECIDED: decision_content,
    Kind.ESSAY: essay_content,
    Kind.CONFIRM: confirmation_content,
    Kind.REPORTED: reports_content,
    Kind.OUTCOME: report_outcome_content,
    Kind.APPEALED: appeal_content,
    Kind.ANSWERED: appeal_outcome_content,
    Kind.CORRECTED: author_content,
    Kind.LABELED: author_content,
    Kind.PICKED: author_content,
    Kind.DAILY: daily_digest_content,
    Kind.QUEUE: queue_digest_content,
}


def get_comment(notice: Notice) -> Comment:
    """Load the notice's comment. Raises Comment.DoesNotExist if it was just deleted."""
    found = COMMENT.first(notice=notice.pk, now=timezone.now())
    if found is None:
        raise Comment.DoesNotExist
    return found


def comment_fields(comment: Comment) -> dict[str, Any]:
    """Return the comment with its text, HTML and URL, as the templates of its emails need them."""
    html = comment.wording.html if comment.wording else ""
    url = settings.SITE_URL + comment.get_absolute_url()
    fields = {"comment": comment, "text": to_email_text(html), "html": html, "url": url}
    return fields | {"quotation": comment.quotation}


def active_subscription(notice: Notice) -> Subscription | None:
    """Return the notice's subscription if it is still active."""
    return first_subscription(notice, Subscription.objects.active())


def first_subscription(notice: Notice, among: QuerySet[Subscription]) -> Subscription | None:
    """Return the notice's subscription if it is in the query `among`."""
    return among.select_related("address").filter(notices=notice).first()


def is_still_recipient(notice: Notice, comment: Comment) -> bool:
    """Return whether a moderator who wants these emails, or an author, still has this role and an active account."""
    if notice.kind not in Notice.QUEUE_KINDS:
        return bool(ACTIVE_RECIPIENT.fetch(notice=notice.pk))
    serving = User.objects.filter(Rules.objects.moderators_of(comment.essay_id), notices=notice)
    return serving.exclude(moderator_emails.has_frequency(QueueMail.NONE)).exists()


def queue_links(query: str = "") -> dict[str, str]:
    """Return the URLs of the queue and of the page where moderators choose how often to be emailed."""
    return {
        "queue_url": f"{settings.SITE_URL}/{settings.QUEUE_PATH}{query}",
        "settings_url": f"{settings.SITE_URL}/{settings.QUEUE_EMAIL_PATH}",
    }


def action_links(comment: Comment, user: User, *verbs: str) -> list[tuple[Any, str]]:
    """Return label and link of each action that the email offers."""
    link = signed_links.decision_url(comment, user)
    return [(ACTION_LABELS[verb], f"{link}?do={verb}") for verb in verbs]


def unsubscribe_links(subscription: Subscription) -> dict[str, str]:
    return {
        "unsubscribe_url": signed_links.unsubscribe_url(subscription),
        "subscriptions_url": signed_links.subscriptions_url(subscription.address),
    }
