"""The log of decisions in the admin, and its CSV export."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from moderation.admin_pages import render_admin_page
from moderation.decisions.rights import Rights, moderator_required
from moderation.log.csv_export import csv_lines, select_columns
from moderation.log.entries import LogPage
from moderation.log.search import LogSearch


@require_safe
@moderator_required
def log_page(request: Request, rights: Rights) -> HttpResponse:
    log = LogPage(LogSearch.from_query(request.GET), rights)
    return render_admin_page(request, "moderation/log.html", _("Log"), log=log)


@require_safe
@moderator_required
def log_csv(request: Request, rights: Rights) -> HttpResponse:
    """Stream the matching decisions as CSV."""
    found = select_columns(LogSearch.from_query(request.GET).decisions(rights))
    response: Any = StreamingHttpResponse(csv_lines(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="log.csv"'
    return response  # type: ignore[no-any-return]
