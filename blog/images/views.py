"""JSON views for pictures in the essay editor: upload one, search earlier ones, set the alternative text."""

from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from blog.images import uploads
from blog.models import Image
from server.http import fetch, ratelimit

UPLOADS_PER_HOUR = 200
RESULT_LIMIT = 24
TIMEOUT = 4
AltForm = forms.modelform_factory(Image, fields=["alt"])


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Store an uploaded picture, or one fetched from an `address`, because pages only show pictures on this site."""
    user = require_permission(request, "blog.add_image")
    sent, address = request.FILES.get("file"), request.POST.get("address", "")
    if sent is None and not address:
        return error_response(_("Choose a picture."))
    if ratelimit.acquire("image", f"user {user.pk}", 3600, count=UPLOADS_PER_HOUR):
        return error_response(_("You’ve uploaded a lot of pictures. Please wait a few minutes and try again."), 429)
    name = sent.name if sent else Truncator(address).chars(80)
    try:
        most = uploads.MAX_BYTES
        data = sent.read(most + 1) if sent else fetch.get(address, seconds=TIMEOUT, max_bytes=most).body
        image = uploads.store(data, alt=request.POST.get("alt", ""), by=user)
    except uploads.InvalidPicture as error:
        return error_response(_("“%(name)s” wasn’t uploaded: %(why)s.") % {"name": name, "why": error})
    except fetch.FetchError as error:
        return error_response(_("“%(name)s” couldn’t be downloaded: %(why)s.") % {"name": name, "why": error})
    except ConnectionError:  # of the bucket
        return error_response(_("The picture storage isn’t responding. Please try again in a few minutes."), 503)
    return JsonResponse(image_as_json(image, user), status=201)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Return as JSON the newest pictures whose alternative text contains the words of `q`."""
    user = require_permission(request, "blog.view_image")
    found = Image.objects.search(request.GET.get("q", "")[:200]).order_by("-pk")[:RESULT_LIMIT]
    return JsonResponse({"images": [image_as_json(image, user) for image in found]})


@require_POST
def set_alt(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the alternative text for future uses of a picture; essays that have it keep their own."""
    user = require_permission(request, "blog.view_image")
    image = get_object_or_404(Image, pk=pk)
    if not image.may_change(user):
        raise PermissionDenied
    form = AltForm(request.POST, instance=image)
    if not form.is_valid():
        return error_response(" ".join(map(str, form.errors["alt"])))
    uploads.save_alt(form.save(commit=False))
    return JsonResponse(image_as_json(image, user))


def require_permission(request: HttpRequest, permission: str) -> User:
    """Return the user, or raise PermissionDenied."""
    user = cast(User, request.user)
    if not user.has_perm(permission):
        raise PermissionDenied
    return user


def error_response(message: str, status: int = 422) -> HttpResponse:
    return JsonResponse({"error": message}, status=status)


def image_as_json(image: Image, user: User) -> dict[str, Any]:
    """Return what the editor needs to show a picture and insert it."""
    return {
        "id": image.pk,
        "src": image.file.url,
        "small": image.small_url,
        "alt": image.alt,
        "width": image.width,
        "height": image.height,
        "mine": image.may_change(user),
    }
