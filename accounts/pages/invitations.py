"""Invitations of authors and moderators: an emailed link that works once, for seven days, and verifies the address."""

import secrets
from datetime import timedelta
from types import SimpleNamespace
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from accounts.allauth_private import logout
from accounts.login import email_verification
from accounts.middleware import Request
from accounts.models import Invitation, User
from server.jobs.tasks import job

SALT = "accounts.pages.invitations"
LIFETIME = timedelta(days=7)
KEPT_FOR = timedelta(days=60)


class Letterhead(NamedTuple):
    """The sender, site name and language of an email, which a job cannot read from a request."""

    by: str
    site: str
    language: str


class AlreadyInvited(Exception):
    """This address has an invitation already, which is the argument."""


# For the owner


def invite(*, email: str, name: str, role: str, by: User, letterhead: Letterhead) -> Invitation:
    """Save an invitation and enqueue its email. Raises AlreadyInvited."""
    invitation = Invitation(
        email=email.lower(), name=name, role=role, by=by, nonce=new_invitation_nonce(), sent=timezone.now()
    )
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
            send_email.enqueue(invitation.pk, invitation.nonce, *letterhead)
    except IntegrityError as error:
        raise AlreadyInvited(Invitation.objects.get(email=invitation.email)) from error
    return invitation


@transaction.atomic
def resend(invitation: Invitation, *, letterhead: Letterhead) -> None:
    """Send a new link for another seven days; the old one stops working."""
    invitation.nonce, invitation.sent, invitation.emailed, invitation.error = (
        new_invitation_nonce(),
        timezone.now(),
        None,
        "",
    )
    invitation.save(update_fields=["nonce", "sent", "emailed", "error"])
    send_email.enqueue(invitation.pk, invitation.nonce, *letterhead)


def user_with_role(email: str, role: str) -> User | None:
    """Return a user with this verified address and this role, if there is one."""
    verified = EmailAddress.objects.filter(email=email.lower(), verified=True, user__groups__name=role)
    address = verified.select_related("user").first()
    return address.user if address else None


def new_invitation_nonce() -> str:
    return secrets.token_urlsafe(16)


def delete_old() -> None:
    """Delete invitations that were not accepted."""
    Invitation.objects.filter(sent__lt=timezone.now() - KEPT_FOR).delete()


@job(retry=True, is_email=True)
def send_email(pk: int, nonce: str, *letterhead: str) -> None:
    """Email the invitation's link, unless it was sent, withdrawn, accepted or replaced by a newer one."""
    invitation = Invitation.objects.filter(pk=pk, nonce=nonce, emailed=None).first()
    if invitation is None:  # withdrawn, accepted, already sent, or replaced by a newer link
        return
    rows = Invitation.objects.filter(pk=pk, nonce=nonce)
    try:
        build_email(invitation, Letterhead(*letterhead)).send()
    except OSError as error:  # SMTPException is one
        rows.update(error=str(error))
        raise
    rows.update(emailed=timezone.now(), error="")


def build_email(invitation: Invitation, letterhead: Letterhead) -> EmailMultiAlternatives:
    with translation.override(letterhead.language):
        context = {
            "site": SimpleNamespace(name=letterhead.site, language=letterhead.language),
            "by": letterhead.by,
            "invitation": invitation,
            "link": settings.SITE_URL + reverse("account_invitation", args=[make_token(invitation)]),
            "until": invitation.sent + LIFETIME,
        }
        message = EmailMultiAlternatives(
            " ".join(render_to_string("mail/invitation_subject.txt", context).split()),
            render_to_string("mail/invitation.txt", context),
            to=[invitation.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string("mail/invitation.html", context), "text/html")
    return message


# For invited people


def make_token(invitation: Invitation) -> str:
    return signing.dumps([invitation.pk, invitation.nonce], salt=SALT)


def find_by_token(token: str) -> Invitation | None:
    """Return the invitation of an emailed link, or None if the link is invalid or has expired."""
    try:
        pk, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return Invitation.objects.filter(pk=pk, nonce=nonce, sent__gt=timezone.now() - LIFETIME).first()


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Request, token: str) -> HttpResponse:
    """Show the emailed link's page, whose button accepts the invitation."""
    pending = find_by_token(token)
    if pending is None:
        return render_expired(request)
    if request.method == "POST":
        response = accept(request, pending)
    else:
        response = render(request, "account/invitation.html", {"invitation": pending})
    response.headers["Referrer-Policy"] = "same-origin"  # the URL is a secret, but our own form needs its Origin
    return response


def accept(request: Request, invitation: Invitation) -> HttpResponse:
    """Give the role to the account that has verified the address, or to a new one, and log in: the link verifies it."""
    with transaction.atomic():
        deleted, _rows = Invitation.objects.filter(pk=invitation.pk, nonce=invitation.nonce).delete()
        if not deleted:  # the button was pressed twice
            return render_expired(request)
        user = email_verification.get_or_create_user(invitation.email, name=invitation.name)
        grant_role(user, invitation.role)
    if request.user != user:
        logout(request, show_message=False)
    return email_verification.log_in_by_link(request, user, invitation.email, target=reverse("admin:index"))


def grant_role(user: User, role: str) -> None:
    """Add the user to the role's group and let them open the admin."""
    user.groups.add(Group.objects.get(name=role))
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.is_staff = True


def render_expired(request: Request) -> HttpResponse:
    return render(request, "account/invitation_gone.html", status=410)
