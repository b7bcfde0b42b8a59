"""Checks of this installation and how to fix what they find: for `serve`, `doctor`, system checks and the admin."""

from contextlib import nullcontext

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from server.doctor.environment import data_findings, settings_findings
from server.doctor.finding import Finding, Severity, error, register_check
from server.doctor.proxy import proxy_findings
from server.doctor.records import database_findings
from server.versions import versions

__all__ = ["Finding", "Severity", "doctor_page", "findings", "live_findings", "register_check"]

DATABASE_SECONDS, LIVE_SECONDS = 10.0, 13.0


def findings(*, is_served: bool = True) -> list[Finding]:
    """Return all findings, the most severe first; `is_served=False` leaves out checks that need a running site."""
    found = [*settings_findings(), *data_findings(), *database_findings(), *(proxy_findings() if is_served else ())]
    return sorted(found, key=lambda finding: -finding.severity)


def live_findings(recipient: str = "", *, is_command: bool = False) -> tuple[list[Finding], bool]:
    """Return the findings of all checks, also those that ask other servers, and whether one of these still hangs.

    They end within LIVE_SECONDS. The recipient of the test email is a superuser, unless named. Only a command can end
    a check of the database that hangs; a request has its time limits.
    """
    from server.doctor import live  # here: every process imports this module, and few run these checks

    running, found = live.start(), []
    try:
        with live.time_limit(DATABASE_SECONDS) if is_command else nullcontext():
            live.start_email(running, recipient or live.owner_address())
            found += findings()
            found += live.check_records()
    except live.OutOfTime:
        problem = _("There was no result within %(seconds)d seconds.") % {"seconds": DATABASE_SECONDS}
        found.append(error(_("Database"), problem, _("Check DATABASE_URL and the database server.")))
    found += running.collect(LIVE_SECONDS)
    return sorted(found, key=lambda finding: -finding.severity), running.is_hanging


def doctor_page(request: HttpRequest) -> HttpResponse:
    """Show the findings in the admin, to superusers; the button adds those of the live checks."""
    if not getattr(request.user, "is_superuser", False):
        raise PermissionDenied
    recipient = getattr(request.user, "email", "")
    is_live = request.method == "POST"
    found = live_findings(recipient)[0] if is_live else findings()
    context = {
        **admin.site.each_context(request),
        "title": _("Health check"),
        "versions": ", ".join(versions()),
        "findings": found,
        "is_live": is_live,
        "recipient": recipient,
    }
    return TemplateResponse(request, "server/doctor.html", context)
