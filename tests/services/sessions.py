"""Logs a browser in without a form."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import BrowserContext

from accounts.models import User


def log_in(browser: BrowserContext, user: User, url: str) -> None:
    browser.add_cookies([{"name": "session", "value": session_of(user), "url": url}])


def session_of(user: User) -> str:
    """Create a logged-in session and return its key."""
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "accounts.login.backends.Backend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)
