"""A filter for the “Page not found” page: the text of a posted form."""

from contextlib import suppress

from django import template
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

register = template.Library()

FORMS = {
    "respond", "respond-page", "edit-comment", "report-comment", "appeal-comment", "desk-reply", "queue-comment",
}  # fmt: skip
FIELDS = ("text", "words", "told")


@register.filter
def typed_text(request: HttpRequest | str) -> str:
    """Return the text sent by a form about a comment or an essay that was deleted since.

    A page rendered without a request passes an empty string.
    """
    if isinstance(request, str) or not request.resolver_match or request.resolver_match.view_name not in FORMS:
        return ""
    with suppress(BadRequest, MultiPartParserError, OSError, SuspiciousOperation):
        return next((text for name in FIELDS if (text := request.POST.get(name, "")).strip()), "")
    return ""
