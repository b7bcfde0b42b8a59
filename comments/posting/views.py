"""What readers do with comments: answer, and follow a link to one."""

import math
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import visit
from accounts.middleware import Request, forget, remember
from accounts.profiles import merging as people
from accounts.profiles.forms import DetailsForm
from blog.views import draw
from comments.models import Comment, Rules
from comments.posting import actions, drafts
from comments.posting.preview import preview
from comments.posting.submission import Reply
from comments.screening.screening import Blocked, Refused
from comments.threads import removals
from comments.threads.pages import ThreadPage
from comments.threads.viewer import Viewer, key_to

UNPOSTED = (actions.Gone, actions.Joined, actions.Duplicate, actions.Flooded, Refused)


@require_POST
def respond(request: Request, **address: Any) -> HttpResponse:
    """Post a comment; refused, the page comes back with every word still in it and says what to do."""
    reply = Reply.sent(request, **address)
    if not reply.discussion.takes_comments:
        return refuse(reply, 403, _("Comments are closed."))
    if "preview" in request.POST:
        return preview(request, reply.essay, reply.rules, is_guest=reply.details is not None)
    if unready := sent_back(reply):
        return unready
    try:
        comment = actions.post(
            essay=reply.essay,
            commenter=reply.commenter(),
            sender=reply.sender,
            rules=reply.rules,
            is_trusted=reply.essay.is_own or reply.essay.is_kept,
            is_moderator=reply.essay.is_kept,
            following=reply.following,
            **reply.form.cleaned_data,
        )
    except UNPOSTED as error:
        return turned_down(reply, error)
    drafts.drop(request, reply.essay, comment.parent_id)
    response = settle(reply, comment)
    if "in_place" in request.POST:
        response.status_code = 201  # script reads where it is, which a redirect would not tell it
    return response


def sent_back(reply: Reply) -> HttpResponse | None:
    """What cannot be posted as it was sent: under another name than was shown, without a log-in, not filled in."""
    if not reply.is_as_shown:
        return refuse(reply, 422, somebody_else(reply.request), keeps_details=False)
    if reply.details and reply.rules.who_may_comment == Rules.Who.LOGIN:
        words = _("Please log in to comment. Your comment is still below.")
        return refuse(reply, 403, words, keeps_details=False)
    if not reply.is_valid():
        return refuse(reply, 422)
    if reply.notify.is_asking and not reply.email:
        return refuse(reply, 422, nowhere_to_write(reply.details))
    return None


def turned_down(reply: Reply, error: Exception) -> HttpResponse:
    """What post() refused, in words that say what to do now."""
    match error:
        case actions.Gone():
            words = _(
                "The comment you’re replying to is no longer available. Post again to comment on the essay instead."
            )
            reply.form.add_error("parent", words)
            return refuse(reply, 422)
        case actions.Joined():
            return refuse(reply, 409, _("Your account was changed in another window. Please post again."))
        case Blocked():
            return refuse(reply, 403, f"{error} {_('Your comment is still below.')}")
        case actions.Duplicate(comment=comment):
            return refuse(reply, 409, _("You’ve already posted this comment."), url=link(reply.request, comment))
        case actions.Flooded(seconds=seconds):
            return too_quick(reply, math.ceil(seconds))
    reply.form.add_error("text", str(error))
    return refuse(reply, 422)


def too_quick(reply: Reply, seconds: int) -> HttpResponse:
    words = ngettext(
        "You’re posting too quickly. Please wait %(count)d second and try again; your comment is still below.",
        "You’re posting too quickly. Please wait %(count)d seconds and try again; your comment is still below.",
        seconds,
    )
    response = refuse(reply, 429, words % {"count": seconds})
    response.headers["Retry-After"] = str(seconds)
    return response


def nowhere_to_write(details: DetailsForm | None) -> str:
    """Mails were asked for by somebody who gave no address; what a guest has to do is said beside the field."""
    if details is None:
        return _("Your account has no email address. Add one, or turn off email notifications for this comment.")
    details.add_error("email", _("Enter an email address for your notifications."))
    return ""


def somebody_else(request: Request) -> str:
    """The page said that somebody speaks who no longer does: nothing is posted in another name than it showed."""
    if request.user.is_authenticated:
        words = _("You’re now logged in as %(name)s. Your comment is still below; post again to use this name.")
        return words % {"name": request.user}
    return _("You’re no longer logged in. Your comment is still below; log in again, or fill in your details.")


def refuse(
    reply: Reply, status: int, problem: str = "", *, url: str | None = None, keeps_details: bool = True
) -> HttpResponse:
    """The page again. `url`: of what the problem is about."""
    request, form = reply.request, reply.form
    if "parent" in form.errors:
        form.data = {**request.POST.dict(), "parent": ""}  # nobody can mend a field that is not seen
    details = reply.details if keeps_details else None
    return draw(request, reply.essay, status, form=form, details=details, problem=problem, problem_url=url)


def link(request: Request, comment: Comment) -> str | None:
    """An address at which whoever asks can read what they posted before; None if a moderator has removed it.

    While it is pending, a browser that does not know its writer needs a key to it.
    """
    viewer = Viewer.of(request)
    if viewer.may_see(comment) or may_appeal(viewer, comment):
        return comment.get_absolute_url()
    return with_key(comment) if comment.is_waiting else None


def may_appeal(viewer: Viewer, comment: Comment) -> bool:
    """Whether the permalink of a comment that was refused leads its writer to why."""
    return removals.is_refused(comment) and viewer.wrote(comment) and bool(removals.of([comment.pk]))


def with_key(comment: Comment, *, is_own: bool = False) -> str:
    return f"{comment.get_absolute_url()}?key={key_to(comment, is_own=is_own)}"


def settle(reply: Reply, comment: Comment) -> HttpResponse:
    """Go on to the comment. The browser remembers the guest if asked to, otherwise for this visit alone."""
    more = f"mailed={comment.pk}" if reply.is_asked_by_mail else ""
    if reply.details is None:
        return redirect(f"{comment.get_absolute_url()}?{more}".rstrip("?"))
    guest = reply.request.commenter or None
    is_nameless = guest is not None and not guest.name  # known for what they like alone
    if reply.details.cleaned_data["remember"]:
        if guest and is_nameless:
            people.join(guest, comment.commenter)
        return remember(comment.commenter, redirect(f"{comment.get_absolute_url()}?{more}".rstrip("?")))
    # by its key the page knows its writer, who can change it there, and offers to make it theirs
    onward = visit.remember(comment.commenter, redirect(f"{with_key(comment, is_own=True)}&{more}".rstrip("&")))
    return forget(onward) if guest and not is_nameless else onward


@require_safe
def comment(request: Request, pk: int) -> HttpResponse:
    """A comment’s permalink: on to the page that holds it now; if it was refused, its writer to why, and the appeal."""
    found = get_object_or_404(Comment.objects.select_related("essay"), pk=pk)
    viewer = Viewer.of(request)
    if not found.essay.is_published:
        raise Http404
    if may_appeal(viewer, found):
        response = redirect(viewer.own_address("appeal-comment", pk))
    elif viewer.may_see(found) or found.has_readable_replies():
        response = redirect(ThreadPage.asked_for(request, found.essay).url_of(found, mailed=viewer.mailed))
    else:
        raise Http404
    if viewer.key:
        response.headers["Referrer-Policy"] = "same-origin"
    return response
