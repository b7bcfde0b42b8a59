"""The account that a person is logged in with, and its name, profile and picture."""

import logging
from types import SimpleNamespace
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

import pagecache
from accounts.models import Commenter, User
from accounts.profiles import avatars
from accounts.profiles.names import tidy_line

logger = logging.getLogger("rejoinder.accounts")
validate_url = URLValidator(schemes=["http", "https"])
MAX_URL_LENGTHS = {"profile": 500, "picture_url": 1000}  # of the columns
HANDLE_KEYS = ("username", "login", "preferred_username")


def provider_by_key(key: str) -> Any:
    """Return the configured provider with this key in our URLs, or None."""
    return next((provider for provider in settings.PROVIDERS if provider.key == key), None)


def provider_by_id(account: str) -> Any:
    """Return the configured provider with this id in allauth's tables, or None."""
    return next((provider for provider in settings.PROVIDERS if provider.id == account), None)


def service_by_id(account: str) -> Any:
    """Return the service with this id in allauth's tables, with key, name and icon, even if it is not configured."""
    unknown = SimpleNamespace(key=account, name=account, mark="key")
    candidates = (*settings.PROVIDERS, *settings.KNOWN_PROVIDERS)
    return next((provider for provider in candidates if provider.id == account), unknown)


def last_provider_login(request: HttpRequest) -> dict[str, Any]:
    """Return allauth's record of this session's last login, or {} if it was not by a provider."""
    user = request.user if isinstance(request.user, User) else None
    records = get_authentication_records(request, user)
    logins = [each for each in records if each.get("method") != "mfa" and not each.get("reauthenticated")]
    return logins[-1] if logins and logins[-1].get("method") == "socialaccount" else {}


def account_name(request: HttpRequest) -> str:
    """Return the name of the account a person comments with: "X (Twitter)", or the site's name."""
    provider = provider_by_id(last_provider_login(request).get("provider", ""))
    return str(provider.name if provider else request.site)


@transaction.atomic
def update_from_account(request: HttpRequest, user: User) -> Commenter:
    """Return the user's commenter, updated from the account that they have just logged in with."""
    commenter = Commenter.objects.for_user(user)
    record = last_provider_login(request)
    account = SocialAccount.objects.filter(
        user=user, provider=record.get("provider", ""), uid=record.get("uid", "")
    ).first()
    if account:
        claims = account_data(account)  # of OpenID Connect, which allauth does not read
        values = {
            "mark": describe_account(account),
            "profile": valid_url(account.get_profile_url() or claims.get("profile"), "profile"),
            "picture_url": valid_url(account.get_avatar_url() or claims.get("picture"), "picture_url"),
        }
        update_commenter(commenter, values)
    elif not commenter.mark and not user.is_staff:  # staff have a badge of their own
        update_commenter(commenter, {"mark": str(request.site)})
    return commenter


def update_commenter(commenter: Commenter, values: dict[str, str]) -> None:
    """Save these fields if they changed, invalidate the pages that show them, and request a new picture."""
    changes = {name: value for name, value in values.items() if getattr(commenter, name) != value}
    if changes:
        for name, value in changes.items():
            setattr(commenter, name, value)
        if changes.keys() - {"picture_url"}:  # anything that pages show
            commenter.changed = timezone.now()
            pagecache.invalidate("site")
        commenter.save(update_fields=[*changes, "changed"])
    avatars.request_download(commenter)


def describe_account(account: SocialAccount) -> str:
    """Return what a commenter is verified by: "X: @name", or only "X" if the service has no public handles."""
    service = service_by_id(account.provider).name.partition(" (")[0]
    data = account_data(account)
    handle = next((data[name] for name in HANDLE_KEYS if isinstance(data.get(name), str) and data[name].strip()), "")
    handle = "" if "@" in handle.strip().lstrip("@") else tidy_line(handle.strip().lstrip("@"), 120)
    return f"{service}: @{handle}" if handle else service


def account_data(account: SocialAccount) -> dict[str, Any]:
    """Return the account's data from its provider, or {} if the provider is not configured any more."""
    try:
        return account.get_provider_account().get_user_data() or {}
    except (SocialApp.DoesNotExist, ImproperlyConfigured):
        return {}


def valid_url(url: object, field: str) -> str:
    """Return a URL from a provider if it is valid and fits its column, else ""."""
    if not isinstance(url, str) or len(url) > MAX_URL_LENGTHS[field]:
        return ""
    try:
        validate_url(url)
    except ValidationError:
        return ""
    return url
