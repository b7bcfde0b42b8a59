"""The pages for editing and deleting one's own comment; they work without JavaScript."""

import math
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from comments.models import Comment, Discussion, Rules
from comments.posting import editing
from comments.posting.actions import RateLimited
from comments.posting.forms import EditForm
from comments.screening.screening import Rejected, Sender
from comments.threads import removals
from comments.threads.pages import ThreadPage
from comments.threads.viewer import Viewer


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Edit a comment, or show the form again with the reason it was rejected."""
    viewer, comment = Viewer.from_request(request), find_visible(request, pk)
    rules = Discussion.objects.for_essay(comment.essay).rules
    form = EditForm(request.POST) if request.method == "POST" else EditForm(initial=EditForm.initial_for(comment))
    page = EditPage(request, viewer, comment, rules, form)
    try:
        if not viewer.is_author_of(comment):
            raise editing.NotAuthor
        editing.ensure_editable(comment, rules)
        if not form.is_bound:
            return page.answer(200)
        if not form.is_valid():
            return page.answer(422)
        sender = Sender(request.META["REMOTE_ADDR"], request.is_origin_verified)
        is_trusted: bool = comment.is_trusted  # type: ignore[attr-defined]
        saved = editing.edit(pk, by=viewer, sender=sender, rules=rules, is_trusted=is_trusted, **form.cleaned_data)
    except editing.NotAuthor:
        return page.final(not_author_message(request))
    except editing.Removed:
        return page.final(removed_message(comment))
    except editing.TooLate as late:
        return page.final(too_late_message(late))
    except editing.AlreadyAnswered:
        return page.final(
            _("Someone has replied, so this comment can no longer be edited. You can add a reply instead.")
        )
    except editing.EditConflict as changed:
        return page.conflict(changed.comment)
    except Rejected as refused:
        form.add_error("text", str(refused))
        return page.answer(422)
    except RateLimited as flooded:
        return page.rate_limited(flooded.seconds)
    return limit_referrer(viewer, redirect(ThreadPage(saved.essay, viewer).url_of(saved, edited=saved.pk)))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int) -> HttpResponse:
    """Show the comment and a button to delete it, then return to its place in the thread."""
    viewer, comment = Viewer.from_request(request), find_visible(request, pk, is_deleting=True)
    problem = ""
    try:
        if not viewer.is_author_of(comment):
            raise editing.NotAuthor
        if request.method == "POST":
            return limit_referrer(viewer, redirect(url_after_deleting(editing.remove(pk, by=viewer), viewer)))
    except editing.NotAuthor:
        problem = not_author_message(request)
    except editing.Removed:
        problem = _("A moderator has already removed this comment.")
    context = {"comment": comment, "problem": problem, "back_url": return_url(comment, viewer)}
    return render_page(request, viewer, "comments/delete.html", context, 403 if problem else 200)


class EditPage:
    """The edit form with the messages around it."""

    def __init__(self, request: Request, viewer: Viewer, comment: Comment, rules: Rules, form: EditForm) -> None:
        self.request, self.viewer, self.comment, self.form = request, viewer, comment, form
        own = viewer.action_addresses(comment.pk, is_editable=True)
        self.context: dict[str, Any] = {
            "comment": comment,
            "form": form,
            "editable_until": editing.editable_until(comment, rules),
            "delete_url": own.delete,
            "back_url": return_url(comment, viewer),
        }

    def answer(self, status: int, **more: Any) -> HttpResponse:
        """Show the form with this status code; `more` is further context."""
        return render_page(self.request, self.viewer, "comments/edit.html", {**self.context, **more}, status)

    def final(self, problem: str) -> HttpResponse:
        """Show that the comment can no longer be edited; the typed text can be copied."""
        is_author = self.viewer.is_author_of(self.comment)
        typed = self.form["text"].value() if self.form.is_bound else ""
        return self.answer(403, problem=problem, typed=typed or "", is_final=True, is_author=is_author)

    def conflict(self, current: Comment) -> HttpResponse:
        """Show the version saved in another window beside the typed one; saving again replaces it."""
        self.form.data = {**self.request.POST.dict(), "seen": str(current.wording_id)}
        problem = _(
            "You changed this comment in another window. Compare both versions, then save the one you want to keep."
        )
        return self.answer(409, problem=problem, current=current.wording and current.wording.text)

    def rate_limited(self, seconds: float) -> HttpResponse:
        """Show the form again with the minutes to wait."""
        minutes = math.ceil(seconds / 60)
        text = ngettext(
            "You’ve saved too often. Please wait %(count)d minute and try again; your text is still below.",
            "You’ve saved too often. Please wait %(count)d minutes and try again; your text is still below.",
            minutes,
        )
        response = self.answer(429, problem=text % {"count": minutes})
        response.headers["Retry-After"] = str(math.ceil(seconds))
        return response


def find_visible(request: Request, pk: int, *, is_deleting: bool = False) -> Comment:
    """Return a comment that the visitor may see; its author may delete it even if the essay was withdrawn."""
    viewer, comment = Viewer.from_request(request), editing.find(pk, request.user)
    if comment is None:
        raise Http404
    is_own = viewer.is_author_of(comment)
    if not (is_own or viewer.may_see(comment)) or not (comment.essay.is_published or (is_own and is_deleting)):
        raise Http404
    return comment


def render_page(request: Request, viewer: Viewer, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """Render a template without leaking the author's key to other sites."""
    return limit_referrer(viewer, render(request, template, context, status=status))


def limit_referrer(viewer: Viewer, response: HttpResponse) -> HttpResponse:
    """Send no referrer to other sites if the address contains the author's key."""
    if viewer.key:
        response.headers["Referrer-Policy"] = "same-origin"
    return response


def not_author_message(request: Request) -> str:
    """Say how to be recognized as the comment's author."""
    if request.user.is_authenticated:
        return _("This comment was posted from a different account. Log in with that account to change it.")
    return _(
        "If this is your comment, log in to the account you posted it with. If you posted as a guest, use the same "
        "browser or go back to the page you saw after posting."
    )


def removed_message(comment: Comment) -> str:
    """Say that the comment was removed, with the moderator's reason if there is one."""
    removal = removals.for_comments([comment.pk]).get(comment.pk) if removals.is_rejected(comment) else None
    sentence = _("This comment is no longer shown, so it can’t be edited.")
    return f"{removal.words} {sentence}" if removal and removal.sentence else sentence


def too_late_message(late: editing.TooLate) -> str:
    """Say when the time to edit ended, or that comments can't be edited."""
    if late.ended is None:
        return _("Comments can’t be edited on this site.")
    local = timezone.localtime(late.ended)
    return _("You could only edit this comment until %(time)s.") % {"time": date_format(local, "DATETIME_FORMAT")}


def return_url(comment: Comment, viewer: Viewer) -> str:
    """Return the URL to go back to: the comment if it is visible, otherwise the essay or “Your comments”."""
    if not comment.essay.is_published:
        return reverse("my-comments")
    if not viewer.may_see(comment):
        return comment.essay.get_absolute_url()
    return ThreadPage(comment.essay, viewer).url_of(comment)


def url_after_deleting(comment: Comment, viewer: Viewer) -> str:
    """Return the URL of the page that showed the deleted comment, perhaps with its tombstone."""
    if not comment.essay.is_published:
        return reverse("my-comments")
    page = ThreadPage(comment.essay, viewer)
    return f"{page.url(number=page.page_number_of(comment.tree_id), deleted=1)}#comments"
