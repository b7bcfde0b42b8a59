"""A variable of the environment that cannot be used: one line that names it, exit status 2, and no secret in it."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config import environment
from tests.services.databases import is_sqlite
from tests.services.processes import free_port
from tests.services.site import ROOT

pytestmark = pytest.mark.once

MANAGE = ("manage.py", "check")
APPLE = {"APPLE_CLIENT_ID": "a", "APPLE_TEAM_ID": "b", "APPLE_KEY_ID": "c"}
SAMPLE = [
    {"WEB_CONCURRENCY": "two"},
    {"PORT": "abc"},
    {"SITE_URL": "example.org"},
    {"DEBUG": "maybe"},
    {"TRUSTED_PROXIES": "10.0.0.0/8,my-proxy"},
    {"DATABASE_URL": "postgres://user:se#same@localhost/name"},
    {"CACHE_URL": "redis://user:sesame@localhost/name"},
    {"EMAIL_URL": "imap://user:sesame@localhost"},
    {"OIDC_SERVERS": "sesame"},
    {"APPLE_KEY_FILE": "/proc/nowhere", **APPLE},
]
REST = [
    {"WEB_CONCURRENCY": "0"},
    {"PORT": "99999"},
    {"SITE_URL": "https://example.org:port"},
    {"SITE_URL": "https://user:sesame@example.org"},
    {"STAFF_SECOND_FACTOR": "please"},
    {"SECRET_KEY": "sesame"},
    {"DATA_DIR": "/proc/nowhere", "SECRET_KEY": ""},
    {"DATABASE_URL": "mysql://user:sesame@localhost/name"},
    {"DATABASE_URL": "postgres://user:sesame@localhost"},
    {"CACHE_URL": "memcache://user:sesame@localhost"},
    {"EMAIL_URL": "smtp+tls://user:se/same@localhost"},
    {"DEFAULT_FROM_EMAIL": "the editors"},
    {"BOUNCE_ADDRESS": "bounces"},
    {"S3_ENDPOINT": "minio:9000", "S3_BUCKET": "media"},
    {"S3_ADDRESSING": "sideways", "S3_BUCKET": "media"},
    {"AKISMET_URL": "rest.akismet.com"},
    {"OIDC_SERVERS": '{"id": "lab", "client_secret": "sesame"}'},
    {
        "OIDC_SERVERS": '[{"id": "lab", "name": "The Lab", "server": "lab", "client_id": "a", "client_secret": "sesame"}]'
    },
    {"GITHUB_CLIENT_SECRET": "sesame"},
]
CASES = [*SAMPLE, *(pytest.param(given, marks=pytest.mark.long) for given in REST)]


def started(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60)


def is_one_line_about(name: str, refused: subprocess.CompletedProcess[str]) -> bool:
    line = refused.stderr.strip()
    return refused.returncode == 2 and name in line and "\n" not in line and "same" not in line


@pytest.mark.parametrize("variables", CASES, ids=lambda given: "=".join(next(iter(given.items()))))
def test_a_bad_value_is_refused_in_one_line(tmp_path: Path, variables: dict[str, str]) -> None:
    assert is_one_line_about(next(iter(variables)), started(tmp_path, *MANAGE, **variables))


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("https://example.org/", "https://example.org"),
        ("HTTPS://Example.ORG:443", "https://example.org"),
        ("http://example.org:8000", "http://example.org:8000"),
        ("https://пример.рф", "https://xn--e1afmkfd.xn--p1ai"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("", "http://127.0.0.1:8000"),
    ],
)
def test_the_sites_address_is_what_browsers_send(monkeypatch: pytest.MonkeyPatch, value: str, meant: str) -> None:
    monkeypatch.setenv("SITE_URL", value)
    assert environment.site_address("SITE_URL", "http://127.0.0.1:8000") == meant


@pytest.mark.parametrize("value", ["https://example.org/blog", "https://example.org/?a", "https://a:b@example.org"])
def test_a_site_has_a_domain_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setenv("SITE_URL", value)
    with pytest.raises(SystemExit):
        environment.site_address("SITE_URL", "")
    assert "SITE_URL must end after the domain" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "serve"),
        ("manage.py", "serve", "--port", "99999"),
        ("manage.py", "migrate"),
        ("manage.py", "doctor"),
        ("-c", "import config.wsgi"),
    ],
    ids=" ".join,
)
def test_every_way_to_start_refuses_it(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert is_one_line_about("PORT", started(tmp_path, *command, PORT="abc" if "--port" not in command else "8000"))


@pytest.mark.parametrize(
    "command",
    ["migrate", "serve", *(pytest.param(name, marks=pytest.mark.long) for name in ("createsuperuser", "doctor"))],
)
def test_a_database_server_that_is_not_there_is_named_in_one_line(tmp_path: Path, command: str) -> None:
    url = f"postgres://user:sesame@127.0.0.1:{free_port()}/name"
    refused = started(tmp_path, "manage.py", command, DATABASE_URL=url)
    lines = [line for line in (refused.stderr + refused.stdout).splitlines() if "DATABASE_URL" in line]
    assert refused.returncode == 2
    assert len(lines) == 1
    assert "sesame" not in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_sqlite_file_that_cannot_be_opened_is_named_in_one_line(tmp_path: Path) -> None:
    refused = started(tmp_path, "manage.py", "migrate", DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/site.sqlite3")
    assert is_one_line_about("DATABASE_URL", refused)


@pytest.mark.skipif(is_sqlite(os.environ["DATABASE_URL"]), reason="SQLite has no passwords")
@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.parametrize("command", ["migrate", "serve"])
def test_a_wrong_password_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    parts = urlsplit(os.environ["DATABASE_URL"])
    wrong = parts._replace(netloc=f"{parts.username}:sesame@{parts.hostname}:{parts.port}").geturl()
    refused = started(tmp_path, "manage.py", command, DATABASE_URL=wrong)
    assert is_one_line_about("DATABASE_URL", refused)
    assert "password" in refused.stderr
