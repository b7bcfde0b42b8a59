"""Mute and unmute people without JavaScript, and the page behind a comment's “More”."""

import math
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.middleware import Request
from accounts.models import Commenter
from comments.models import Comment, Discussion, Mute
from comments.mutes import actions
from comments.posting.actions import CommenterChanged, CommentGone, RateLimited
from comments.threads.viewer import Viewer, muted_in_browser, parse_key

KEPT_CHOICES = ("order", "replies")  # in the URL of the page with the comment


@require_safe
def more(request: Request, pk: int) -> HttpResponse:
    """Show a comment's link, the link to report it and the button to mute its author."""
    return render_page(request, find_readable(pk))


@require_http_methods(["GET", "HEAD", "POST"])
def mute(request: Request, pk: int) -> HttpResponse:
    """Mute the author of a comment, or unmute them with `mute=0`; GET leads to the page that asks."""
    comment = find_readable(pk)
    if request.method != "POST":
        return redirect("comment-more", pk=pk)
    if Viewer.from_request(request).is_author_of(comment):
        return render_page(request, comment, 403, _("You can’t mute yourself."))
    try:
        return change(request, comment.commenter_id, back_url(request, comment), is_on=request.POST.get("mute") != "0")
    except RateLimited as flooded:
        return render_too_many(request, comment, math.ceil(flooded.seconds))
    except CommenterChanged:
        text = _("You’ve logged in or out in another window. Please try again.")
        return render_page(request, comment, 409, text)
    except CommentGone:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
def muted(request: Request) -> HttpResponse:
    """List the people whom the reader muted, or (by POST) unmute one of them."""
    if request.method != "POST":
        people = Commenter.objects.filter(is_muted(request)).order_by("name", "pk").distinct()
        return render(request, "comments/muted.html", {"people": people})
    return change(request, parse_key(request.POST.get("commenter")) or 0, request.path, is_on=False)


def find_readable(pk: int) -> Comment:
    """Return the comment if it is public, else 404."""
    rows = Comment.objects.approved().select_related("essay__discussion__rules", "commenter", "parent__commenter")
    found: Comment | None = rows.filter(pk=pk).first()
    if found is None or not found.essay.is_published:
        raise Http404
    return found


def account_of(request: Request) -> Commenter | None:
    """Return the commenter of a logged-in reader; mutes of guests are in their browser."""
    commenter = request.commenter or None
    return commenter if commenter and commenter.user_id else None


def is_muted(request: Request) -> Q:
    """Match the commenters whom the reader muted, with the account and in this browser."""
    found = Q(pk__in=muted_in_browser(request))
    account = account_of(request)
    return found | Q(pk__in=Mute.objects.filter(commenter=account).values("muted")) if account else found


def change(request: Request, muted: int, url: str, *, is_on: bool) -> HttpResponse:
    """Mute or unmute a person, and redirect to `url`. Raises what muting raises.

    While logged in, both kinds of mutes apply, so unmuting ends both.
    """
    account, in_browser = account_of(request), muted_in_browser(request)
    keys = [key for key in in_browser if key != muted]
    if account:
        (actions.mute if is_on else actions.unmute)(commenter=account, muted=muted)
    elif is_on:
        keys.append(muted)
    response = HttpResponseRedirect(url, status=303)
    return response if keys == in_browser else actions.store_in_browser(response, keys)


def back_url(request: Request, comment: Comment) -> str:
    """Return the comment's permalink, which keeps what the reader chose for the thread."""
    kept = {name: request.GET[name] for name in KEPT_CHOICES if name in request.GET}
    return f"{comment.get_absolute_url()}?{urlencode(kept)}".rstrip("?")


def render_page(request: Request, comment: Comment, status: int = 200, problem: str = "", **more: Any) -> HttpResponse:
    """Render the page behind “More”, with a message if something could not be done."""
    rules = Discussion.objects.for_essay(comment.essay).rules
    context = {
        "comment": comment,
        "is_own": Viewer.from_request(request).is_author_of(comment),
        "is_muted": Commenter.objects.filter(is_muted(request), pk=comment.commenter_id).exists(),
        "may_report": rules.readers_may_report,
        "problem": problem,
    }
    return render(request, "comments/more.html", context | more, status=status)


def render_too_many(request: Request, comment: Comment, seconds: int) -> HttpResponse:
    """Say how many seconds to wait."""
    text = ngettext(
        "Too many attempts. Please wait %(count)d second and try again.",
        "Too many attempts. Please wait %(count)d seconds and try again.",
        seconds,
    )
    response = render_page(request, comment, 429, text % {"count": seconds})
    response.headers["Retry-After"] = str(seconds)
    return response
