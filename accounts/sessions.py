"""Where somebody is logged in: one row a session, with the browser in words and no address."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User

NOWHERE = "0.0.0.0"  # noqa: S104 – allauth's column wants an address; what is not kept can tell nobody anything
# The first that fits: others call themselves by the later names too.
BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox",
    "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "CrOS": "ChromeOS",
    "Mac OS X": "macOS", "Linux": "Linux",
}  # fmt: skip


def note(request: HttpRequest, user: User) -> None:
    """Write down that somebody came in here, and drop what is left of sessions that ended."""
    if not request.session.session_key:
        request.session.save()
    UserSession.objects.filter(user=user).exclude(session_key__in=Session.objects.values("session_key")).delete()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={"user": user, "ip": NOWHERE, "user_agent": described(request.headers.get("User-Agent", ""))},
    )


def of(user: User) -> QuerySet[Any]:
    """Those that still are, the newest first."""
    alive = Session.objects.values("session_key")
    found: QuerySet[Any] = UserSession.objects.filter(user=user, session_key__in=alive).order_by("-created_at", "-pk")
    return found


def described(agent: str) -> str:
    """A browser as its owner knows it: "Firefox on Linux"."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("A browser")


def number(wish: str) -> int:
    """The key that was sent, or that of nothing."""
    return int(wish) if wish.isascii() and wish.isdigit() and len(wish) < 19 else 0


def end(session: Any) -> str:
    """Log somebody out there; which session it was."""
    key = str(session.session_key)
    session.end()
    return key
