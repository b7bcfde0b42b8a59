"""The statistics page in the admin, for moderators of the whole site."""

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from moderation.decisions.rights import Rights, for_all_of_it
from moderation.insights.statistics import Numbers


@require_safe
@for_all_of_it
def numbers(request: Request, rights: Rights) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Statistics"),
        "is_nav_sidebar_enabled": False,
        "numbers": Numbers(),
    }
    return render(request, "moderation/numbers.html", context)
