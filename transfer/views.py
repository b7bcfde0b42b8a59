"""One's own data: have it, or have it forgotten."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts import devices, forgetting
from accounts.middleware import Request
from accounts.middleware import forget as forget_cookie
from accounts.models import Commenter
from transfer import person


@require_safe
def data(request: Request) -> HttpResponse:
    """What is here about whoever asks, and what they can do about it."""
    if not request.commenter:
        return to_log_in()
    can_go = forgetting.may_be_forgotten(request.commenter)
    return render(request, "transfer/data.html", {"parts": person.about(request.commenter), "can_go": can_go})


@require_GET
def download(request: Request, kind: str) -> HttpResponse:
    """All of it as a file, for machines (json) or for reading (html)."""
    commenter = request.commenter
    if not commenter:
        return to_log_in()
    if kind not in {"json", "html"}:
        raise Http404
    if kind == "json":
        body = DjangoJSONEncoder(ensure_ascii=False, indent=2).encode(person.as_dict(commenter))
        response = HttpResponse(body, content_type="application/json; charset=utf-8")
    else:
        words = {"parts": person.about(commenter), "commenter": commenter, "now": timezone.now(), "request": request}
        response = HttpResponse(render_to_string("transfer/person.html", words))
    response.headers["Content-Disposition"] = f'attachment; filename="about-me.{kind}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: Request) -> HttpResponseBase:
    """Be forgotten; whoever has a password or a passkey proves first once more that it is them."""
    if request.method != "POST":
        return redirect("data")
    if not request.commenter:
        return to_log_in()
    can_go = forgetting.may_be_forgotten(request.commenter)
    is_undecided = request.POST.get("words") not in {"stay", "go"}
    if is_undecided or not can_go:
        page = {"parts": person.about(request.commenter), "can_go": can_go, "is_undecided": is_undecided}
        return render(request, "transfer/data.html", page, status=422)
    if request.user.is_authenticated:
        return reauthentication_required(let_go)(request)  # type: ignore[no-any-return]
    return let_go(request)


def let_go(request: Request) -> HttpResponse:
    forgetting.forget(cast(Commenter, request.commenter), words_stay=request.POST["words"] == "stay")
    request.session.flush()
    return devices.forget(forget_cookie(redirect("forgotten")))


@require_safe
def forgotten(request: Request) -> HttpResponse:
    return render(request, "transfer/forgotten.html")


def to_log_in() -> HttpResponse:
    return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('data')})}")
