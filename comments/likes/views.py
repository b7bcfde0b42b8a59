"""Liking an essay or a comment, with script and without, and who does."""

import math
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

import pagecache
from accounts.login import oauth_start
from accounts.middleware import Request, remember
from accounts.models import Commenter
from blog.models import Essay
from comments.likes import actions as liking
from comments.likes import login as like_login
from comments.likes import rendering as likes_rendering
from comments.models import Comment, Discussion
from comments.models.lookup import essay_at
from comments.posting.actions import Flooded, Gone, Joined
from comments.screening.screening import Sender

WISHES = {"1": liking.like, "0": liking.unlike}


@require_http_methods(["GET", "HEAD", "POST"])
def essay(request: Request, **address: Any) -> HttpResponse:
    return answer(request, essay_at(request.user, **address))


@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: Request, pk: int) -> HttpResponse:
    rows = Comment.objects.approved().select_related("commenter", "essay__discussion__rules")
    found = rows.filter(pk=pk).first()
    if found is not None and found.essay.is_published:
        return answer(request, found.essay, found)
    if request.method == "POST":
        return gone(request)
    raise Http404


def answer(request: Request, essay: Essay, comment: Comment | None = None) -> HttpResponse:
    likes = likes_rendering.Likes.of(request, essay)
    if request.method == "POST":
        if likes is None:
            return refuse(request, 403, _("Likes are turned off."))
        return change(request, likes, comment)
    if likes is None:
        raise Http404
    if request.method == "GET" and like_login.is_due(request):
        return carry_out(request, likes, comment, liking.like)
    return page(request, likes, comment)


def change(request: Request, likes: likes_rendering.Likes, comment: Comment | None) -> HttpResponse:
    """What was asked for is so now, or it is said why not."""
    if "login" in request.POST:
        return carry_out(request, likes, comment, liking.like) if likes.may_like else log_in(request)
    verb = WISHES.get(request.POST.get("like", ""))
    if verb is None:
        return refuse(request, 422, _("We couldn’t read your request. Please use the Like button on the page."))
    if not likes.may_like:
        return needs_login(request)
    return carry_out(request, likes, comment, verb)


def log_in(request: Request) -> HttpResponse:
    return too_often(request, liking.MINUTE) if oauth_start.is_too_often(request) else like_login.log_in(request)


def needs_login(request: Request) -> HttpResponse:
    template = "comments/_like_login.html" if "fragment" in request.POST else "comments/like_login.html"
    context = {"heading": _("Log in to like this"), "back": place_of(request)}
    return render(request, template, context, status=403)


def carry_out(request: Request, likes: likes_rendering.Likes, comment: Comment | None, verb: Any) -> HttpResponse:
    commenter = likes.commenter or Commenter()
    sender = Sender(request.META["REMOTE_ADDR"], request.origin_proved)
    if likes.commenter or verb is liking.like:
        try:
            verb(commenter=commenter, sender=sender, essay=likes.essay, comment=comment.pk if comment else None)
        except Flooded as flooded:
            return too_often(request, math.ceil(flooded.seconds))
        except liking.Barred:
            return refuse(request, 403, _("You’re not allowed to like things on this site."))
        except Joined:
            return refuse(request, 409, _("Your account was changed in another window. Please try again."))
        except Gone:
            return gone(request)
    response = (
        drawn(request, likes.essay, comment, commenter)
        if "fragment" in request.POST
        else back(request, likes.essay, comment)
    )
    return response if likes.commenter or not commenter.pk else remember(commenter, response)


def drawn(request: Request, essay: Essay, comment: Comment | None, commenter: Commenter) -> HttpResponse:
    """The mark alone, as it is now, for the page that is open."""
    fresh = Discussion.objects.select_related("rules").filter(essay=essay.pk).first()
    likes = likes_rendering.Likes(essay, fresh or Discussion.objects.of(essay), commenter if commenter.pk else None)
    if comment is None:
        return HttpResponse(likes.under_essay())
    comment.refresh_from_db(fields=["likes"])
    return HttpResponse(likes.of_comment(comment))


def back(request: Request, essay: Essay, comment: Comment | None) -> HttpResponse:
    """To where the button stood, in the order in which the thread stood."""
    order = request.GET.get("order", "")
    address = comment.get_absolute_url() if comment else f"{essay.get_absolute_url()}#likes"
    response = redirect(f"{address}?{urlencode({'order': order})}" if comment and order else address)
    response.status_code = 303
    return response


def page(request: Request, likes: likes_rendering.Likes, comment: Comment | None) -> HttpResponse:
    """The one button, and who likes it: what a browser without script is shown."""
    target, count = (comment, comment.likes) if comment else (likes.essay, likes.discussion.likes)
    is_mine = likes.likes(comment) if comment else likes.is_mine
    context = {
        "essay": likes.essay,
        "comment": comment,
        "url": comment.get_absolute_url() if comment else f"{likes.essay.get_absolute_url()}#likes",
        "mark": likes.of_comment(comment) if comment else likes.under_essay(is_alone=True),
        "said": likes.said(count, is_mine=is_mine),
        **likes_rendering.who(target, count),
    }
    response = render(request, "comments/like.html", context)
    return pagecache.made_from(response, likes.essay.cache_key, ends=getattr(request, "ends", None))


def gone(request: Request) -> HttpResponse:
    return refuse(request, 404, _("This comment is no longer available."))


def too_often(request: Request, seconds: int) -> HttpResponse:
    words = ngettext(
        "Too many attempts. Please wait %(count)d second and try again.",
        "Too many attempts. Please wait %(count)d seconds and try again.",
        seconds,
    )
    response = refuse(request, 429, words % {"count": seconds})
    response.headers["Retry-After"] = str(seconds)
    return response


def refuse(request: Request, status: int, words: str) -> HttpResponse:
    """A sentence: on a page of its own, or alone for the script that shows it beside the button."""
    if "fragment" in request.POST:
        return HttpResponse(escape(words), status=status)
    way = "" if status == 404 else format_html('<a href="{}">{}</a>', place_of(request), _("Back to the essay"))
    context = {"heading": _("Your like wasn’t saved"), "sentence": words, "advice": way}
    return render(request, "problem.html", context, status=status)


def place_of(request: Request) -> str:
    """The address of what is liked."""
    return request.path.removesuffix("like/")
