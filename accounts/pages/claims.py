"""“Is this you?”: a mailed link by which comments that were left under an address become those of who reads its mail.

Typing an address proves nothing, and having proved it once does not say that it is still read: each claim is mailed.
"""

import math
import secrets
from dataclasses import dataclass
from itertools import groupby
from types import SimpleNamespace
from typing import Any, cast

from allauth.account.models import EmailAddress, Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.allauth_private import (
    ConfirmLoginCodeView,
    ConfirmPasswordResetCodeView,
    perform_login,
    record_authentication,
)
from accounts.login import email_verification
from accounts.middleware import Request, forget
from accounts.models import Commenter, CommenterQuerySet, User
from accounts.profiles import merging
from accounts.profiles.names import tidy_line
from server.http import ratelimit
from server.jobs.tasks import job

SALT = "accounts.pages.claims"
LASTS = 60 * 60 * 24
AN_HOUR = 3


def left_under(email: str) -> CommenterQuerySet:
    """Guests who gave this address and said something."""
    found = Commenter.objects.guests().filter(email__iexact=email).annotate(count=Count("comments"))
    return found.filter(count__gt=0).order_by("name", "pk")


def count_of(guests: CommenterQuerySet) -> int:
    """How many comments they left, all together."""
    return int(guests.aggregate(total=Sum("count"))["total"] or 0)


@dataclass(frozen=True)
class Link:
    """What a mailed address says: for whom it is, and which of several it is, since each is good once."""

    guest: int
    reader: str  # not the address itself: links end in logs
    nonce: str

    @classmethod
    def to(cls, guest: Commenter) -> "Link":
        return cls(guest.pk, mark_of(guest.email), secrets.token_urlsafe(12))

    @classmethod
    def read(cls, token: str) -> "Link | None":
        try:
            return cls(*signing.loads(token, salt=SALT, max_age=LASTS))
        except (signing.BadSignature, TypeError):
            return None

    @property
    def token(self) -> str:
        return signing.dumps([self.guest, self.reader, self.nonce], salt=SALT)

    def spend(self, purpose: str) -> bool:
        """Whether it was still good for this; belongs inside the transaction of what it is good for."""
        return not ratelimit.take(f"claim {purpose}", self.nonce, LASTS)


def mark_of(email: str) -> str:
    return salted_hmac(SALT, email.lower()).hexdigest()[:16]


# Asking for the mail


def offer(guest: int) -> str:
    """What the page of a guest's comment holds, so that the mail can be asked for."""
    return signing.dumps(guest, salt=f"{SALT}.offer")


