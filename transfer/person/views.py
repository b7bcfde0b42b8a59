"""A person's own data: download it, or delete it."""

from typing import cast

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
from accounts.middleware import Request
from accounts.middleware import forget as forget_cookie
from accounts.models import Commenter
from transfer.person import export as person_export
from transfer.person.deletion import CHOICES, DeletionRequest, delete_person


@require_safe
def data(request: Request) -> HttpResponse:
    """What is here about whoever asks, and what they can do about it."""
    if not request.commenter:
        return to_log_in()
    can_go = erasure.may_be_forgotten(request.commenter)
    return render(request, "transfer/data.html", {"parts": person_export.about(request.commenter), "can_go": can_go})


@require_GET
def download(request: Request, kind: str) -> HttpResponse:
    """All of it as a file, for machines (json) or for reading (html)."""
    commenter = request.commenter
    if not commenter:
        return to_log_in()
    if kind not in {"json", "html"}:
        raise Http404
    return person_export.as_file(request, commenter, kind, "about-me")


@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: Request) -> HttpResponse:
    """Delete a person's data in two steps: their choice and a fresh login, then a page that asks for confirmation."""
    token = request.GET.get("request", "") if request.method != "POST" else request.POST.get("request", "")
    wish = DeletionRequest.read(token)
    if not request.commenter:
        return to_log_in(wish.url if wish else reverse("data"))
    if request.method == "POST" and not token:
        return begin(request, request.commenter)
    if wish is None:
        return refuse(request, _("Your request has expired. Nothing was deleted.") if token else "")
    if not wish.is_of(request):
        return refuse(request, _("You are logged in with another account. Nothing was deleted."))
    if not wish.is_confirmable(request) or not erasure.may_be_forgotten(request.commenter):
        return refuse(request, _("Log in again to delete your account. Nothing was deleted."))
    if request.method == "POST":
        return let_go(request, wish)
    return render(request, "transfer/delete.html", {"wish": wish})


def begin(request: Request, commenter: Commenter) -> HttpResponse:
    """Log an account out, so that its owner logs in again by any of their ways; a guest goes on to confirm."""
    can_go = erasure.may_be_forgotten(commenter)
    words = request.POST.get("words", "")
    if words not in CHOICES or not can_go:
        page = {"parts": person_export.about(commenter), "can_go": can_go, "is_undecided": words not in CHOICES}
        return render(request, "transfer/data.html", page, status=422)
    wish = DeletionRequest.by(commenter, words)
    if not request.user.is_authenticated:
        return redirect(wish.url)
    logout(request)
    messages.info(request, _("Log in again to confirm that you want to delete your account."))
    return to_log_in(wish.url)


def refuse(request: Request, words: str) -> HttpResponse:
    if words:
        messages.error(request, words)
    return redirect("data")


def let_go(request: Request, wish: DeletionRequest) -> HttpResponse:
    delete_person(cast(Commenter, request.commenter), keep_comments=wish.words == "stay")
    request.session.flush()
    return devices.forget(forget_cookie(redirect("forgotten")))


@require_safe
def forgotten(request: Request) -> HttpResponse:
    return render(request, "transfer/forgotten.html")


def to_log_in(onward: str = "") -> HttpResponse:
    return redirect(f"{reverse('account_login')}?{urlencode({'next': onward or reverse('data')})}")
