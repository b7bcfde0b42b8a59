"""Connecting another account: where it leads to another log-in here, both are one person's, and become one."""

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


def take(request: HttpRequest, login: SocialLogin) -> None:
    """In the place of allauth's own step, which refuses an account that somebody here has already."""
    if isinstance(request.user, User):
        raise ImmediateHttpResponse(settled(request, login))


def resume(request: HttpRequest, state: dict[str, Any]) -> HttpResponse:
    """After the password was asked for again."""
    return settled(request, SocialLogin.deserialize(state))


def settled(request: HttpRequest, login: SocialLogin) -> HttpResponse:
    if is_reauthentication_required(request, app="allauth.socialaccount"):
        return stash_and_reauthenticate(request, login.serialize(), RESUME)
    try:
        words = connect(request, login)
    except merging.Refused as refused:
        messages.error(request, str(refused))
        return redirect("socialaccount_connections")
    messages.success(request, words)
    return HttpResponseRedirect(login.get_redirect_url(request) or reverse("socialaccount_connections"))


def connect(request: HttpRequest, login: SocialLogin) -> str:
    """Both sides are proved, one by this session, the other by the provider. Says what was done; raises Refused."""
    user = cast(User, request.user)
    key = login.user.pk if login.user else None
    other = User.objects.filter(pk=key).exclude(pk=user.pk).first() if key else None
    if other:
        may_come(other)
        merging.join_users(other, user)
    if login.account.pk:
        login.account.refresh_from_db()
        notify(login, user)
    else:
        login.connect(request, user)
    for email in login.email_addresses:
        if email.verified:
            email_verification.add(user, email.email)
    return _("Account connected. Its comments are now in this account.") if other else _("Account connected.")


def may_come(other: User) -> None:
    """What a second factor guards is not handed over where it was not asked for."""
    if mfa.is_asked_of(other):
        raise merging.Refused(
            _(
                "That account uses two-factor authentication. Log in to that account first, then connect this one "
                "from there."
            )
        )


def notify(login: SocialLogin, user: User) -> None:
    context = {"account": login.account, "provider": login.account.get_provider()}
    get_adapter().send_notification_mail("socialaccount/email/account_connected", user, context=context)
