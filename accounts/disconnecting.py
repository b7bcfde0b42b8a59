"""Letting go of a connected account: another way in stays, and nothing says any more that it is theirs."""

from typing import Any

from allauth.account.internal.flows import login as login_flow
from allauth.account.models import EmailAddress
from allauth.socialaccount import forms
from allauth.socialaccount.internal.flows.connect import disconnect
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import identity
from accounts.models import Commenter


class DisconnectForm(forms.DisconnectForm):
    """allauth lets nobody go without a password; here a mailed code lets in whoever has proved an address."""

    def clean(self) -> dict[str, Any]:
        account = self.cleaned_data.get("account")
        if account and not has_another_way_in(account):
            raise ValidationError(
                _("This is the only way into your account. Prove an email address first, then remove it.")
            )
        return self.cleaned_data

    @transaction.atomic
    def save(self) -> None:
        account = self.cleaned_data["account"]
        mark = identity.mark_of(account)
        disconnect(self.request, account)
        commenter = Commenter.objects.filter(user=self.request.user).first()
        if commenter and commenter.mark == mark:
            identity.update(commenter, {"mark": "", "profile": "", "picture_url": ""})
        forget_log_in(self.request, account)


def has_another_way_in(account: SocialAccount) -> bool:
    others = SocialAccount.objects.filter(user=account.user_id).exclude(pk=account.pk)
    return others.exists() or EmailAddress.objects.filter(user=account.user_id, verified=True).exists()


def forget_log_in(request: HttpRequest, account: SocialAccount) -> None:
    """The session stays; that it began with this account is no longer said."""
    came_by = {"provider": account.provider, "uid": account.uid}
    records = request.session.get(login_flow.AUTHENTICATION_METHODS_SESSION_KEY) or []
    request.session[login_flow.AUTHENTICATION_METHODS_SESSION_KEY] = [
        record for record in records if came_by.items() - record.items()
    ]
