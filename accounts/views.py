"""Pages about one's own account that allauth has not."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import ways_back
from accounts.middleware import Request


@require_safe
def done(request: Request) -> HttpResponse:
    """The small window's last page: tells every open page how the log-in ended, and closes."""
    outcome = request.GET.get("login", "")
    return render(request, "account/done.html", {"outcome": outcome if outcome in ways_back.OUTCOMES else ""})
