"""Post a comment, and follow a permalink to one."""

import math
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.cookies import remember_visit
from accounts.middleware import Request, delete_commenter_cookie, set_commenter_cookie
from accounts.profiles import merging as people
from accounts.profiles.forms import DetailsForm
from blog.views import render_essay
from comments.models import Comment, Rules
from comments.passages import placing
from comments.posting import actions, drafts, passage_fields
from comments.posting.edit_views import limit_referrer
from comments.posting.forms import Submission
from comments.posting.preview import preview
from comments.screening.screening import Blocked, Rejected
from comments.threads import removals
from comments.threads.pages import ThreadPage
from comments.threads.viewer import Viewer, sign_key

NOT_POSTED = (actions.CommentGone, actions.CommenterChanged, actions.Duplicate, actions.RateLimited, Rejected)


@require_POST
def respond(request: Request, **address: Any) -> HttpResponse:
    """Post a comment, or show the form again with the reason it was rejected."""
    submission = Submission.from_request(request, **address)
    if not submission.discussion.accepts_comments:
        return show_again(submission, 403, _("Comments are closed."))
    if "preview" in request.POST:
        return preview(request, submission.essay, submission.rules, is_guest=submission.details is not None)
    if "passage" in request.POST:
        is_guest = submission.details is not None
        return passage_fields.change_or_remove(request, submission.essay, submission.rules, is_guest=is_guest)
    if rejection := reject_incomplete(submission):
        return rejection
    quotation = submission.form.cleaned_data.pop("on")
    passage = placing.find_for_comment(submission.essay, quotation) if quotation else None
    try:
        comment = actions.post(
            essay=submission.essay,
            commenter=submission.commenter(),
            sender=submission.sender,
            rules=submission.rules,
            is_trusted=submission.essay.is_by_user or submission.essay.is_moderated_by_user,
            subscription_request=submission.subscription_request,
            passage=passage,
            **submission.form.cleaned_data,
        )
    except NOT_POSTED as error:
        return explain_rejection(submission, error)
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        drafts.discard(request, submission.essay, comment.parent_id)
    response = redirect_to_comment(submission, comment, has_lost_passage=quotation is not None and passage is None)
    if "in_place" in request.POST:
        response.status_code = 201  # JavaScript reads Location, which a redirect would hide
    return response


def reject_incomplete(submission: Submission) -> HttpResponse | None:
    """Reject a submission with another identity than shown, without a required login, or with invalid fields."""
    if not submission.is_same_identity:
        return show_again(submission, 422, identity_changed(submission.request), keeps_details=False)
    if submission.details and submission.rules.who_may_comment == Rules.Who.LOGIN:
        text = _("Please log in to comment. Your comment is still below.")
        return show_again(submission, 403, text, keeps_details=False)
    if not submission.is_valid():
        return show_again(submission, 422)
    if submission.notify.has_selection and not submission.email:
        return show_again(submission, 422, missing_email(submission.details))
    return None


def explain_rejection(submission: Submission, error: Exception) -> HttpResponse:
    """Show the form again with a message for the error that post() raised."""
    match error:
        case actions.CommentGone():
            text = _(
                "The comment you’re replying to is no longer available. Post again to comment on the essay instead."
            )
            submission.form.add_error("parent", text)
            return show_again(submission, 422)
        case actions.CommenterChanged():
            return show_again(submission, 409, _("Your account was changed in another window. Please post again."))
        case Blocked():
            return show_again(submission, 403, f"{error} {_('Your comment is still below.')}")
        case actions.Duplicate():
            url = find_url(submission.request, error.comment)
            return show_again(submission, 409, _("You’ve already posted this comment."), url=url)
        case actions.RateLimited(seconds=seconds):
            return show_rate_limited(submission, math.ceil(seconds))
    submission.form.add_error("text", str(error))
    return show_again(submission, 422)


def show_rate_limited(submission: Submission, seconds: int) -> HttpResponse:
    """Show the form again with the seconds to wait."""
    text = ngettext(
        "You’re posting too quickly. Please wait %(count)d second and try again; your comment is still below.",
        "You’re posting too quickly. Please wait %(count)d seconds and try again; your comment is still below.",
        seconds,
    )
    response = show_again(submission, 429, text % {"count": seconds})
    response.headers["Retry-After"] = str(seconds)
    return response


