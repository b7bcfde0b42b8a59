"""Where somebody is logged in: one row a session, with the browser in words and no address."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User

View = TypeVar("View", bound=Callable[..., Any])
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
    return browser or system or _("Unknown browser")


# Staff sessions end sooner. Both times are in the session itself, as seconds since the epoch.
BEGAN, USED = "began", "used"
STEP = 5 * 60  # an idle time is this exact, so that a page seldom has to write to the session
AN_HOUR = 60 * 60


def begin(session: SessionBase) -> None:
    session[BEGAN] = session[USED] = int(time.time())


def has_expired(session: SessionBase) -> bool:
    """Whether a staff session has lasted or been idle for too long. One without times of its own begins now."""
    if BEGAN not in session:
        begin(session)
    age, idle = (time.time() - session.get(key, 0) for key in (BEGAN, USED))
    return bool(age >= settings.STAFF_SESSION_DAYS * 24 * AN_HOUR or idle >= settings.STAFF_IDLE_HOURS * AN_HOUR)


def mark_used(session: SessionBase) -> None:
    if time.time() - session[USED] >= STEP:
        session[USED] = int(time.time())


def unattended(view: View) -> View:
    """Mark a view that open pages call by themselves, so that it does not keep a session from being idle."""
    view.is_unattended = True  # type: ignore[attr-defined]
    return view


def is_activity(request: HttpRequest, view: Any) -> bool:
    """Whether a person asked for this, rather than a script that keeps an open page up to date."""
    if getattr(view, "is_unattended", False):
        return False
    is_read = request.method in {"GET", "HEAD"}
    return not is_read or request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def number(wish: str) -> int:
    """The key that was sent, or that of nothing."""
    return int(wish) if wish.isascii() and wish.isdigit() and len(wish) < 19 else 0


def end(session: Any) -> str:
    """Log somebody out there; which session it was."""
    key = str(session.session_key)
    session.end()
    return key
