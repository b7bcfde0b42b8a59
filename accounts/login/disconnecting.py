"""Disconnecting a provider's account, as long as another login method remains."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount import forms
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.allauth_private import raise_if_reauthentication_required
from accounts.models import Commenter, User
from accounts.profiles import identity


class DisconnectForm(forms.DisconnectForm):
    """Disconnects an account even without a password or from an unconfigured provider, unlike allauth's form."""

    def clean(self) -> dict[str, Any]:
        """Reject an account that is the user's only way to log in."""
        account = self.cleaned_data.get("account")
        if account and not has_other_login_method(account.user, without=account):
            raise ValidationError(
                _("This is your only way to log in. Verify an email address before you disconnect this account.")
            )
        return self.cleaned_data

    @transaction.atomic
    def save(self) -> None:
        """Disconnect the account, no longer show it with the user's comments, and email the user."""
        account = self.cleaned_data["account"]
        raise_if_reauthentication_required(self.request, app="allauth.socialaccount")
        account.delete()
        clear_shown_account(account.user, str(self.request.site))
        remove_login_record(self.request, account)
        get_account_adapter().add_message(
            self.request, messages.INFO, "socialaccount/messages/account_disconnected.txt"
        )
        context = {"account": account, "provider": identity.service_by_id(account.provider).name}
        get_adapter().send_notification_mail("socialaccount/email/account_disconnected", account.user, context=context)


def clear_shown_account(user: User, site: str) -> None:
    """Stop showing the account with the user's comments, unless another connected one has the same description."""
    commenter = Commenter.objects.filter(user=user).first()
    marks = {identity.describe_account(other) for other in SocialAccount.objects.filter(user=user)}
    if commenter and commenter.mark not in marks | {"", site}:
        identity.update_commenter(commenter, {"mark": "", "profile": "", "picture_url": ""})


def has_other_login_method(user: User, *, without: SocialAccount | None = None) -> bool:
    """Return whether the user can log in without a password and without the given account."""
    others = SocialAccount.objects.filter(user=user)
    others = others.exclude(pk=without.pk) if without else others
    verified = EmailAddress.objects.filter(user=user, verified=True)
    passkeys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return others.exists() or verified.exists() or passkeys.exists()


def remove_login_record(request: HttpRequest, account: SocialAccount) -> None:
    """Keep the session but remove the record of a login with this account."""
    used = {"provider": account.provider, "uid": account.uid}
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        record for record in records if used.items() - record.items()
    ]
