"""Checks of the settings and the machine, which do not need the database."""

import ipaddress
import os
import shutil
import sqlite3
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from server import file_modes, static_files
from server.doctor.finding import Finding, error, note, warning

MIN_FREE_BYTES = 200 * 1024 * 1024
SIMILARITY = 0.85  # of a variable's name to one of ours, from which it is likely a mistake


def settings_findings() -> Iterator[Finding]:
    """Yield what is wrong with the settings."""
    yield from _check_names()
    yield from _check_site_url()
    yield from _check_secret_key()
    if not settings.EMAIL_URL_IS_SET:
        yield warning(
            _("Email"),
            _("EMAIL_URL is not set, so emails are written to files instead of being sent."),
            _("Set EMAIL_URL to your mail server, such as smtp+tls://user:password@mail.example.org:587."),
        )
    yield from _check_trusted_proxies()
    if not settings.STAFF_SECOND_FACTOR:
        yield warning(
            _("Two-factor authentication"),
            _("STAFF_SECOND_FACTOR is off, so a password is enough to open the admin."),
            _("Set STAFF_SECOND_FACTOR=true. Staff are then asked to set up two-factor authentication."),
        )
    if settings.DEBUG:
        yield warning(
            _("Debugging"),
            _("DEBUG is on, so error pages show code and settings to anyone."),
            _("Unset DEBUG before the site can be reached from the internet."),
        )
    if connection.vendor == "sqlite":
        yield from _check_sqlite_version()


def _check_names() -> Iterator[Finding]:
    """Yield the variables that look like a misspelled one of ours, unless that one is set too."""
    unset = [name for name in settings.VARIABLES if not os.environ.get(name)]
    for name in sorted(set(os.environ) - set(settings.VARIABLES)):
        if similar := get_close_matches(name.upper(), unset, n=1, cutoff=SIMILARITY):
            yield warning(
                _("Environment"),
                _("The site does not use the variable %(name)s.") % {"name": name},
                _("If you mean %(similar)s, correct the name. Otherwise ignore this.") % {"similar": similar[0]},
            )


def _check_site_url() -> Iterator[Finding]:
    address = urlsplit(settings.SITE_URL)
    if not settings.SITE_URL_IS_SET:
        yield warning(
            _("Site address"),
            _("SITE_URL is not set, so links in emails and feeds point to %(url)s.") % {"url": settings.SITE_URL},
            _("Set SITE_URL to the address readers use, such as https://example.org."),
        )
    elif address.scheme == "http" and not _is_loopback(address.hostname or ""):
        yield warning(
            _("Site address"),
            _("SITE_URL starts with http, so passwords and cookies are sent unencrypted."),
            _("Put a web server with a TLS certificate in front, and set SITE_URL to its https address."),
        )


def _check_secret_key() -> Iterator[Finding]:
    if settings.SECRET_KEY_IS_SET:
        return
    file = Path(settings.DATA_DIR) / "secret_key"
    yield note(
        _("Secret key"),
        _("SECRET_KEY is not set, so the site uses a key that it generated in %(file)s.") % {"file": file},
        _("Back up this file, or set SECRET_KEY. Anyone who has the key can log in as any user."),
    )
    if file.exists() and file.stat().st_mode & file_modes.OTHERS:
        yield error(
            _("Secret key"),
            _("Other users on this machine can read %(file)s.") % {"file": file},
            _("Run: chmod 600 %(file)s") % {"file": file},
        )


def _check_trusted_proxies() -> Iterator[Finding]:
    if any(ipaddress.ip_network(text, strict=False).prefixlen == 0 for text in settings.TRUSTED_PROXIES):
        yield error(
            _("Proxies"),
            _("TRUSTED_PROXIES includes every address, so anyone can fake their IP address."),
            _("Set TRUSTED_PROXIES to the addresses of your own proxies only."),
        )
    elif urlsplit(settings.SITE_URL).scheme == "https" and not settings.TRUSTED_PROXIES:
        yield warning(
            _("Proxies"),
            _("SITE_URL is https but TRUSTED_PROXIES is empty, so all readers appear to have the proxy’s IP address."),
            _("Set TRUSTED_PROXIES to the proxy’s IP address (127.0.0.1 if the proxy runs on this machine)."),
        )


def _check_sqlite_version() -> Iterator[Finding]:
    has_several = settings.WEB_CONCURRENCY > 1
    if has_several:
        yield warning(
            _("Server processes"),
            _("WEB_CONCURRENCY is %(count)d, but with SQLite only one process can write at a time.")
            % {"count": settings.WEB_CONCURRENCY},
            _("Unset WEB_CONCURRENCY, or use PostgreSQL by setting DATABASE_URL."),
        )
    if loses_commits(sqlite3.sqlite_version_info):
        yield (warning if has_several else note)(
            _("SQLite version"),
            _("SQLite %(version)s has a bug that can lose writes when two processes checkpoint at the same time.")
            % {"version": sqlite3.sqlite_version},
            _("Run the site with “serve”, which avoids this. To run more processes, use SQLite 3.51.3 or newer."),
        )


def data_findings() -> Iterator[Finding]:
    """Yield what is wrong with DATA_DIR and the static files."""
    folder: Path = settings.DATA_DIR
    try:
        free = shutil.disk_usage(folder).free
    except OSError as failure:
        yield error(_("Data"), str(failure), _("Set DATA_DIR to a folder that the site can write to."))
        return
    if free < MIN_FREE_BYTES:
        yield error(
            _("Data"),
            _("Only %(count)d MB are free on the disk with %(folder)s. When the disk is full, nothing can be saved.")
            % {"count": free // (1024 * 1024), "folder": folder},
            _("Free up disk space."),
        )
    if settings.READ_ONLY_FILE.exists():
        yield error(
            _("Read-only"),
            _("The site accepts no changes while the file %(file)s exists.") % {"file": settings.READ_ONLY_FILE},
            _("Delete the file, unless an upgrade is running."),
        )
    yield from _check_permissions(folder)
    if not settings.DEBUG and not static_files.are_collected():
        yield error(
            _("Static files"),
            _("The static files are not collected, so pages have no styles and scripts."),
            _("Run: manage.py collectstatic"),
        )


def _check_permissions(folder: Path) -> Iterator[Finding]:
    if count := file_modes.count_open(folder):
        message = ngettext(
            "Other users on this machine can access %(count)d file or folder in %(folder)s.",
            "Other users on this machine can access %(count)d files and folders in %(folder)s.",
            count,
        )
        yield error(
            _("Data"),
            message % {"count": count, "folder": folder},
            _("Restart the site, or run: chmod -R go= %(folder)s") % {"folder": folder},
        )
    if count := file_modes.count_foreign(folder):
        message = ngettext(
            "%(count)d file or folder in %(folder)s belongs to another user.",
            "%(count)d files and folders in %(folder)s belong to another user.",
            count,
        )
        yield error(
            _("Data"),
            message % {"count": count, "folder": folder},
            _("Run as root: chown -R %(user)s %(folder)s") % {"user": os.geteuid(), "folder": folder},
        )


def loses_commits(version: tuple[int, int, int]) -> bool:
    """Return whether two checkpoints at once can lose a commit: fixed in 3.51.3, 3.50.7 and 3.44.6."""
    major, minor, patch = version
    fixed = {44: 6, 50: 7}.get(minor)
    return version < (3, 51, 3) if major != 3 or fixed is None else patch < fixed


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
