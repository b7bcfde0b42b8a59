"""Connecting a provider's account. If another user here has it, the two users are merged."""

from typing import Any, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.allauth_private import is_reauthentication_required, stash_and_reauthenticate
from accounts.login import email_verification, mfa
from accounts.models import User
from accounts.profiles import merging

RESUME = "accounts.login.connecting.resume"


def connect_account(request: HttpRequest, login: SocialLogin) -> None:
    """Connect or merge the account and redirect, before allauth refuses an account that another user has."""
    if isinstance(request.user, User):
        raise ImmediateHttpResponse(connect_or_reauthenticate(request, login))


def resume(request: HttpRequest, state: dict[str, Any]) -> HttpResponse:
    """Continue to connect the account in `state`, after reauthentication; allauth finds this function by its path."""
    return connect_or_reauthenticate(request, SocialLogin.deserialize(state))


def connect_or_reauthenticate(request: HttpRequest, login: SocialLogin) -> HttpResponse:
    """Connect or merge the account and redirect; first ask for reauthentication if the login is too old."""
    if is_reauthentication_required(request, app="allauth.socialaccount"):
        return stash_and_reauthenticate(request, login.serialize(), RESUME)
    try:
        message = connect_or_merge(request, login)
    except merging.CannotMerge as error:
        messages.error(request, str(error))
        return redirect("socialaccount_connections")
    messages.success(request, message)
    return HttpResponseRedirect(login.get_redirect_url(request) or reverse("socialaccount_connections"))


def connect_or_merge(request: HttpRequest, login: SocialLogin) -> str:
    """Connect or merge accounts, both authenticated, and return a message. Raises CannotMerge."""
    user = cast(User, request.user)
    key = login.user.pk if login.user else None
    other = User.objects.filter(pk=key).exclude(pk=user.pk).first() if key else None
    if other:
        ensure_no_two_factor(other)
        merging.merge_users(other, user)
    if login.account.pk:
        login.account.refresh_from_db()
        send_connected_email(login, user)
    else:
        login.connect(request, user)
    for email in login.email_addresses:
        if email.verified:
            email_verification.add_verified(user, email.email)
    if other:
        return _("Account connected. Comments you posted with it are now in this account.")
    return _("Account connected.")


def ensure_no_two_factor(other: User) -> None:
    """Raise CannotMerge if the other user's login needs two-factor authentication, which this one did not."""
    if mfa.is_required_for(other):
        message = _(
            "That account uses two-factor authentication. Log in to that account first, then connect this "
            "account from there."
        )
        raise merging.CannotMerge(message)


def send_connected_email(login: SocialLogin, user: User) -> None:
    context = {"account": login.account, "provider": login.account.get_provider()}
    get_adapter().send_notification_mail("socialaccount/email/account_connected", user, context=context)
