"""Like and unlike an essay or a comment, with or without JavaScript, and list who likes it."""

import math
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

import pagecache
from accounts.login import oauth_start
from accounts.middleware import Request, set_commenter_cookie
from accounts.models import Commenter
from blog.models import Essay
from comments.likes import actions as liking
from comments.likes import login as like_login
from comments.likes import rendering as likes_rendering
from comments.models import Comment, Discussion
from comments.posting.actions import CommenterChanged, CommentGone, RateLimited
from comments.screening.screening import Sender

ACTIONS = {"1": liking.like, "0": liking.unlike}


@require_http_methods(["GET", "HEAD", "POST"])
def like_essay(request: Request, **address: Any) -> HttpResponse:
    """Show who likes the essay, or (by POST) like or unlike it."""
    return respond(request, Discussion.objects.get_essay_or_404(request.user, **address))


@require_http_methods(["GET", "HEAD", "POST"])
def like_comment(request: Request, pk: int) -> HttpResponse:
    """Show who likes the comment, or (by POST) like or unlike it."""
    rows = Comment.objects.approved().select_related("commenter", "essay__discussion__rules")
    found = rows.filter(pk=pk).first()
    if found is not None and found.essay.is_published:
        return respond(request, found.essay, found)
    if request.method == "POST":
        return show_comment_gone(request)
    raise Http404


def respond(request: Request, essay: Essay, comment: Comment | None = None) -> HttpResponse:
    """Handle a request about likes of an essay, or of a comment on it."""
    likes = likes_rendering.Likes.for_request(request, essay)
    if request.method == "POST":
        if likes is None:
            return show_problem(request, 403, _("Likes are turned off."))
        return apply_change(request, likes, comment)
    if likes is None:
        raise Http404
    if request.method == "GET" and like_login.is_due(request):
        return perform(request, likes, comment, liking.like)
    return likes_page(request, likes, comment)


def apply_change(request: Request, likes: likes_rendering.Likes, comment: Comment | None) -> HttpResponse:
    """Like or unlike as requested, or explain why not."""
    if "login" in request.POST:
        if likes.may_like:
            return perform(request, likes, comment, liking.like)
        is_limited = oauth_start.is_rate_limited(request)
        return show_rate_limited(request, liking.MINUTE) if is_limited else like_login.log_in(request)
    action = ACTIONS.get(request.POST.get("like", ""))
    if action is None:
        return show_problem(request, 422, _("We couldn’t read your request. Please use the Like button on the page."))
    if not likes.may_like:
        return show_login_needed(request)
    return perform(request, likes, comment, action)


def show_login_needed(request: Request) -> HttpResponse:
    """Ask the reader to log in, on a page of its own or, for JavaScript, as a fragment."""
    template = "comments/_like_login.html" if "fragment" in request.POST else "comments/like_login.html"
    context = {"heading": _("Log in to like this"), "back_url": target_url(request)}
    return render(request, template, context, status=403)


def perform(request: Request, likes: likes_rendering.Likes, comment: Comment | None, action: Any) -> HttpResponse:
    """Call `action`, which is like() or unlike(), and show the result or why it failed."""
    commenter = likes.commenter or Commenter()
    sender = Sender(request.META["REMOTE_ADDR"], request.is_origin_verified)
    if likes.commenter or action is liking.like:
        try:
            action(commenter=commenter, sender=sender, essay=likes.essay, comment=comment.pk if comment else None)
        except RateLimited as flooded:
            return show_rate_limited(request, math.ceil(flooded.seconds))
        except liking.Barred:
            return show_problem(request, 403, _("You’re not allowed to like essays or comments on this site."))
        except CommenterChanged:
            return show_problem(request, 409, _("Your account was changed in another window. Please try again."))
        except CommentGone:
            return show_comment_gone(request)
    if "fragment" in request.POST:
        response = button_fragment(request, likes.essay, comment, commenter)
    else:
        response = redirect_back(request, likes.essay, comment)
    return response if likes.commenter or not commenter.pk else set_commenter_cookie(commenter, response)


def button_fragment(request: Request, essay: Essay, comment: Comment | None, commenter: Commenter) -> HttpResponse:
    """Return the updated button alone, for JavaScript."""
    fresh = Discussion.objects.select_related("rules").filter(essay=essay.pk).first()
    discussion = fresh or Discussion.objects.for_essay(essay)
    likes = likes_rendering.Likes(essay, discussion, commenter if commenter.pk else None)
    if comment is None:
        return HttpResponse(likes.render_essay_button())
    comment.refresh_from_db(fields=["likes"])
    return HttpResponse(likes.render_comment_button(comment))


def redirect_back(request: Request, essay: Essay, comment: Comment | None) -> HttpResponse:
    """Redirect to the liked essay or comment, keeping the sort order."""
    order = request.GET.get("order", "")
    address = comment.get_absolute_url() if comment else f"{essay.get_absolute_url()}#likes"
    query = f"?{urlencode({'order': order})}" if comment and order else ""
    return HttpResponseRedirect(f"{address}{query}", status=303)


def likes_page(request: Request, likes: likes_rendering.Likes, comment: Comment | None) -> HttpResponse:
    """Show the button and the people who like it."""
    target, count = (comment, comment.likes) if comment else (likes.essay, likes.discussion.likes)
    is_liked = likes.has_liked(comment) if comment else likes.is_liked
    context = {
        "essay": likes.essay,
        "comment": comment,
        "url": comment.get_absolute_url() if comment else f"{likes.essay.get_absolute_url()}#likes",
        "button": likes.render_comment_button(comment) if comment else likes.render_essay_button(is_alone=True),
        "sentence": likes.describe(count, is_liked=is_liked),
        **likes_rendering.list_likers(target, count),
    }
    response = render(request, "comments/like.html", context)
    return pagecache.mark_cacheable(response, likes.essay.cache_key, expires=getattr(request, "expires", None))


def show_comment_gone(request: Request) -> HttpResponse:
    return show_problem(request, 404, _("This comment is no longer available."))


def show_rate_limited(request: Request, seconds: int) -> HttpResponse:
    """Say how many seconds to wait."""
    text = ngettext(
        "Too many attempts. Please wait %(count)d second and try again.",
        "Too many attempts. Please wait %(count)d seconds and try again.",
        seconds,
    )
    response = show_problem(request, 429, text % {"count": seconds})
    response.headers["Retry-After"] = str(seconds)
    return response


def show_problem(request: Request, status: int, text: str) -> HttpResponse:
    """Show a message on a page of its own, or return it alone for JavaScript."""
    if "fragment" in request.POST:
        return HttpResponse(escape(text), status=status)
    link = "" if status == 404 else format_html('<a href="{}">{}</a>', target_url(request), _("Back to the essay"))
    context = {"heading": _("Your like wasn’t saved"), "sentence": text, "advice": link}
    return render(request, "problem.html", context, status=status)


def target_url(request: Request) -> str:
    """Return the URL of what is liked."""
    return request.path.removesuffix("like/")
