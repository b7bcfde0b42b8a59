"""Template tags for login services and passkeys."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest

from accounts.login import redirects
from accounts.profiles import identity
from server.http import proxies

register = template.Library()
register.simple_tag(identity.service_by_id, name="login_service")


@register.simple_tag
def login_services() -> Sequence[Any]:
    """Return the providers that people can log in with."""
    return settings.PROVIDERS


@register.simple_tag
def staff_refusal(outcome: str) -> str:
    """Return the message for `?login=staff-KEY`, or "" for any other outcome."""
    return redirects.staff_refusal(outcome or "")


@register.simple_tag(takes_context=True)
def supports_passkeys(context: template.Context) -> bool:
    """Return whether browsers allow passkeys here: they need a host name, not an IP address, and HTTPS or localhost."""
    request: HttpRequest = context["request"]
    host = request.get_host()
    has_name = proxies.parse(host) is None
    return has_name and (request.is_secure() or host.partition(":")[0] == "localhost")
