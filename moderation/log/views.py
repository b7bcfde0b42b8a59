"""The log of decisions in the admin, and its CSV export."""

from typing import Any

from django.contrib import admin
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from moderation.decisions.rights import Rights, for_moderators
from moderation.log.csv_export import in_lines, table
from moderation.log.entries import Log
from moderation.log.search import Search


@require_safe
@for_moderators
def log(request: Request, rights: Rights) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Log"),
        "is_nav_sidebar_enabled": False,
        "log": Log(Search.of(request.GET), rights),
    }
    return render(request, "moderation/log.html", context)


@require_safe
@for_moderators
def log_file(request: Request, rights: Rights) -> HttpResponse:
    """Stream the matching decisions as CSV."""
    found = in_lines(Search.of(request.GET).decisions(rights))
    response: Any = StreamingHttpResponse(table(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="log.csv"'
    return response  # type: ignore[no-any-return]
