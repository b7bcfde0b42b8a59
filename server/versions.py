"""The versions of Rejoinder and of what it runs on."""

import platform
import sqlite3
import subprocess
from contextlib import suppress

import django
from django.conf import settings
from django.db import Error, connection


def versions() -> list[str]:
    """Return each name with its version: Rejoinder's and its commit first, then Python, Django and the database."""
    commit = find_commit()
    ours = [f"Rejoinder {settings.VERSION}", *([f"commit {commit}"] if commit else [])]
    return [*ours, f"Python {platform.python_version()}", f"Django {django.get_version()}", database_version()]


def database_version() -> str:
    """Return the name and version of the database, without the version if it cannot be reached."""
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with suppress(Error):
        major, minor = connection.get_database_version()
        return f"{connection.display_name} {major}.{minor}"
    return str(connection.display_name)


def find_commit() -> str:
    """Return the short id of the commit that is checked out, or "" if this is not a git checkout."""
    command = ["git", "-C", str(settings.BASE_DIR), "rev-parse", "--short", "HEAD"]
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, check=True, text=True, timeout=5).stdout.strip()
    return ""
