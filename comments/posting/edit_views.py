"""The pages on which writers change what they said, or take it away: whole without script."""

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
from comments.posting.actions import Flooded
from comments.posting.forms import EditForm
from comments.screening.screening import Refused, Sender
from comments.threads import removals
from comments.threads.pages import ThreadPage
from comments.threads.viewer import Viewer


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """The words as they were typed, to be typed anew; refused, they come back and say what to do."""
    viewer, comment = Viewer.of(request), shown(request, pk)
    rules = Discussion.objects.of(comment.essay).rules
    form = EditForm(request.POST) if request.method == "POST" else EditForm(initial=EditForm.of(comment))
    page = EditPage(request, viewer, comment, rules, form)
    try:
        if not viewer.wrote(comment):
            raise editing.NotYours
        editing.check(comment, rules)
        if not form.is_bound:
            return page.answer(200)
        if not form.is_valid():
            return page.answer(422)
        sender = Sender(request.META["REMOTE_ADDR"], request.origin_proved)
        is_trusted: bool = comment.is_trusted  # type: ignore[attr-defined]
        saved = editing.edit(pk, by=viewer, sender=sender, rules=rules, is_trusted=is_trusted, **form.cleaned_data)
    except editing.NotYours:
        return page.final(not_yours(request))
    except editing.Removed:
        return page.final(no_longer_shown(comment))
    except editing.TooLate as late:
        return page.final(too_late(late))
    except editing.Answered:
        return page.final(
            _("Someone has replied, so this comment can no longer be edited. You can add a reply instead.")
        )
    except editing.Changed as changed:
        return page.beside(changed.comment)
    except Refused as refused:
        form.add_error("text", str(refused))
        return page.answer(422)
    except Flooded as flooded:
        return page.later(flooded.seconds)
    return kept_close(viewer, redirect(ThreadPage(saved.essay, viewer).url_of(saved, edited=saved.pk)))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int) -> HttpResponse:
    """The comment once more, and one button; then back to where it stood."""
    viewer, comment = Viewer.of(request), shown(request, pk, is_leaving=True)
    problem = ""
    try:
        if not viewer.wrote(comment):
            raise editing.NotYours
        if request.method == "POST":
            return kept_close(viewer, redirect(place_of(editing.remove(pk, by=viewer), viewer)))
    except editing.NotYours:
        problem = not_yours(request)
    except editing.Removed:
        problem = _("A moderator has already removed this comment.")
    said = {"comment": comment, "problem": problem, "back": way_back(comment, viewer)}
    return answer(request, viewer, "comments/delete.html", said, 403 if problem else 200)


class EditPage:
    """The form with all that may stand round it."""

    def __init__(self, request: Request, viewer: Viewer, comment: Comment, rules: Rules, form: EditForm) -> None:
        self.request, self.viewer, self.comment, self.form = request, viewer, comment, form
        own = viewer.own_addresses(comment.pk, is_editable=True)
        self.said: dict[str, Any] = {
            "comment": comment,
            "form": form,
            "ends": editing.ends(comment, rules),
            "delete_url": own.delete,
            "back": way_back(comment, viewer),
        }

    def answer(self, status: int, **more: Any) -> HttpResponse:
        return answer(self.request, self.viewer, "comments/edit.html", {**self.said, **more}, status)

    def final(self, problem: str) -> HttpResponse:
        """What was typed can be copied, and not sent."""
        own = self.viewer.wrote(self.comment)
        typed = self.form["text"].value() if self.form.is_bound else ""
        return self.answer(403, problem=problem, typed=typed or "", is_final=True, is_own=own)

    def beside(self, current: Comment) -> HttpResponse:
        """What was saved elsewhere meanwhile, and what was typed here: whoever saves now has seen both."""
        self.form.data = {**self.request.POST.dict(), "seen": str(current.wording_id)}
        problem = _(
            "You changed this comment in another window. Compare both versions, then save the one you want to keep."
        )
        return self.answer(409, problem=problem, current=current.wording and current.wording.text)

    def later(self, seconds: float) -> HttpResponse:
        minutes = math.ceil(seconds / 60)
        words = ngettext(
            "You’ve saved too often. Please wait %(count)d minute and try again; your text is still below.",
            "You’ve saved too often. Please wait %(count)d minutes and try again; your text is still below.",
            minutes,
        )
        response = self.answer(429, problem=words % {"count": minutes})
        response.headers["Retry-After"] = str(math.ceil(seconds))
        return response


def shown(request: Request, pk: int, *, is_leaving: bool = False) -> Comment:
    """The comment, if whoever asks may know of it: its writer, even under an essay that is gone when they delete it."""
    viewer, comment = Viewer.of(request), editing.find(pk, request.user)
    if comment is None:
        raise Http404
    is_own = viewer.wrote(comment)
    if not (is_own or viewer.may_see(comment)) or not (comment.essay.is_published or (is_own and is_leaving)):
        raise Http404
    return comment


def answer(request: Request, viewer: Viewer, template: str, said: dict[str, Any], status: int) -> HttpResponse:
    return kept_close(viewer, render(request, template, said, status=status))


def kept_close(viewer: Viewer, response: HttpResponse) -> HttpResponse:
    """Where the address says who somebody is, no other site is told it."""
    if viewer.key:
        response.headers["Referrer-Policy"] = "same-origin"
    return response


def not_yours(request: Request) -> str:
    if request.user.is_authenticated:
        return _("This comment was posted from a different account. Log in with that account to change it.")
    return _(
        "If this is your comment, log in to the account you posted it with. If you posted as a guest, use the same "
        "browser, or the page you saw after posting."
    )


def no_longer_shown(comment: Comment) -> str:
    why = removals.of([comment.pk]).get(comment.pk) if removals.is_refused(comment) else None
    sentence = _("This comment is no longer shown, so it can’t be edited.")
    return f"{why.words} {sentence}" if why and why.sentence else sentence


def too_late(late: editing.TooLate) -> str:
    if late.ended is None:
        return _("Comments can’t be edited on this site.")
    local = timezone.localtime(late.ended)
    return _("You could edit this comment until %(time)s.") % {"time": date_format(local, "DATETIME_FORMAT")}


def way_back(comment: Comment, viewer: Viewer) -> str:
    """To the comment, as whoever came by a link sees it."""
    if not comment.essay.is_published:
        return reverse("my-comments")
    if not viewer.may_see(comment):
        return comment.essay.get_absolute_url()
    return ThreadPage(comment.essay, viewer).url_of(comment)


def place_of(comment: Comment, viewer: Viewer) -> str:
    """Where a deleted comment stood: its tombstone, or the discussion that goes on without it."""
    if not comment.essay.is_published:
        return reverse("my-comments")
    page = ThreadPage(comment.essay, viewer)
    return f"{page.url(number=page.number_of(comment.tree_id), deleted=1)}#comments"
