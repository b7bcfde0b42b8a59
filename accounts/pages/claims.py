"""Claims: an emailed link that adds comments posted as a guest with an email address to an account.

Each claim needs a new email: typing an address proves nothing, and one verified earlier may belong to others by now.
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
from accounts.middleware import Request, delete_commenter_cookie
from accounts.models import Commenter, CommenterQuerySet, User
from accounts.profiles import merging
from accounts.profiles.names import tidy_line
from server.http import ratelimit
from server.jobs.tasks import job

SALT = "accounts.pages.claims"
LIFETIME = 60 * 60 * 24
PER_HOUR = 3


def guests_with_email(email: str) -> CommenterQuerySet:
    """Select the guests with this address and at least one comment, annotated with their `count`."""
    guests = Commenter.objects.guests().filter(email__iexact=email).annotate(count=Count("comments"))
    return guests.filter(count__gt=0).order_by("name", "pk")


def count_comments(guests: CommenterQuerySet) -> int:
    """Return the total number of their comments."""
    return int(guests.aggregate(total=Sum("count"))["total"] or 0)


@dataclass(frozen=True)
class ClaimLink:
    """The signed content of an emailed link, which works once."""

    guest: int
    reader: str  # a hash and not the address, because links end up in logs
    nonce: str

    @classmethod
    def to(cls, guest: Commenter) -> "ClaimLink":
        return cls(guest.pk, hash_email(guest.email), secrets.token_urlsafe(12))

    @classmethod
    def read(cls, token: str) -> "ClaimLink | None":
        try:
            return cls(*signing.loads(token, salt=SALT, max_age=LIFETIME))
        except (signing.BadSignature, TypeError):
            return None

    @property
    def token(self) -> str:
        return signing.dumps([self.guest, self.reader, self.nonce], salt=SALT)

    def spend(self, purpose: str) -> bool:
        """Use up the link for a purpose, in the transaction that it permits, and return whether it was unused."""
        return not ratelimit.acquire(f"claim {purpose}", self.nonce, LIFETIME)


def hash_email(email: str) -> str:
    return salted_hmac(SALT, email.lower()).hexdigest()[:16]


# Requesting the email


def sign_offer(guest: int) -> str:
    """Return the signed value with which a guest's page requests the email."""
    return signing.dumps(guest, salt=f"{SALT}.offer")


