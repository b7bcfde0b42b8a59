"""Answering readers from the first page of the admin."""

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
from comments.screening.screening import Refused, Sender


@require_POST
def reply(request: Request, pk: int) -> HttpResponse:
    user = cast(User, request.user)
    mine = Comment.objects.filter(essay__authorships__author=user).select_related("essay")
    comment = get_object_or_404(mine, pk=pk)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return again(request, comment, " ".join(error for errors in form.errors.values() for error in map(str, errors)))
    text, key = form.cleaned_data["text"], form.cleaned_data["key"]
    try:
        desk.reply(comment, by=user, sender=Sender(request.META["REMOTE_ADDR"]), text=text, key=key)
    except desk.Closed:
        return again(request, comment, _("Comments are closed."))
    except actions.Gone:
        return again(request, comment, _("This comment no longer exists."))
    except actions.Duplicate:
        return again(request, comment, _("You’ve already posted this reply."))
    except Refused as refused:
        return again(request, comment, str(refused))
    messages.success(request, _("Your reply to %(name)s was posted.") % {"name": comment.commenter.name})
    return redirect("admin:index")


def again(request: Request, comment: Comment, words: str) -> HttpResponse:
    """The same page, what was typed still in it."""
    typed = {"comment": comment, "text": request.POST.get("text", ""), "error": words}
    response = admin.site.index(request, {"desk_typed": typed})
    response.status_code = 422
    return response
