"""What readers do with comments: answer, and follow a link to one."""

import math
import re
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import actions as people
from accounts.forms import DetailsForm
from accounts.middleware import Request, forget, remember
from accounts.models import Commenter, User
from blog.models import Essay
from blog.views import draw
from comments import actions, drafts, identity, readers, removals, standing
from comments.forms import CommentForm
from comments.models import Comment, Discussion, Rules
from comments.pages import ThreadPage
from comments.previewing import preview
from comments.screening import Blocked, Refused, Sender
from comments.subscription_forms import NotifyForm
from comments.viewer import Viewer, key_to

GUEST = "guest"
UNPOSTED = (actions.Gone, actions.Joined, actions.Duplicate, actions.Flooded, Refused)
SECONDS = re.compile(r"[0-9]{1,9}\.[0-9]")


@require_POST
def respond(request: Request, **address: Any) -> HttpResponse:
    """Post a comment; refused, the page comes back with every word still in it and says what to do."""
    speaker = request.POST.get("as", "")
    user = AnonymousUser() if speaker == GUEST else request.user
    essay = standing.essay_at(user, **address)
    discussion = Discussion.objects.of(essay)
    rules = discussion.rules
    form = CommentForm(request.POST)
    details = None if user.is_authenticated else identity.details_form(request, rules, request.POST)
    notify = NotifyForm(request.POST if rules.readers_may_follow else {})
    if not discussion.takes_comments:
        return refuse(request, essay, form, details, 403, _("Comments are closed."))
    if "preview" in request.POST:
        return preview(request, essay, rules, is_guest=details is not None)
    if speaker not in {"", GUEST} and not (details is None and speaker == str(cast(Commenter, request.commenter).pk)):
        return refuse(request, essay, form, None, 422, somebody_else(request))
    if details and rules.who_may_comment == Rules.Who.LOGIN:
        return refuse(
            request, essay, form, None, 403, _("Here people log in before they comment. Your words are still below.")
        )
    if not all([form.is_valid(), details is None or details.is_valid(), notify.is_valid()]):
        return refuse(request, essay, form, details, 422)
    email = details.cleaned_data["email"] if details else cast(User, request.user).email
    if notify.is_asking and not email:
        return refuse(request, essay, form, details, 422, nowhere_to_write(details))
    is_reader = (details is None and essay.is_reached) or readers.is_known(request, email)
    following = notify.following(email, is_reader=is_reader)
    try:
        comment = actions.post(
            essay=essay,
            commenter=details.commenter() if details else cast(Commenter, request.commenter),
            sender=sender_of(request),
            rules=rules,
            is_trusted=essay.is_own or essay.is_kept,
            is_moderator=essay.is_kept,
            following=following,
            **form.cleaned_data,
        )
    except UNPOSTED as error:
        return turned_down(request, essay, form, details, error)
    drafts.drop(request, essay, comment.parent_id)
    response = settle(request, details, comment, asked=following is not None and not following.is_reader)
    if "in_place" in request.POST:
        response.status_code = 201  # script reads where it is, which a redirect would not tell it
    return response


def turned_down(
    request: Request, essay: Essay, form: CommentForm, details: DetailsForm | None, error: Exception
) -> HttpResponse:
    """What post() refused, in words that say what to do now."""
    match error:
        case actions.Gone():
            words = _("The comment you answer is no longer here. Post again to answer the essay itself.")
            form.add_error("parent", words)
            return refuse(request, essay, form, details, 422)
        case actions.Joined():
            words = _("Who you are here has changed meanwhile. Please post this again.")
            return refuse(request, essay, form, details, 409, words)
        case Blocked():
            return refuse(request, essay, form, details, 403, f"{error} {_('Your words are still below.')}")
        case actions.Duplicate(comment=comment):
            words = _("You have said just this here already.")
            return refuse(request, essay, form, details, 409, words, url=link(comment))
        case actions.Flooded(seconds=seconds):
            return too_quick(request, essay, form, details, math.ceil(seconds))
    form.add_error("text", str(error))
    return refuse(request, essay, form, details, 422)


