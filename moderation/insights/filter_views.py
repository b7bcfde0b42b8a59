"""The spam filter's page in the admin: training data, spam scores and thresholds."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

import pagecache
from accounts.middleware import Request
from comments.models import Rules
from comments.spam import akismet, training
from moderation.admin_pages import render_admin_page
from moderation.decisions.rights import Rights, site_moderator_required
from moderation.insights.spam_scores import Thresholds

OWNER_PERMISSION = "comments.change_rules"


class ThresholdForm(forms.ModelForm[Rules]):
    class Meta:
        model = Rules
        fields = ("spam_hold_at", "spam_mark_at")

    def clean(self) -> dict[str, Any]:
        """Check that comments are not marked as spam at a lower score than they are held."""
        data = super().clean() or {}
        hold, mark = data.get("spam_hold_at") or 0, data.get("spam_mark_at") or 0
        if 0 < mark < hold:
            self.add_error("spam_mark_at", _("The spam threshold can’t be lower than the hold threshold."))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@site_moderator_required
def filter_page(request: Request, rights: Rights) -> HttpResponse:
    """Show what the spam filter has learned and its thresholds, and save thresholds changed by the owner."""
    rules = Rules.objects.current()
    may_change = rights.user.has_perm(OWNER_PERMISSION)
    form = ThresholdForm(request.POST if request.method == "POST" else None, instance=Rules.objects.current())
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied(_("Only the site owner can change the thresholds."))
        if form.is_valid():
            save_thresholds(**form.cleaned_data)
            messages.success(request, _("Thresholds saved."))
            return redirect("queue-filter")
    context = {
        "rules": rules,
        "known": training.describe(),
        "thresholds": Thresholds.load(rules),
        "form": form if may_change else None,
        "service": describe_service(),
    }
    status = 422 if form.errors else 200
    return render_admin_page(request, "moderation/filter.html", _("Spam filter"), status, **context)


def describe_service() -> str:
    """Describe the state of the spam service without calling it; empty if there is none."""
    if not akismet.is_on():
        return ""
    checked = _("Comments are also checked by the spam service at %(host)s.")
    words = {
        akismet.INVALID: _("The spam service at %(host)s rejected the API key, so it isn’t checking comments."),
        akismet.AWAY: _("The spam service at %(host)s did not respond to the last request."),
    }
    return words.get(akismet.last_key_state(), checked) % {"host": akismet.host()}


@transaction.atomic
def save_thresholds(*, spam_hold_at: int, spam_mark_at: int) -> None:
    """Save the thresholds from which comments are held and marked as spam."""
    Rules.objects.bulk_create([Rules(pk=1)], ignore_conflicts=True)
    Rules.objects.filter(pk=1).update(spam_hold_at=spam_hold_at, spam_mark_at=spam_mark_at)
    pagecache.invalidate("site")
