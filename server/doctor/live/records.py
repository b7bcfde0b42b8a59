"""Checks that ask the database: the keys of all hosts, and the clock of the database server."""

import time
from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.db import Error, connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from server.doctor.finding import Finding, error, ok
from server.doctor.live.clock import compare_clocks
from server.jobs import hosts


def owner_address() -> str:
    """Return the email address of the first superuser who has one, or an empty string."""
    people = get_user_model()._default_manager.filter(is_superuser=True, is_active=True).exclude(email="")
    try:
        return people.order_by("pk").values_list("email", flat=True).first() or ""
    except Error:  # which the doctor reports anyway
        return ""


def check_records() -> Iterator[Finding]:
    """Yield what the database knows of other hosts and of the time; nothing while it cannot be reached."""
    try:
        yield from _compare_keys()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
                yield compare_clocks(float(cursor.fetchone()[0]), time.time(), _("the database server"))
    except Error:
        return


def _compare_keys() -> Iterator[Finding]:
    """Compare the fingerprints of SECRET_KEY that the job workers of all hosts have stored."""
    known, own = hosts.fingerprints(), hosts.key_fingerprint()
    if others := sorted(name for name, fingerprint in known.items() if fingerprint != own):
        problem = _("These hosts run with a different SECRET_KEY: %(names)s.")
        how = _("Set the same SECRET_KEY on every host and for every command, and restart the site.")
        yield error(_("Secret key"), problem % {"names": ", ".join(others)}, how)
    elif known:
        message = ngettext(
            "%(count)d host runs with this SECRET_KEY.", "%(count)d hosts run with this SECRET_KEY.", len(known)
        )
        yield ok(_("Secret key"), message % {"count": len(known)}, "")