def missing_email(details: DetailsForm | None) -> str:
    """Return the message for notifications without an email address; for a guest add it to the field instead."""
    if details is None:
        return _("Your account has no email address. Add one, or turn off email notifications for this comment.")
    details.add_error("email", _("Enter an email address for your notifications."))
    return ""


def identity_changed(request: Request) -> str:
    """Return the message when the identity has changed since the page showed it."""
    if request.user.is_authenticated:
        text = _("You’re now logged in as %(name)s. Your comment is still below; post again to use this name.")
        return text % {"name": request.user}
    return _("You’re no longer logged in. Your comment is still below; log in again, or fill in your details.")


def show_again(
    submission: Submission, status: int, problem: str = "", *, url: str | None = None, keeps_details: bool = True
) -> HttpResponse:
    """Show the page again. `url`: of what the problem is about."""
    request, form = submission.request, submission.form
    if "parent" in form.errors:
        form.data = {**request.POST.dict(), "parent": ""}  # a reader cannot correct a hidden field
    details = submission.details if keeps_details else None
    return render_essay(request, submission.essay, status, form=form, details=details, problem=problem, problem_url=url)


def find_url(request: Request, comment: Comment) -> str | None:
    """Return the URL of the visitor's own comment, with a key while it is pending; None if it was removed."""
    viewer = Viewer.from_request(request)
    if viewer.may_see(comment) or may_appeal(viewer, comment):
        return comment.get_absolute_url()
    return url_with_key(comment) if comment.is_waiting else None


def may_appeal(viewer: Viewer, comment: Comment) -> bool:
    """Return whether the visitor wrote this rejected comment, so that its permalink leads to the appeal page."""
    return removals.is_rejected(comment) and viewer.is_author_of(comment) and bool(removals.for_comments([comment.pk]))


def url_with_key(comment: Comment, *, is_own: bool = False) -> str:
    """Return a permalink with a key to see the pending comment; if `is_own`, also to edit it as its author."""
    return f"{comment.get_absolute_url()}?key={sign_key(comment, is_own=is_own)}"


def redirect_to_comment(submission: Submission, comment: Comment, *, has_lost_passage: bool = False) -> HttpResponse:
    """Redirect to the comment. Remember the guest in this browser if asked to, otherwise for this visit."""
    told = {"mailed": submission.needs_confirmation, "unplaced": has_lost_passage}
    more = "&".join(f"{name}={comment.pk}" for name, is_told in told.items() if is_told)
    if submission.details is None:
        return redirect(f"{comment.get_absolute_url()}?{more}".rstrip("?"))
    guest = submission.request.commenter or None
    is_nameless = guest is not None and not guest.name  # known only for their likes
    if submission.details.cleaned_data["remember"]:
        if guest and is_nameless:
            people.merge_commenters(guest, comment.commenter)
        return set_commenter_cookie(comment.commenter, redirect(f"{comment.get_absolute_url()}?{more}".rstrip("?")))
    # the key lets its author edit it and offers to claim it
    response = remember_visit(comment.commenter, redirect(f"{url_with_key(comment, is_own=True)}&{more}".rstrip("&")))
    return delete_commenter_cookie(response) if guest and not is_nameless else response


@require_safe
def permalink(request: Request, pk: int) -> HttpResponse:
    """Redirect a permalink to the page with the comment, or the author of a rejected one to the appeal page."""
    found = get_object_or_404(Comment.objects.select_related("essay"), pk=pk)
    viewer = Viewer.from_request(request)
    if not found.essay.is_published:
        raise Http404
    if may_appeal(viewer, found):
        response = redirect(viewer.address_with_key("appeal-comment", pk))
    elif viewer.may_see(found) or found.has_readable_replies():
        response = redirect(
            ThreadPage.from_request(request, found.essay).url_of(found, mailed=viewer.mailed, unplaced=viewer.unplaced)
        )
    else:
        raise Http404
    return limit_referrer(viewer, response)
