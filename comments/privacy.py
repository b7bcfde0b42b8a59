"""The privacy page: what is stored and for how long, written from the settings that decide it."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

import pagecache
from accounts import ways_back
from accounts.middleware import Request
from blog.models import Essay
from blog.views import draw
from comments import akismet
from comments.jobs import NETWORKS_KEPT, STOPPED_KEPT
from comments.models import Rules
from comments.models.subscription import WAITS_FOR

DAY = 60 * 60 * 24


@require_safe
def privacy(request: Request) -> HttpResponse:
    """The owner's own page of this name, if there is one; else ours."""
    own = Essay.objects.pages().published().with_authors().prefetch_related("tags").filter(slug="privacy").first()
    if own:
        return draw(request, own)
    rules = Rules.objects.current()
    facts = {
        "rules": rules,
        "providers": [provider.name for provider in settings.PROVIDERS],
        "session_days": settings.SESSION_COOKIE_AGE // DAY,
        "guest_days": settings.COMMENTER_COOKIE_AGE // DAY,
        "device_days": settings.DEVICE_COOKIE_AGE // DAY,
        "network_days": NETWORKS_KEPT.days,
        "draft_minutes": ways_back.CARRIED_FOR // 60,
        "stopped_days": STOPPED_KEPT.days,
        "unconfirmed_days": WAITS_FOR.days,
        "asked": akismet.host() if akismet.is_on() else "",
        "cookies": cookies(rules),
    }
    response = render(request, "comments/privacy.html", facts)
    return pagecache.made_from(response, "site", ends=Essay.objects.pages().next_change())


def cookies(rules: Rules) -> list[str]:
    names = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.COMMENTER_COOKIE_NAME]
    names.append(settings.DEVICE_COOKIE_NAME)
    return [*names, settings.ADDRESS_COOKIE_NAME] if rules.readers_may_follow else names
