"""What each kind of notice tells, and the headers it alone has; None: no longer."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import QueueMail, User
from blog import markup
from comments.models import Address, Appeal, Comment, Notice, Report, Rules, Status, Subscription
from comments.models.permissions import moderators_of
from comments.notifications import moderator_emails, signed_links
from comments.notifications.headers import by_subscription, host, in_thread, unsubscribed_at
from comments.screening import reasons
from comments.threads import removals

Kind = Notice.Kind
DIGEST_SHOWS = 50
WAYS = {
    "approve": gettext_lazy("Approve"),
    "keep": gettext_lazy("Keep"),
    "deny": gettext_lazy("Reject appeal"),
    "spam": gettext_lazy("Spam"),
    "trash": gettext_lazy("Trash"),
}


def told_by(notice: Notice) -> Any:
    try:
        return TELLS[Kind(notice.kind)](notice)
    except Comment.DoesNotExist:  # deleted this very moment, and the notice with it
        return None


def of_comment(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    comment = the_comment(notice)
    expected = Status.PENDING if notice.kind == Kind.HELD else Status.APPROVED
    if comment.status != expected or comment.wording is None:
        return None
    if notice.kind == Kind.HELD and moderator_emails.is_marked_as_spam(comment):
        return None
    context = told_of(comment) | {
        "reasons": [reasons.in_words(reason) for reason in comment.wording.reasons],
        "queue": in_queue(comment),
        "choice": choice(),
    }
    headers = in_thread(notice, comment)
    if notice.recipient:
        if notice.kind == Kind.HELD:
            context["ways"] = ways(comment, notice.recipient, "approve", "spam", "trash")
        return (context, headers) if still_serves(notice, comment) else None
    if (subscription := still(notice)) is None or not comment.essay.is_published:
        return None
    return context | stops(subscription), headers | by_subscription(subscription)


def of_decision(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    comment, subscription = the_comment(notice), still(notice)
    if subscription is None or comment.is_waiting or comment.removed_by == Comment.Remover.AUTHOR:
        return None
    context = told_of(comment) | {"is_published": comment.status == Status.APPROVED} | stops(subscription)
    if not comment.is_approved and (removal := removals.of([comment.pk]).get(comment.pk)):
        may_appeal = removal.may_appeal(comment, Rules.objects.current())
        context |= {"why": removal.sentence, "appeal": signed_links.to_appeal(comment) if may_appeal else ""}
    return context, in_thread(notice, comment) | by_subscription(subscription)


def of_reports(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    """To those who decide: what readers say against a comment that stands for all to read."""
    comment, recipient = the_comment(notice), notice.recipient
    if not comment.reports or not comment.is_approved or recipient is None or not still_serves(notice, comment):
        return None
    context = told_of(comment) | {
        "reports": Report.objects.open().filter(comment=comment.pk).order_by("pk"),
        "queue": in_queue(comment),
        "choice": choice(),
        "ways": ways(comment, recipient, "keep", "spam", "trash"),
    }
    return context, in_thread(notice, comment)


def of_outcome(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    """To who reported a comment: whether it stays. Of what anybody said there is not a word in it."""
    comment, subscription = the_comment(notice), still(notice)
    if subscription is None or comment.reports:
        return None
    context = told_of(comment) | {"stays": comment.is_approved, "words": "", "html": ""} | stops(subscription)
    return context, by_subscription(subscription)


def of_appeal(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    """To those who decide: what the writer of a refused comment says against that."""
    comment, recipient = the_comment(notice), notice.recipient
    appeal = removals.of([comment.pk]).get(comment.pk)
    if appeal is None or appeal.appeal is None or appeal.appeal.state != "open":
        return None
    if comment.wording is None or recipient is None or not still_serves(notice, comment):
        return None
    context = told_of(comment) | {
        "appeal": appeal.appeal.words,
        "refused_by": appeal.by,
        "why": appeal.sentence,
        "queue": in_queue(comment),
        "choice": choice(),
        "ways": ways(comment, recipient, "approve", "deny"),
    }
    return context, in_thread(notice, comment)


def of_answer(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    """To the writer who appealed."""
    comment, subscription = the_comment(notice), still(notice)
    appeal = Appeal.objects.filter(comment=comment).first()
    if appeal is None or appeal.state == "open" or subscription is None:
        return None
    context = told_of(comment) | {"is_granted": appeal.state == "granted", "answer": appeal.answer}
    return context | stops(subscription), in_thread(notice, comment) | by_subscription(subscription)


def of_queue(notice: Notice) -> tuple[dict[str, Any]] | None:
    """A moderator's digest: what came to the queue in an hour or a day, the first comments in full."""
    parts = gathered(notice)
    count = parts.count()
    shown = [told for part in parts[:DIGEST_SHOWS] if (told := of_part(part))]
    if not shown:
        return None
    context = {"parts": shown, "count": count, "left_out": count - len(shown)}
    return (context | {"queue": f"{settings.SITE_URL}/admin/comments/queue/", "choice": choice()},)


