"""Under which account somebody speaks, and what that account says of them."""

import logging
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
is_web_address = URLValidator(schemes=["http", "https"])
ROOM = {"profile": 500, "picture_url": 1000}  # as the columns have
HANDLES = ("username", "login", "preferred_username")


def provider_called(key: str) -> Any:
    """The one of settings.PROVIDERS that has this key in our addresses, or None."""
    return next((provider for provider in settings.PROVIDERS if provider.key == key), None)


def provider_of(account: str) -> Any:
    """The one of settings.PROVIDERS that allauth stores with an account under this name, or None."""
    return next((provider for provider in settings.PROVIDERS if provider.id == account), None)


def elsewhere() -> list[dict[str, str]]:
    """The services that people may log in with here, each with its mark among the icons."""
    return [shown(provider) for provider in settings.PROVIDERS]


def service_of(account: str) -> dict[str, str]:
    """The one that allauth stores with an account under this name, also when it is no longer switched on."""
    listed = (*settings.PROVIDERS, *settings.KNOWN_PROVIDERS)
    found = next((provider for provider in listed if provider.id == account), None)
    return shown(found) if found else {"key": account, "name": account, "mark": "key"}


def shown(provider: Any) -> dict[str, str]:
    has_icon = provider.key in {known.key for known in settings.KNOWN_PROVIDERS}
    return {"key": provider.key, "name": provider.name, "mark": provider.key if has_icon else "key"}


def last_login(request: HttpRequest) -> dict[str, Any]:
    """allauth's record of how the person of this session came in last; empty if it was by none of the providers."""
    user = request.user if isinstance(request.user, User) else None
    records = [record for record in get_authentication_records(request, user) if is_way_in(record)]
    last = records[-1] if records else {}
    return last if last.get("method") == "socialaccount" else {}


def is_way_in(record: dict[str, Any]) -> bool:
    """Not a second step, nor what was asked for again since."""
    return record.get("method") != "mfa" and not record.get("reauthenticated")


def account_name(request: HttpRequest) -> str:
    """What somebody is commenting with: "X (Twitter)", or the site's own name."""
    provider = provider_of(last_login(request).get("provider", ""))
    return str(provider.name if provider else request.site)


@transaction.atomic
def recognise(request: HttpRequest, user: User) -> Commenter:
    """The one who speaks for this log-in, with what the account they came by says of them now."""
    commenter = Commenter.objects.of(user)
    record = last_login(request)
    account = SocialAccount.objects.filter(
        user=user, provider=record.get("provider", ""), uid=record.get("uid", "")
    ).first()
    if account:
        claims = claims_of(account)  # OpenID Connect's own, where allauth reads none
        told = {
            "mark": mark_of(account),
            "profile": address(account.get_profile_url() or claims.get("profile"), "profile"),
            "picture_url": address(account.get_avatar_url() or claims.get("picture"), "picture_url"),
        }
        update(commenter, told)
    elif not commenter.mark and not user.is_staff:  # who are known here by what they do
        update(commenter, {"mark": str(request.site)})
    return commenter


def update(commenter: Commenter, told: dict[str, str]) -> None:
    news = {name: value for name, value in told.items() if getattr(commenter, name) != value}
    if news:
        for name, value in news.items():
            setattr(commenter, name, value)
        if news.keys() - {"picture_url"}:  # what a page shows
            commenter.changed = timezone.now()
            pagecache.bump("site")
        commenter.save(update_fields=[*news, "changed"])
    avatars.want(commenter)


def mark_of(account: SocialAccount) -> str:
    """By what somebody is verified: "X: @name", or the service alone where it has no public names."""
    service = service_of(account.provider)["name"].partition(" (")[0]
    data = claims_of(account)
    handle = next((data[name] for name in HANDLES if isinstance(data.get(name), str) and data[name].strip()), "")
    handle = "" if "@" in handle.strip().lstrip("@") else tidy_line(handle.strip().lstrip("@"), 120)
    return f"{service}: @{handle}" if handle else service


def claims_of(account: SocialAccount) -> dict[str, Any]:
    """What the service said of its account; nothing is read of one that is no longer switched on."""
    try:
        return account.get_provider_account().get_user_data() or {}
    except (SocialApp.DoesNotExist, ImproperlyConfigured):
        return {}


def address(url: object, field: str) -> str:
    """A web address that somebody else's machine gave, or nothing."""
    if not isinstance(url, str) or len(url) > ROOM[field]:
        return ""
    try:
        is_web_address(url)
    except ValidationError:
        return ""
    return url
