"""What the pages of accounts ask: the ways in, and whether this address is one that passkeys can belong to."""

from django import template
from django.conf import settings
from django.http import HttpRequest

from server import proxies

register = template.Library()


@register.simple_tag
def accounts_elsewhere() -> list[dict[str, str]]:
    """Those that one may log in with here, each with its mark among the icons."""
    return [{"key": one.key, "name": one.name, "mark": mark_of(one.key)} for one in settings.PROVIDERS]


@register.simple_tag
def provider_named(account: str) -> dict[str, str]:
    """The service that allauth keeps with an account under this name, also when it is no longer switched on."""
    for one in (*settings.PROVIDERS, *settings.KNOWN_PROVIDERS):
        if one.id == account:
            return {"key": one.key, "name": one.name, "mark": mark_of(one.key)}
    return {"key": account, "name": account, "mark": "key"}


@register.simple_tag(takes_context=True)
def takes_passkeys(context: template.Context) -> bool:
    """Browsers keep passkeys for names alone, not for numbers, and only where nobody can listen."""
    request: HttpRequest = context["request"]
    host = request.get_host()
    has_name = proxies.parse(host) is None
    return has_name and (request.is_secure() or host.partition(":")[0] == "localhost")


def mark_of(key: str) -> str:
    return key if key in {one.key for one in settings.KNOWN_PROVIDERS} else "key"
