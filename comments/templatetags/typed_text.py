"""A filter for the “Page not found” page: the text of a posted form."""

from contextlib import suppress

from django import template
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

register = template.Library()

FIELDS = ("text", "words", "told")  # of the forms about a comment or an essay


@register.filter
def typed_text(request: HttpRequest | str) -> str:
    """Return the text sent to a page about something deleted since; no other address has a form of ours.

    A page rendered without a request passes an empty string.
    """
    if isinstance(request, str) or request.resolver_match is None:
        return ""
    with suppress(BadRequest, MultiPartParserError, OSError, SuspiciousOperation):
        return next((text for name in FIELDS if (text := request.POST.get(name, "")).strip()), "")
    return ""
