"""docs/security.md names only tests that exist and every requirement, and what no other test shows of it."""

import ast
import json
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from tests import make

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/security.md").read_text()
# How many requirements each section of ASVS 5.0.0 has at levels 1 and 2. Those of level 3 follow, except in EARLIER.
COUNTS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip


def named_requirements() -> list[str]:
    """Return the numbers in the first column, ranges written out."""
    numbers: list[str] = []
    for cell in re.findall(r"^\| (\d[\d., –]*) \|", PAGE, re.MULTILINE):
        for part in cell.split(", "):
            first, _, last = part.partition("–")
            section, _, start = first.rpartition(".")
            end = last.rpartition(".")[2] or start
            numbers += [f"{section}.{number}" for number in range(int(start), int(end) + 1)]
    return numbers


def test_every_requirement_of_level_two_has_one_line() -> None:
    expected = {f"{section}.{number}" for section, count in COUNTS.items() for number in range(1, count + 1)}
    found = named_requirements()
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 100
    for file in {path for path, _name in named}:
        tree = ast.parse((ROOT / file).read_text())
        known = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert {name for path, name in named if path == file} <= known, file


@pytest.mark.django_db
def test_every_kind_of_page_has_the_security_headers(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    essay, client = make.essay("Headers"), Client()
    for path in (
        essay.get_absolute_url(),
        "/",
        "/accounts/login/",
        "/admin/login/",
        "/search/?q=x",
        "/nowhere/at/all/",
    ):
        headers = client.get(path, secure=True).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        for name in ("default-src", "base-uri", "object-src", "frame-ancestors"):
            assert policy[name] == "'none'", path
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in {"same-origin", "strict-origin-when-cross-origin"}
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert "Access-Control-Allow-Origin" not in headers


def test_cookies_are_bound_to_the_host() -> None:
    code = "from django.conf import settings as s; print(*(getattr(s, n) for n in dir(s) if n.endswith('COOKIE_NAME')), s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    environment = {**os.environ, "SITE_URL": "https://example.org", "DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [str(ROOT / ".venv/bin/python"), "-c", code]
    *names, is_session_secure, is_csrf_secure = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout.split()
    assert is_session_secure == is_csrf_secure == "True"
    assert [name for name in names if not name.startswith("__Host-")] == ["django_language"]  # never set
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY


def test_passwords_are_long_uncommon_and_otherwise_free() -> None:
    for rejected in ("elevenchars", "123456789123"):
        with pytest.raises(ValidationError):
            validate_password(rejected)
    for accepted in ("only small letters", "12 " * 40, "пароль из русских слов"):
        validate_password(accepted)


@pytest.mark.django_db
def test_trace_returns_nothing_of_the_request() -> None:
    response = Client().trace("/", HTTP_X_SECRET="tell no one")
    assert response.status_code == 405
    assert b"tell no one" not in response.content


def test_the_audit_lists_vulnerabilities_and_says_what_it_could_not_ask(tmp_path: Path) -> None:
    def audit(*dependencies: dict[str, Any]) -> tuple[int, str]:
        """Run bin/audit with a pip-audit that reports this."""
        (tmp_path / "report.json").write_text(json.dumps({"dependencies": dependencies}))
        program = tmp_path / "uv"
        copy = 'while [ "$1" != --output ]; do shift; done; cp "$(dirname "$0")/report.json" "$2"; exit 1'
        program.write_text(f"#!/bin/sh\n{copy if dependencies else 'echo No network >&2; exit 1'}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run([ROOT / "bin/audit"], env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    flaw = {"id": "PYSEC-1", "fix_versions": ["6.5"], "description": "Scripts survive."}
    clean = {"name": "django", "version": "5.2", "vulns": []}
    assert audit(clean) == (0, "1 of 1 pinned packages checked, 0 known vulnerabilities.\n")
    status, said = audit(clean, {"name": "bleach", "version": "6.4", "vulns": [flaw]})
    assert status == 1
    assert "bleach 6.4: PYSEC-1 (fixed in 6.5)" in said
    status, said = audit(clean, {"name": "mptt", "skip_reason": "not found"})
    assert (status, "This is no all-clear" in said) == (2, True)
    status, said = audit()
    assert (status, "so no one was asked" in said) == (2, True)
