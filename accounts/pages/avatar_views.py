"""The page where users upload or remove their picture, or go back to their account's."""

import math
from collections.abc import Iterable
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.models import Commenter, User
from accounts.profiles import avatars
from server.http import ratelimit

PER_HOUR = 30


class PictureForm(forms.Form):
    picture = forms.FileField(
        error_messages={
            "required": gettext_lazy("Choose a picture first."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
        }
    )

    def clean_picture(self) -> avatars.Files:
        """Return the uploaded picture, re-encoded in all sizes."""
        try:
            return avatars.reencode(self.cleaned_data["picture"].read(avatars.MAX_BYTES + 1))
        except avatars.InvalidPicture as error:
            raise ValidationError(str(error)) from error


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def picture(request: Request) -> HttpResponse:
    """Show the page of the user's profile picture; upload, remove or replace it by the connected account's."""
    commenter = Commenter.objects.for_user(cast(User, request.user))
    if request.method != "POST":
        return render_page(request, commenter)
    if commenter.has_lost_picture:
        return render_page(request, commenter, status=403)
    if "remove" in request.POST:
        avatars.remove(commenter)
        return redirect_to_picture_page(request, _("Picture removed."))
    if "follow" in request.POST:
        avatars.use_account_picture(commenter)
        return redirect_to_picture_page(request, _("Your picture from that account will appear here in a moment."))
    return upload(request, commenter)


def upload(request: Request, commenter: Commenter) -> HttpResponse:
    """Store the uploaded picture and redirect, or show the page with errors."""
    if seconds := ratelimit.acquire("picture", f"commenter {commenter.pk}", 3600, count=PER_HOUR):
        message = _("You’ve uploaded too many pictures. Please try again in a few minutes.")
        response = render_page(request, commenter, [message], status=429)
        response.headers["Retry-After"] = str(math.ceil(seconds))
        return response
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return render_page(request, commenter, form.errors["picture"], status=422)
    avatars.store(commenter.pk, form.cleaned_data["picture"])
    return redirect_to_picture_page(request, _("Picture changed."))


def render_page(
    request: Request, commenter: Commenter, errors: Iterable[object] = (), *, status: int = 200
) -> HttpResponse:
    context = {
        "commenter": avatars.template_context(commenter) | {"row": commenter},
        "errors": list(errors),
        "megabytes": avatars.MAX_BYTES // 1024 // 1024,
    }
    return render(request, "account/picture.html", context, status=status)


def redirect_to_picture_page(request: Request, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect("account_picture")
