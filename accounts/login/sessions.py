"""The list of a user's sessions, with browser names and without IP addresses."""

import time
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User

NO_ADDRESS = "0.0.0.0"  # noqa: S104 – allauth's column is required; we do not store real addresses
# The first match counts: other browsers contain the later names too.
BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox",
    "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "CrOS": "ChromeOS",
    "Mac OS X": "macOS", "Linux": "Linux",
}  # fmt: skip


def record(request: HttpRequest, user: User) -> None:
    """Record the session of a login, and delete the records of sessions that have ended."""
    if not request.session.session_key:
        request.session.save()
    UserSession.objects.filter(user=user).exclude(session_key__in=Session.objects.values("session_key")).delete()
    browser = describe_browser(request.headers.get("User-Agent", ""))
    values = {"user": user, "ip": NO_ADDRESS, "user_agent": browser}
    UserSession.objects.update_or_create(session_key=request.session.session_key, defaults=values)


def for_user(user: User) -> QuerySet[Any]:
    """Return the user's active sessions, newest first."""
    active = Session.objects.values("session_key")
    rows: QuerySet[Any] = UserSession.objects.filter(user=user, session_key__in=active).order_by("-created_at", "-pk")
    return rows


def describe_browser(agent: str) -> str:
    """Return a browser's name for people, such as "Firefox on Linux"."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


# When a staff session began and was last used, in the session itself, as seconds since the epoch.
BEGAN, USED = "began", "used"


def start_limits(session: SessionBase) -> None:
    """Store when a staff session began and was last used; accounts.middleware ends it some time after that."""
    session[BEGAN] = session[USED] = int(time.time())


def parse_key(text: str) -> int:
    """Return the submitted primary key, or 0, which no row has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def end(session: Any) -> str:
    """End a session and return its key."""
    key = str(session.session_key)
    session.end()
    return key
