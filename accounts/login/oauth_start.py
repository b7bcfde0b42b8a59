"""The redirect to a provider's login page. Errors lead back to the page where the login began."""

from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.login import redirects
from accounts.profiles import identity
from server.http import ratelimit

PER_MINUTE = 60  # from one IP address, which a whole school may share
# What allauth raises for a malformed configuration of an OpenID Connect server.
PROVIDER_ERRORS = (requests.RequestException, LookupError, ValueError, TypeError)


def is_rate_limited(request: HttpRequest) -> bool:
    """Count the start of a login, and return whether this IP address has started too many."""
    return bool(ratelimit.acquire("login", request.META["REMOTE_ADDR"], 60, count=PER_MINUTE))


def redirect_to_provider(request: HttpRequest, key: str, process: Any, back: str) -> HttpResponse:
    """Redirect to a provider's login page; `process` is an AuthProcess of allauth, `back` the URL to return to."""
    provider = identity.provider_by_key(key)
    if provider is None:
        raise Http404
    try:
        service = get_adapter(request).get_provider(request, provider.id)
        return service.redirect(request, process, next_url=back)  # type: ignore[no-any-return]
    except PROVIDER_ERRORS as error:
        identity.logger.warning("Login with %s could not start: %r", provider.name, error)
        return redirect(redirects.add_outcome(back, "failed"))
