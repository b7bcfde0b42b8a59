"""Checks of this installation and how to fix what they find: for `serve`, `doctor`, system checks and the admin."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from server.doctor.environment import data_findings, settings_findings
from server.doctor.finding import Finding, Severity, register_check
from server.doctor.proxy import proxy_findings
from server.doctor.records import database_findings

__all__ = ["Finding", "Severity", "doctor_page", "findings", "register_check"]


def findings(*, is_served: bool = True) -> list[Finding]:
    """Return all findings, the most severe first; `is_served=False` leaves out checks that need a running site."""
    found = [*settings_findings(), *data_findings(), *database_findings(), *(proxy_findings() if is_served else ())]
    return sorted(found, key=lambda finding: -finding.severity)


def doctor_page(request: HttpRequest) -> HttpResponse:
    """Show the findings in the admin, to superusers."""
    if not getattr(request.user, "is_superuser", False):
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": _("Health check"), "findings": findings()}
    return TemplateResponse(request, "server/doctor.html", context)
