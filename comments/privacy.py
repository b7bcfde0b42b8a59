"""The privacy page: what is stored and for how long, generated from the settings."""

from dataclasses import dataclass

from allauth.socialaccount.providers.apple.apple_session import APPLE_SESSION_COOKIE_NAME
from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

import pagecache
from accounts.login import redirects
from accounts.middleware import Request
from blog.models import Essay
from blog.views import PAGE, show
from comments.jobs import ENDED_SUBSCRIPTION_MAX_AGE, NETWORK_MAX_AGE
from comments.models import Rules
from comments.models.subscription import WAITS_FOR
from comments.spam import akismet
from pagecache import choices

DAY = 60 * 60 * 24


@require_safe
def privacy(request: Request) -> HttpResponse:
    """Show the owner's page `/privacy/` if there is one, else the generated one."""
    return show(request, lambda: PAGE.first(now=timezone.now(), slug="privacy"), describe)


def describe(request: HttpRequest) -> HttpResponse:
    """Describe what the site stores about its visitors, by its settings."""
    rules = Rules.objects.current()
    facts = {
        "rules": rules,
        "providers": [provider.name for provider in settings.PROVIDERS],
        "session_days": settings.SESSION_COOKIE_AGE // DAY,
        "guest_days": settings.COMMENTER_COOKIE_AGE // DAY,
        "device_days": settings.DEVICE_COOKIE_AGE // DAY,
        "network_days": NETWORK_MAX_AGE.days,
        "draft_minutes": redirects.DRAFTS_SECONDS // 60,
        "stopped_days": ENDED_SUBSCRIPTION_MAX_AGE.days,
        "unconfirmed_days": WAITS_FOR.days,
        "spam_service": akismet.host() if akismet.is_on() else "",
        "cookies": cookies(),
    }
    response = render(request, "comments/privacy.html", facts)
    return pagecache.mark_cacheable(response, "site", expires=Essay.objects.pages().next_change())


@dataclass(frozen=True)
class Cookie:
    """A cookie in the page's list."""

    name: str
    purpose: str
    lifetime: str


def cookies() -> list[Cookie]:
    """List every cookie that this site can set; those of login providers only if they are on."""
    until_closed = _("Deleted when you close your browser.")
    session = Cookie(
        settings.SESSION_COOKIE_NAME,
        _("Keeps you logged in, and saves what you were doing while you log in."),
        lifetime(settings.SESSION_COOKIE_AGE),
    )
    csrf = Cookie(
        settings.CSRF_COOKIE_NAME,
        _("Protects your account’s forms against forged requests from other sites."),
        lifetime(settings.CSRF_COOKIE_AGE),
    )
    guest = Cookie(
        settings.COMMENTER_COOKIE_NAME,
        _("Recognizes you as the same guest if you chose to be remembered, or liked something without logging in."),
        lifetime(settings.COMMENTER_COOKIE_AGE),
    )
    visit = Cookie(
        settings.VISIT_COOKIE_NAME,
        _("Links your next comment to you if you enter the same name and email. It does nothing else."),
        _("Expires after 24 hours, or when you close your browser."),
    )
    address = Cookie(
        settings.ADDRESS_COOKIE_NAME,
        _("Remembers that you confirmed your email address, if you chose that option."),
        lifetime(settings.COMMENTER_COOKIE_AGE),
    )
    device = Cookie(
        settings.DEVICE_COOKIE_NAME,
        _("Recognizes a browser you’ve logged in with, so that failed logins from elsewhere don’t delay your login."),
        lifetime(settings.DEVICE_COOKIE_AGE),
    )
    mutes = Cookie(
        settings.MUTES_COOKIE_NAME,
        _("Remembers which people you muted while logged out."),
        lifetime(settings.MUTES_COOKIE_AGE),
    )
    order = Cookie(settings.PAGECACHE_CHOICE, _("Remembers how you sort comments."), lifetime(choices.MAX_AGE))
    messages = Cookie(
        CookieStorage.cookie_name, _("Shows a message such as “Changes saved.” on the next page."), until_closed
    )
    found = [session, csrf, device, guest, visit, address, mutes, order, messages]
    if any(provider.key == "apple" for provider in settings.PROVIDERS):
        found.append(Cookie(APPLE_SESSION_COOKIE_NAME, _("Used only while you log in with Apple."), until_closed))
    return found


def lifetime(seconds: int) -> str:
    """Say after how many days a cookie expires."""
    days = seconds // DAY
    return ngettext("Expires after %(count)d day.", "Expires after %(count)d days.", days) % {"count": days}