@require_POST
def ask(request: Request) -> HttpResponse:
    """The mail goes to the address that was typed, whether anybody has an account with it or not."""
    try:
        pk = signing.loads(request.POST.get("offer", ""), salt=f"{SALT}.offer", max_age=LASTS)
    except signing.BadSignature:
        pk = None
    guest = Commenter.objects.guests().filter(pk=pk).exclude(email="").first()
    return mailed(request, guest) if guest else no_longer(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claims(request: Request) -> HttpResponse:
    """What was left as a guest under the addresses that somebody has proved."""
    addresses = EmailAddress.objects.filter(user=cast(User, request.user), verified=True).order_by("-primary", "email")
    if request.method == "POST":
        address = addresses.filter(email=request.POST.get("email", "")).first()
        guest = left_under(address.email).first() if address else None
        return mailed(request, guest) if guest else redirect("account_claims")
    counts = {address.email: count_of(left_under(address.email)) for address in addresses}
    return render(request, "account/claims.html", {"counts": {email: n for email, n in counts.items() if n}})


def mailed(request: HttpRequest, guest: Commenter) -> HttpResponse:
    with transaction.atomic():
        who = [f"mail {guest.email.lower()}", request.META["REMOTE_ADDR"]]
        seconds = ratelimit.take("claim", who, 3600, count=AN_HOUR)
        if seconds:
            transaction.set_rollback(True)
        else:
            site: Any = request.site
            send.enqueue(guest.pk, str(site), site.language)
    if seconds:
        response = render(request, "account/claim_wait.html", {"minutes": math.ceil(seconds / 60)}, status=429)
        response.headers["Retry-After"] = str(int(seconds) + 1)
        return response
    return redirect(f"{reverse('account_claim_sent')}?{urlencode({'next': request.POST.get('next', '')})}")


@require_safe
def sent(request: Request) -> HttpResponse:
    onward = request.GET.get("next", "")
    back = onward if url_has_allowed_host_and_scheme(onward, None) else "/"
    return render(request, "account/claim_sent.html", {"back": back})


@job(retry=True)
def send(guest_pk: int, site: str, language: str) -> None:
    """Nothing that a guest typed is in it, not even the name: whoever reads it may be somebody else."""
    guest = Commenter.objects.guests().filter(pk=guest_pk).exclude(email="").first()
    if guest is None:
        return
    with translation.override(language):
        context = {
            "site": SimpleNamespace(name=site, language=language),
            "link": settings.SITE_URL + reverse("account_claim", args=[Link.to(guest).token]),
        }
        subject = " ".join(render_to_string("mail/claim_subject.txt", context).split())
        message = EmailMultiAlternatives(
            subject,
            render_to_string("mail/claim.txt", context),
            to=[guest.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string("mail/claim.html", context), "text/html")
    message.send()


# Following it


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: Request, token: str) -> HttpResponse:
    """The mailed link: looking at it does nothing, a button does. It logs in whoever is not."""
    link = Link.read(token)
    guest = Commenter.objects.guests().filter(pk=link.guest).first() if link else None
    if link is None or guest is None or mark_of(guest.email) != link.reader:
        return no_longer(request)
    response = follow(request, link, guest) if request.method == "POST" else page(request, guest)
    response.headers["Referrer-Policy"] = "same-origin"  # the address is the proof; and the button is ours
    return response


def page(request: HttpRequest, guest: Commenter) -> HttpResponse:
    left = left_under(guest.email).prefetch_related("comments__essay")
    context = {
        "email": guest.email,
        "left": [(name, told(rows)) for name, rows in groupby(left, lambda row: row.name)],
        "is_new": not EmailAddress.objects.filter(email=guest.email.lower(), verified=True).exists(),
        "name": guest.name,
    }
    return render(request, "account/claim.html", context)


def told(rows: Any) -> list[Any]:
    """What one name said, newest first."""
    return sorted((comment for row in rows for comment in row.comments.all()), key=lambda each: -each.pk)


def follow(request: HttpRequest, link: Link, guest: Commenter) -> HttpResponse:
    picked = left_under(guest.email).filter(name__in=request.POST.getlist("as"))
    if not picked:
        messages.error(request, _("Select at least one."))
        return page(request, guest)
    answer: HttpResponse | None = None
    if not request.user.is_authenticated:
        if not link.spend("log-in"):
            return no_longer(request)
        answer = let_in(request, guest)
    if isinstance(request.user, User):
        return have(request, link, picked, request.user)
    return cast(HttpResponse, answer)  # a second step comes first; then this page again


def let_in(request: HttpRequest, guest: Commenter) -> HttpResponse:
    """Whoever reads the mail has proved the address: into the account that it is proved for, or a new one."""
    name = tidy_line(request.POST.get("name", ""), 245) or guest.name
    user = email_verification.account_of(guest.email, name=name)
    record_authentication(request, user, method="code", email=guest.email)
    answer: HttpResponse = perform_login(request, Login(user=user, email=guest.email, redirect_url=request.path))
    return answer


def have(request: HttpRequest, link: Link, guests: CommenterQuerySet, user: User) -> HttpResponse:
    with transaction.atomic():
        if not link.spend("join"):
            return no_longer(request)
        count = count_of(guests)
        mine = Commenter.objects.of(user)
        for guest in guests:
            mine = merging.join(guest, mine)
    words = ngettext("Added %(count)d comment to your account.", "Added %(count)d comments to your account.", count)
    messages.success(request, words % {"count": count})
    response = redirect("my-comments")
    is_remembered = settings.COMMENTER_COOKIE_NAME in request.COOKIES
    return forget(response) if is_remembered else response


def no_longer(request: HttpRequest) -> HttpResponse:
    return render(request, "account/claim_gone.html", status=410)


class ConfirmCodeView(ConfirmLoginCodeView):
    """A mailed code proves an address as well as a link does: it leads to the account that is theirs, and no other."""

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()
        return kwargs if self.is_resending else {**kwargs, "email": self.state.get("email", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "is_after_guesses": not self.state["initiated_by_user"]}

    def user_to_log_in(self, user: User) -> User:
        email = self.state.get("email")
        if not email or not self.state["initiated_by_user"]:
            return user
        return email_verification.account_of(email, name=user.get_full_name())


class ConfirmResetCodeView(ConfirmPasswordResetCodeView):
    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[no-untyped-call]
        return {**kwargs, "email": self.state["email"]}
