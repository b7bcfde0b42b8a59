"""The statistics page in the admin, for moderators of the whole site."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from moderation.admin_pages import render_admin_page
from moderation.decisions.rights import Rights, site_moderator_required
from moderation.insights.statistics import Statistics


@require_safe
@site_moderator_required
def statistics_page(request: Request, rights: Rights) -> HttpResponse:
    return render_admin_page(request, "moderation/statistics.html", _("Statistics"), statistics=Statistics())
