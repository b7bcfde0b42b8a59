"""The pages on which people download or delete their data."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts import erasure
from accounts.allauth_private import logout
from accounts.login import devices
from accounts.middleware import Request, delete_commenter_cookie
from accounts.models import Commenter
from transfer.person.deletion import CHOICES, DeletionRequest, delete_person
from transfer.person.export import as_file, collect


@require_safe
def data(request: Request) -> HttpResponse:
    """Show what is stored about the visitor, with links to download or delete it."""
    if not request.commenter:
        return redirect_to_login()
    can_delete = erasure.is_erasable(request.commenter)
    return render(request, "transfer/data.html", {"parts": collect(request.commenter), "can_delete": can_delete})


@require_GET
def download(request: Request, kind: str) -> HttpResponse:
    """Download everything as a file, for programs (json) or for reading (html)."""
    commenter = request.commenter
    if not commenter:
        return redirect_to_login()
    if kind not in {"json", "html"}:
        raise Http404
    return as_file(request, commenter, kind, "about-me")


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request) -> HttpResponse:
    """Delete a person's data in two steps: their choice and a fresh login, then a page that asks for confirmation."""
    token = request.GET.get("request", "") if request.method != "POST" else request.POST.get("request", "")
    deletion_request = DeletionRequest.read(token)
    if not request.commenter:
        return redirect_to_login(deletion_request.url if deletion_request else reverse("data"))
    if request.method == "POST" and not token:
        return start_deletion(request, request.commenter)
    if not token:
        return redirect("data")
    if deletion_request is None:
        error = _("Your request has expired and nothing was deleted. Request deletion again below.")
    elif not deletion_request.belongs_to(request):
        error = _("Nothing was deleted. Log in with the account that requested the deletion.")
    elif not deletion_request.is_confirmable(request) or not erasure.is_erasable(request.commenter):
        error = _("Nothing was deleted. Request deletion again below, then log in to confirm.")
    elif request.method == "POST":
        return delete_data(request, deletion_request)
    else:
        return render(request, "transfer/delete.html", {"deletion": deletion_request})
    messages.error(request, error)
    return redirect("data")


def start_deletion(request: Request, commenter: Commenter) -> HttpResponse:
    """Log a user out so that they log in again by any method; a guest continues to the confirmation."""
    can_delete = erasure.is_erasable(commenter)
    choice = request.POST.get("words", "")
    if choice not in CHOICES or not can_delete:
        page = {"parts": collect(commenter), "can_delete": can_delete, "is_undecided": choice not in CHOICES}
        return render(request, "transfer/data.html", page, status=422)
    deletion_request = DeletionRequest(commenter.pk, choice)
    if not request.user.is_authenticated:
        return redirect(deletion_request.url)
    logout(request)
    messages.info(request, _("Log in again to confirm that you want to delete your account."))
    return redirect_to_login(deletion_request.url)


def delete_data(request: Request, deletion_request: DeletionRequest) -> HttpResponse:
    """Delete the person with their session and cookies, and redirect to the confirmation."""
    delete_person(cast(Commenter, request.commenter), keep_comments=deletion_request.choice == "stay")
    request.session.flush()
    response = devices.delete_cookie(delete_commenter_cookie(redirect("forgotten")))
    response.delete_cookie(settings.MUTES_COOKIE_NAME, samesite="Lax")
    return response


@require_safe
def delete_done(request: Request) -> HttpResponse:
    return render(request, "transfer/deleted.html")


def redirect_to_login(next_url: str = "") -> HttpResponse:
    """Redirect to the login, and from there to `next_url` or the page about the visitor's data."""
    return redirect(f"{reverse('account_login')}?{urlencode({'next': next_url or reverse('data')})}")