@require_POST
def request_link(request: Request) -> HttpResponse:
    """Email the link to the guest's address, whether or not it has an account."""
    try:
        pk = signing.loads(request.POST.get("offer", ""), salt=f"{SALT}.offer", max_age=LIFETIME)
    except signing.BadSignature:
        pk = None
    guest = Commenter.objects.guests().filter(pk=pk).exclude(email="").first()
    return send_link(request, guest) if guest else render_expired(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claims(request: Request) -> HttpResponse:
    """List guest comments with the user's verified addresses, and email links for them."""
    addresses = EmailAddress.objects.filter(user=cast(User, request.user), verified=True).order_by("-primary", "email")
    if request.method == "POST":
        address = addresses.filter(email=request.POST.get("email", "")).first()
        guest = guests_with_email(address.email).first() if address else None
        return send_link(request, guest) if guest else redirect("account_claims")
    counts = {address.email: count_comments(guests_with_email(address.email)) for address in addresses}
    return render(request, "account/claims.html", {"counts": {email: n for email, n in counts.items() if n}})


def send_link(request: HttpRequest, guest: Commenter) -> HttpResponse:
    with transaction.atomic():
        subjects = [f"mail {guest.email.lower()}", request.META["REMOTE_ADDR"]]
        seconds = ratelimit.acquire("claim", subjects, 3600, count=PER_HOUR)
        if seconds:
            transaction.set_rollback(True)
        else:
            site: Any = request.site
            send_email.enqueue(guest.pk, str(site), site.language)
    if seconds:
        response = render(request, "account/claim_wait.html", {"minutes": math.ceil(seconds / 60)}, status=429)
        response.headers["Retry-After"] = str(int(seconds) + 1)
        return response
    return redirect(f"{reverse('account_claim_sent')}?{urlencode({'next': request.POST.get('next', '')})}")


@require_safe
def sent(request: Request) -> HttpResponse:
    target = request.GET.get("next", "")
    back = target if url_has_allowed_host_and_scheme(target, None) else "/"
    return render(request, "account/claim_sent.html", {"back": back})


@job(retry=True)
def send_email(guest_pk: int, site: str, language: str) -> None:
    """Email a link. It contains nothing the guest typed, not even the name: the recipient may be another person."""
    guest = Commenter.objects.guests().filter(pk=guest_pk).exclude(email="").first()
    if guest is None:
        return
    with translation.override(language):
        context = {
            "site": SimpleNamespace(name=site, language=language),
            "link": settings.SITE_URL + reverse("account_claim", args=[ClaimLink.to(guest).token]),
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


# Following the link


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: Request, token: str) -> HttpResponse:
    """Show the emailed link's page, whose button logs the person in and adds the comments."""
    link = ClaimLink.read(token)
    guest = Commenter.objects.guests().filter(pk=link.guest).first() if link else None
    if link is None or guest is None or hash_email(guest.email) != link.reader:
        return render_expired(request)
    response = process_claim(request, link, guest) if request.method == "POST" else render_claim(request, guest)
    response.headers["Referrer-Policy"] = "same-origin"  # the URL is a secret, but our own form needs its Origin
    return response


def render_claim(request: HttpRequest, guest: Commenter) -> HttpResponse:
    guests = guests_with_email(guest.email).prefetch_related("comments__essay")
    context = {
        "email": guest.email,
        "comments_by_name": [(name, newest_first(rows)) for name, rows in groupby(guests, lambda row: row.name)],
        "is_new": not EmailAddress.objects.filter(email=guest.email.lower(), verified=True).exists(),
        "name": guest.name,
    }
    return render(request, "account/claim.html", context)


def newest_first(rows: Any) -> list[Any]:
    """Return the comments of these guests, newest first."""
    return sorted((comment for row in rows for comment in row.comments.all()), key=lambda comment: -comment.pk)


def process_claim(request: HttpRequest, link: ClaimLink, guest: Commenter) -> HttpResponse:
    chosen = guests_with_email(guest.email).filter(name__in=request.POST.getlist("as"))
    if not chosen:
        messages.error(request, _("Select at least one."))
        return render_claim(request, guest)
    response: HttpResponse | None = None
    if not request.user.is_authenticated:
        if not link.spend("log-in"):
            return render_expired(request)
        response = log_in(request, guest)
    if isinstance(request.user, User):
        return add_comments(request, link, chosen, request.user)
    return cast(HttpResponse, response)  # asks for a second factor, then returns to this page


def log_in(request: HttpRequest, guest: Commenter) -> HttpResponse:
    """Log in to the account that has verified the guest's address, or to a new one: the link verifies it."""
    name = tidy_line(request.POST.get("name", ""), 245) or guest.name
    user = email_verification.get_or_create_user(guest.email, name=name)
    record_authentication(request, user, method="code", email=guest.email)
    response: HttpResponse = perform_login(request, Login(user=user, email=guest.email, redirect_url=request.path))
    return response


def add_comments(request: HttpRequest, link: ClaimLink, guests: CommenterQuerySet, user: User) -> HttpResponse:
    with transaction.atomic():
        if not link.spend("join"):
            return render_expired(request)
        count = count_comments(guests)
        commenter = Commenter.objects.for_user(user)
        for guest in guests:
            commenter = merging.merge_commenters(guest, commenter)
    message = ngettext("Added %(count)d comment to your account.", "Added %(count)d comments to your account.", count)
    messages.success(request, message % {"count": count})
    response = redirect("my-comments")
    is_remembered = settings.COMMENTER_COOKIE_NAME in request.COOKIES
    return delete_commenter_cookie(response) if is_remembered else response


def render_expired(request: HttpRequest) -> HttpResponse:
    return render(request, "account/claim_gone.html", status=410)


class ConfirmCodeView(ConfirmLoginCodeView):
    """Logs in to the account that has verified the address: an emailed code verifies it, as a link does."""

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
        return email_verification.get_or_create_user(email, name=user.get_full_name())


class ConfirmResetCodeView(ConfirmPasswordResetCodeView):
    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[no-untyped-call]
        return {**kwargs, "email": self.state["email"]}
