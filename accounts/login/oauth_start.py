"""Off to an account elsewhere: however that turns out, whoever left comes back to where they were."""

from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.login import redirects
from accounts.profiles import identity
from server.http import ratelimit

A_MINUTE = 60  # from one address, behind which a whole school may sit
# What allauth raises where a service's own description of itself is not what it took for granted.
UNREADABLE = (requests.RequestException, LookupError, ValueError, TypeError)


def is_too_often(request: HttpRequest) -> bool:
    return bool(ratelimit.take("login", request.META["REMOTE_ADDR"], 60, count=A_MINUTE))


def to(request: HttpRequest, key: str, process: Any, back: str) -> HttpResponse:
    """To the service with this key in our addresses."""
    known = identity.provider_called(key)
    if known is None:
        raise Http404
    try:
        service = get_adapter(request).get_provider(request, known.id)
        return service.redirect(request, process, next_url=back)  # type: ignore[no-any-return]
    except UNREADABLE as error:
        identity.logger.warning("Login with %s could not start: %r", known.name, error)
        return redirect(redirects.with_outcome(back, "failed"))