def of_essay(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    essay, subscription = notice.essay, still(notice)
    if essay is None or subscription is None or not essay.is_published:
        return None
    address = settings.SITE_URL + essay.get_absolute_url()
    whole = markup.afar(markup.draw(essay.body, essay.prefix), settings.SITE_URL, address)
    names = ", ".join(str(author) for author in essay.bylines)
    context = {"essay": essay, "names": names, "address": address, "whole": whole, "text": markup.readable(essay.body)}
    return context | stops(subscription), by_subscription(subscription)


def of_asking(notice: Notice) -> tuple[dict[str, Any]] | None:
    """To an address that has proved nothing: whoever asked may be somebody else, so none of their words is in it."""
    asked = wanted(notice, Subscription.objects.waiting().filter(address__refused=None))
    if asked is None:
        return None
    return ({"link": signed_links.to_confirm(asked.address)},)


def of_day(notice: Notice) -> tuple[dict[str, Any], dict[str, str]] | None:
    parts = [told for part in gathered(notice) if (told := of_part(part))]
    address = Address.objects.filter(email=notice.email).first()
    if not parts or address is None:
        return None
    stop = signed_links.to_stop_daily(address)
    context = {
        "essays": [part["essay"] for part in parts if "words" not in part],
        "comments": [part for part in parts if "words" in part],
        "stop": stop,
        "all": signed_links.to_all(address),
        "site_url": settings.SITE_URL,
    }
    return context, unsubscribed_at(stop) | {"List-Id": f"<daily.{host()}>"}


def gathered(sum_: Notice) -> QuerySet[Notice]:
    return sum_.parts.filter(state=Notice.State.GATHERED).select_related("recipient").order_by("pk")


def of_part(part: Notice) -> dict[str, Any] | None:
    """What one of the day's notices tells, if it is still owed."""
    told = told_by(part)
    return told and {"notice": part, **told[0]}


TELLS: dict[Kind, Callable[[Notice], Any]] = {
    Kind.HELD: of_comment,
    Kind.PUBLISHED: of_comment,
    Kind.REPLY: of_comment,
    Kind.FOLLOWED: of_comment,
    Kind.DECIDED: of_decision,
    Kind.ESSAY: of_essay,
    Kind.CONFIRM: of_asking,
    Kind.REPORTED: of_reports,
    Kind.OUTCOME: of_outcome,
    Kind.APPEALED: of_appeal,
    Kind.ANSWERED: of_answer,
    Kind.DAILY: of_day,
    Kind.QUEUE: of_queue,
}


def the_comment(notice: Notice) -> Comment:
    return Comment.objects.select_related("commenter", "wording", "essay").get(notices=notice)  # type: ignore[no-any-return]


def told_of(comment: Comment) -> dict[str, Any]:
    html = comment.wording.html if comment.wording else ""
    return {
        "comment": comment,
        "words": markup.plain(html),
        "html": html,
        "address": settings.SITE_URL + comment.get_absolute_url(),
    }


def still(notice: Notice) -> Subscription | None:
    """The subscription that a notice rests on, if mail still goes out for it."""
    return wanted(notice, Subscription.objects.active())


def wanted(notice: Notice, among: QuerySet[Subscription]) -> Subscription | None:
    return among.select_related("address").filter(notices=notice).first()


def still_serves(notice: Notice, comment: Comment) -> bool:
    """Whether whoever keeps order and wants such mails, or wrote the essay, still does and may come in."""
    if notice.kind not in Notice.OF_QUEUE:
        return User.objects.filter(is_active=True, notices=notice).exists()
    serving = User.objects.filter(moderators_of(comment.essay_id), notices=notice)
    return serving.exclude(moderator_emails.choosing(QueueMail.NONE)).exists()


def in_queue(comment: Comment) -> str:
    return f"{settings.SITE_URL}/admin/comments/queue/?comment={comment.pk}"


def choice() -> str:
    """The page where a moderator chooses how often to be emailed."""
    return f"{settings.SITE_URL}/accounts/queue-mail/"


def ways(comment: Comment, user: User, *verbs: str) -> list[tuple[Any, str]]:
    """What can be done about it from the mail: in a word, and where."""
    link = signed_links.to_decide(comment, user)
    return [(WAYS[verb], f"{link}?do={verb}") for verb in verbs]


def stops(subscription: Subscription) -> dict[str, str]:
    return {"stop": signed_links.to_stop(subscription), "all": signed_links.to_all(subscription.address)}
