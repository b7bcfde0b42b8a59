"""Pages where people claim the comments that they posted as a guest."""

import math
from itertools import groupby
from typing import cast

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.login import email_verification
from accounts.middleware import Request, delete_commenter_cookie
from accounts.models import Commenter, User
from accounts.profiles.names import tidy_line
from comments.claims import actions
from comments.notifications.signed_links import CLAIM_MAX_AGE, ClaimToken, load_token, read_claim_token
from comments.notifications.views import limit_referrer
from comments.threads.viewer import OFFER_SALT

# Requesting the email


@require_POST
def request_link(request: Request) -> HttpResponse:
    """Email the link to the guest's address, whether or not it has an account."""
    guest = actions.find_guest(load_token(request.POST.get("offer", ""), OFFER_SALT, CLAIM_MAX_AGE) or 0)
    return send_link(request, guest) if guest else render_expired(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def claims(request: Request) -> HttpResponse:
    """List guest comments with the user's verified addresses, and email links for them."""
    addresses = EmailAddress.objects.filter(user=cast(User, request.user), verified=True).order_by("-primary", "email")
    if request.method == "POST":
        address = addresses.filter(email=request.POST.get("email", "")).first()
        comment = actions.comments_by_guests(address.email).first() if address else None
        return send_link(request, comment.commenter) if comment else redirect("account_claims")
    counts = {address.email: actions.comments_by_guests(address.email).count() for address in addresses}
    return render(request, "comments/claims.html", {"counts": {email: n for email, n in counts.items() if n}})


def send_link(request: Request, guest: Commenter) -> HttpResponse:
    """Email the guest a link to claim their comments, or say how long to wait before the next one."""
    if seconds := actions.request_email(guest, request.META["REMOTE_ADDR"]):
        response = render(request, "comments/claim_wait.html", {"minutes": math.ceil(seconds / 60)}, status=429)
        response.headers["Retry-After"] = str(int(seconds) + 1)
        return response
    return redirect(f"{reverse('account_claim_sent')}?{urlencode({'next': request.POST.get('next', '')})}")


@require_safe
def sent(request: Request) -> HttpResponse:
    """Say that the link has been emailed."""
    target = request.GET.get("next", "")
    back = target if url_has_allowed_host_and_scheme(target, None) else "/"
    return render(request, "comments/claim_sent.html", {"back": back})


# Following the link


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: Request, token: str) -> HttpResponse:
    """Show the page of an emailed link; its button logs the person in and adds the comments to their account."""
    link = read_claim_token(token)
    if link is None:
        return render_expired(request)
    view = process_claim if request.method == "POST" else render_confirm_page
    return limit_referrer(view(request, link))


def render_confirm_page(request: Request, link: ClaimToken) -> HttpResponse:
    """Show the guest's comments, grouped by name, and the button that adds them to an account."""
    email = link.guest.email
    by_name = groupby(actions.comments_by_guests(email), lambda comment: comment.commenter.name)
    context = {
        "email": email,
        "comments_by_name": [(name, list(comments)) for name, comments in by_name],
        "is_new": not email_verification.is_verified_by_another(email, None),
        "name": link.guest.name,
    }
    return render(request, "comments/claim.html", context)


def process_claim(request: Request, link: ClaimToken) -> HttpResponse:
    """Log in, if necessary, and add the comments with the selected names to the account."""
    email, names = link.guest.email, request.POST.getlist("as")
    comments = actions.comments_by_guests(email).filter(commenter__name__in=names)
    if not comments.exists():
        messages.error(request, _("Select at least one."))
        return render_confirm_page(request, link)
    if not isinstance(request.user, User):
        if not actions.spend(link, "log-in"):
            return render_expired(request)
        name = tidy_line(request.POST.get("name", ""), 245) or link.guest.name
        user = email_verification.get_or_create_user(email, name=name)
        response = email_verification.log_in_by_link(request, user, email, target=request.path)
        if not request.user.is_authenticated:
            return response  # asks for two-factor authentication, then returns to this page
    count = actions.add_comments(link, comments, request.user)
    if not count:
        return render_expired(request)
    message = ngettext("Added %(count)d comment to your account.", "Added %(count)d comments to your account.", count)
    messages.success(request, message % {"count": count})
    return delete_commenter_cookie(redirect("my-comments"))


def render_expired(request: Request) -> HttpResponse:
    """Say that the link was used, has expired or is invalid."""
    return render(request, "comments/claim_gone.html", status=410)
