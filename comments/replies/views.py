"""The page “Replies to you”, and its feed at a secret address."""

from typing import Any

from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import Request
from accounts.models import Commenter
from comments.models import ReplyInbox
from comments.replies.entries import ANSWER, DECISION, KINDS, LIKE, REPLY, Tally
from comments.replies.feed import RepliesFeed
from comments.replies.page import find_page
from comments.threads.viewer import muted_in_browser, parse_key

SHOWN = {
    "": KINDS,
    "replies": (REPLY,),
    "decisions": (DECISION,),
    "likes": (LIKE,),
    "answers": (ANSWER,),
}  # values of `?show=`


@require_safe
def replies(request: Request) -> HttpResponse:
    """Show what others did with the comments of the logged-in user, or of the guest that this browser remembers."""
    commenter = request.commenter or None
    if request.GET.get("tab") == "comments":
        return redirect("my-comments")
    show, number = request.GET.get("show", ""), parse_key(request.GET.get("page", "1"))
    if show not in SHOWN or not number or number > 10**6:
        raise Http404
    if commenter is None:
        return render(request, "comments/replies.html", {"tab": "replies"})
    inbox = visit(request, commenter)
    page = find_page(commenter, inbox, kinds=SHOWN[show], number=number, muted=muted_in_browser(request))
    request.new_replies = 0  # type: ignore[attr-defined]  # the masthead's number: all are seen now
    context = {
        "tab": "replies",
        "commenter": commenter,
        "page": page,
        "show": show,
        "filters": filters(page.tally, show),
        "summary": summarize(page.tally, inbox),
        "feed_url": inbox.token and reverse("replies-feed", args=[inbox.token]),
    }
    return render(request, "comments/replies.html", context)


def visit(request: Request, commenter: Commenter) -> ReplyInbox:
    """Record the visit, unless the browser only prefetches the page, and return the person's inbox.

    An inbox that is not stored has no token, as its feed would have no address.
    """
    is_early = "prefetch" in request.headers.get("Sec-Purpose", "") or request.method == "HEAD"
    if not is_early:
        try:
            return ReplyInbox.objects.record_visit(commenter)
        except IntegrityError:  # the person was deleted or merged just now
            return ReplyInbox(commenter=commenter, token="")
    return ReplyInbox.objects.filter(pk=commenter.pk).first() or ReplyInbox(commenter=commenter, token="")


def filters(tally: Tally, show: str) -> list[tuple[str, str, int, bool]]:
    """Return the label, address and count of each filter, and whether it is the current one."""
    path = reverse("replies")
    labeled = [
        ("", _("All"), sum(tally.by_kind.values())),
        ("replies", _("Replies"), tally.replies),
        ("decisions", _("Decisions"), tally.decisions),
        ("likes", _("Likes"), tally.likes),
        *([("answers", _("Authors’ answers"), tally.answers)] if tally.answers or show == "answers" else []),
    ]
    return [(label, f"{path}?show={key}" if key else path, count, key == show) for key, label, count in labeled]


def summarize(tally: Tally, inbox: ReplyInbox) -> str:
    """Say how much is new since the last visit; nothing on the first one."""
    if inbox.new_since is None:
        return ""
    count, then = tally.recent, localtime(inbox.new_since)
    days = (localdate() - then.date()).days
    if not count:
        return _("Nothing new since your last visit.")
    if days <= 0:
        text = ngettext(
            "%(count)d new since your last visit today.", "%(count)d new since your last visit today.", count
        )
    elif days == 1:
        text = ngettext(
            "%(count)d new since your last visit yesterday.", "%(count)d new since your last visit yesterday.", count
        )
    else:
        text = ngettext(
            "%(count)d new since your last visit on %(date)s.",
            "%(count)d new since your last visit on %(date)s.",
            count,
        )
    return text % {"count": count, "date": date_format(then, "DATE_FORMAT")}


@require_POST
def renew_feed(request: Request) -> HttpResponse:
    """Give the visitor's feed a new secret address."""
    if request.commenter:
        ReplyInbox.objects.renew_token(request.commenter)
    return redirect(f"{reverse('replies')}#feed")


@require_safe
def feed(request: Request, token: str) -> Any:
    """Serve the feed of the person to whom this secret address belongs."""
    inbox = get_object_or_404(ReplyInbox.objects.with_token(token).select_related("commenter"))
    response = RepliesFeed(request, inbox)(request)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    set_response_etag(response)
    return get_conditional_response(request, etag=response.headers["ETag"], response=response)