def too_quick(
    request: Request, essay: Essay, form: CommentForm, details: DetailsForm | None, seconds: int
) -> HttpResponse:
    words = ngettext(
        "That was quick: please wait another %(count)d second, then post it again. Your words are still below.",
        "That was quick: please wait another %(count)d seconds, then post it again. Your words are still below.",
        seconds,
    )
    response = refuse(request, essay, form, details, 429, words % {"count": seconds})
    response.headers["Retry-After"] = str(seconds)
    return response


def sender_of(request: Request) -> Sender:
    """Where it came from, and what the form itself tells of how it was filled in."""
    seconds = request.POST.get("seconds", "")
    return Sender(
        request.META["REMOTE_ADDR"],
        request.origin_proved,
        is_trapped=bool(request.POST.get("subject", "").strip()),
        seconds=float(seconds) if SECONDS.fullmatch(seconds) else None,
    )


def nowhere_to_write(details: DetailsForm | None) -> str:
    """Mails were asked for by somebody who gave no address; what a guest has to do is said beside the field."""
    if details is None:
        return _("Your account has no email address that could be written to: add one to it, or ask for no mails.")
    details.add_error("email", _("Please give the address that the mails you asked for are to go to."))
    return ""


def somebody_else(request: Request) -> str:
    """The page said that somebody speaks who no longer does: nothing is posted in another name than it showed."""
    if request.user.is_authenticated:
        words = _(
            "Meanwhile this browser is logged in as %(name)s. Your words are still below: post them again if they are "
            "to stand under that name."
        )
        return words % {"name": request.user}
    return _("Your log-in has ended meanwhile. Your words are still below: log in again, or fill in your details.")


def refuse(
    request: Request, essay: Essay, form: CommentForm, details: DetailsForm | None, status: int, problem: str = "",
    url: str | None = None,
) -> HttpResponse:  # fmt: skip
    if "parent" in form.errors:
        form.data = {**request.POST.dict(), "parent": ""}  # nobody can mend a field that is not seen
    return draw(request, essay, status, form=form, details=details, problem=problem, problem_url=url)


def link(comment: Comment) -> str:
    """The comment's address, good for somebody without a cookie too while it waits."""
    return comment.get_absolute_url() if comment.is_approved else with_key(comment)


def with_key(comment: Comment, *, is_own: bool = False) -> str:
    return f"{comment.get_absolute_url()}?key={key_to(comment, is_own=is_own)}"


def settle(request: Request, details: DetailsForm | None, comment: Comment, *, asked: bool) -> HttpResponse:
    """On to the comment; the browser remembers the guest if asked to, and forgets one who no longer asks.

    `asked`: a mail is on its way that asks whether they asked for mails.
    """
    more = f"mailed={comment.pk}" if asked else ""
    if details is None:
        return redirect(f"{comment.get_absolute_url()}?{more}".rstrip("?"))
    guest = request.commenter or None
    is_nameless = guest is not None and not guest.name  # known for what they like alone
    if details.cleaned_data["remember"]:
        if guest and is_nameless:
            people.join(guest, comment.commenter)
        return remember(comment.commenter, redirect(f"{comment.get_absolute_url()}?{more}".rstrip("?")))
    # by its key the page knows its writer, who can change it there, and offers to make it theirs
    onward = redirect(f"{with_key(comment, is_own=True)}&{more}".rstrip("&"))
    return forget(onward) if guest and not is_nameless else onward


@require_safe
def comment(request: Request, pk: int) -> HttpResponse:
    """A comment’s permalink: on to the page that holds it now; if it was refused, its writer to why, and the appeal."""
    found = get_object_or_404(Comment.objects.select_related("essay"), pk=pk)
    viewer = Viewer.of(request)
    if not found.essay.is_published:
        raise Http404
    if removals.is_refused(found) and viewer.wrote(found) and removals.of([pk]):
        response = redirect(viewer.own_address("appeal-comment", pk))
    elif viewer.may_see(found) or found.has_readable_replies():
        response = redirect(ThreadPage.asked_for(request, found.essay).url_of(found, mailed=viewer.mailed))
    else:
        raise Http404
    if viewer.key:
        response.headers["Referrer-Policy"] = "same-origin"
    return response
