"""The privacy page lists every cookie that this site can set."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa import app_settings as mfa
from allauth.socialaccount.providers.apple.apple_session import APPLE_SESSION_COOKIE_NAME
from django.apps import apps
from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
from django.views.i18n import set_language

from comments import privacy
from tests.test_layers import PACKAGES, ROOT, our_files

SETTERS = {"set_cookie", "set_signed_cookie", "set_signed"}
HELPER = Path("accounts/cookies.py")
# The code that sets cookies in the packages that we use: the cookies' names, or none if that code never runs here.
ELSEWHERE: dict[str, set[str]] = {
    "django/contrib/sessions/middleware.py": {settings.SESSION_COOKIE_NAME},
    "django/middleware/csrf.py": {settings.CSRF_COOKIE_NAME},
    "django/contrib/messages/storage/cookie.py": {CookieStorage.cookie_name},
    "allauth/socialaccount/sessions.py": {APPLE_SESSION_COOKIE_NAME},  # its other user, SAML, is not installed
    "django/http/response.py": set(),  # the method itself
    "django/views/i18n.py": set(),
    "allauth/mfa/internal/flows/trust.py": set(),
}


class Provider:
    key = name = "apple"


@pytest.fixture
def listed(settings: Any) -> set[str]:
    """Return the cookies of the privacy page when every feature is on."""
    settings.PROVIDERS = (*settings.PROVIDERS, Provider)
    return {cookie.name for cookie in privacy.cookies()}


def cookies_set_in(file: Path) -> Iterator[str]:
    setters = {"set_signed"} if file == HELPER else SETTERS
    for call in (node for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.Call)):
        if getattr(call.func, "attr", getattr(call.func, "id", "")) in setters:
            names = [name for name in map(ast.unparse, call.args) if name.startswith("settings.")]
            assert names, f"{file}:{call.lineno}: name the cookie by a setting, such as settings.SESSION_COOKIE_NAME"
            yield getattr(settings, names[0].removeprefix("settings."))


def packages() -> set[str]:
    used = {app.name for app in apps.get_app_configs()} | {name.rpartition(".")[0] for name in settings.MIDDLEWARE}
    return {name.partition(".")[0] for name in used} - set(PACKAGES)


def test_every_cookie_that_our_code_sets_is_listed(listed: set[str]) -> None:
    ours = {name for file in our_files() for name in cookies_set_in(file)}
    assert {settings.COMMENTER_COOKIE_NAME, settings.ADDRESS_COOKIE_NAME, settings.VISIT_COOKIE_NAME} <= ours <= listed


def test_only_one_place_sets_a_cookie_by_its_own_header(listed: set[str]) -> None:
    names = {str(file) for file in our_files() if '"Set-Cookie"' in (ROOT / file).read_text()}
    assert names == {"pagecache/choices.py"}
    assert settings.PAGECACHE_CHOICE in listed


def test_no_script_sets_a_cookie() -> None:
    scripts = [*(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.html"), *(ROOT / "templates").rglob("*")]
    files = [file for file in scripts if file.is_file() and "document.cookie" in file.read_text()]
    assert not files


def test_every_cookie_that_a_package_sets_is_listed(listed: set[str]) -> None:
    setters = set()
    for package in packages():
        root = Path(str(import_module(package).__file__)).parent
        for file in root.rglob("*.py"):
            if any(f".{setter}(" in file.read_text() for setter in SETTERS) and "tests" not in file.parts:
                setters.add(str(file.relative_to(root.parent)))
    assert setters == set(ELSEWHERE)
    assert set.union(*ELSEWHERE.values()) <= listed
    assert not mfa.TRUST_ENABLED
    assert set_language not in {pattern.callback for pattern in patterns()}


def patterns() -> Iterator[URLPattern]:
    pending = list(get_resolver().url_patterns)
    while pending:
        pattern = pending.pop()
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            pending += pattern.url_patterns


@pytest.mark.django_db
def test_the_page_shows_what_is_listed() -> None:
    page = Client(headers={"host": "127.0.0.1"}).get("/privacy/").text
    for cookie in privacy.cookies():
        assert f"<dt><code>{cookie.name}</code></dt>" in page
