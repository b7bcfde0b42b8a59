"""Reply to readers from the admin's index page."""

from typing import cast

from django.contrib import admin, messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.middleware import Request
from accounts.models import User
from comments.desk import desk
from comments.models import Comment
from comments.posting import actions
from comments.posting.forms import CommentForm
from comments.screening.screening import Rejected, Sender


@require_POST
def reply(request: Request, pk: int) -> HttpResponse:
    """Post an author's reply from the admin's index page, or show that page again with the error."""
    user = cast(User, request.user)
    comments = Comment.objects.filter(essay__authorships__author=user).select_related("essay")
    comment = get_object_or_404(comments, pk=pk)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return show_again(request, comment, " ".join(str(error) for errors in form.errors.values() for error in errors))
    text, key = form.cleaned_data["text"], form.cleaned_data["key"]
    try:
        desk.reply(comment, by=user, sender=Sender(request.META["REMOTE_ADDR"]), text=text, key=key)
    except desk.Closed:
        return show_again(request, comment, _("Comments are closed."))
    except actions.CommentGone:
        return show_again(request, comment, _("This comment no longer exists."))
    except actions.Duplicate:
        return show_again(request, comment, _("You’ve already posted this reply."))
    except Rejected as refused:
        return show_again(request, comment, str(refused))
    messages.success(request, _("Your reply to %(name)s was posted.") % {"name": comment.commenter.name})
    return redirect("admin:index")


def show_again(request: Request, comment: Comment, error: str) -> HttpResponse:
    """Show the page again with the typed text and an error."""
    typed = {"comment": comment, "text": request.POST.get("text", ""), "error": error}
    response = admin.site.index(request, {"desk_typed": typed})
    response.status_code = 422
    return response
