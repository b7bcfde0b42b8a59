"""The statistics page in the admin, for moderators of the whole site."""

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from moderation.decisions.rights import Rights, site_moderator_required
from moderation.insights.statistics import Statistics


@require_safe
@site_moderator_required
def statistics_page(request: Request, rights: Rights) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Statistics"),
        "is_nav_sidebar_enabled": False,
        "statistics": Statistics(),
    }
    return render(request, "moderation/statistics.html", context)
