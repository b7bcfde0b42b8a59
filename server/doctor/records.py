"""Checks of the database: connection, migrations, SQLite's file, cache, superuser, demo passwords and jobs."""

import os
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import Error, connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks_db.models import DBTaskResult

from server.doctor.finding import Finding, error, registered_checks, warning
from server.http import health
from server.jobs import maintenance, tasks

LATE_AFTER = timedelta(minutes=10)
RECENT = timedelta(days=7)


def database_findings() -> Iterator[Finding]:
    """Yield what is wrong with the database and what it stores."""
    try:
        yield from _check_database()
    except Error as failure:
        yield error(
            _("Database"),
            _("The database cannot be reached: %(error)s.") % {"error": " ".join(str(failure).split()).rstrip(".")},
            _("Check DATABASE_URL and the database server."),
        )


def _check_database() -> Iterator[Finding]:
    if pending := health.pending_migrations():
        message = ngettext("%(count)d migration is pending.", "%(count)d migrations are pending.", len(pending))
        yield error(_("Database"), message % {"count": len(pending)}, _("Run: manage.py migrate"))
        return
    if connection.vendor == "sqlite":
        yield from _check_sqlite_file()
    if settings.DATABASE_POOLER:
        yield from _check_pooler()
    if problem := health.cache_problem():
        yield error(_("Redis"), f"{problem}.", _("Start Redis, or check CACHE_URL."))
    if not get_user_model()._default_manager.filter(is_superuser=True, is_active=True).exists():
        yield warning(_("Owner"), _("There is no superuser yet."), _("Run: manage.py createsuperuser"))
    yield from _check_demo_passwords()
    yield from _check_jobs()
    for check in registered_checks:
        yield from check()


def _check_sqlite_file() -> Iterator[Finding]:
    file = connection.settings_dict["NAME"]
    if os.path.isfile(file) and not os.access(file, os.W_OK):  # noqa: PTH113 – in tests it is no path
        yield error(
            _("Database"),
            _("The site cannot write to %(file)s.") % {"file": file},
            _("Run: chmod u+w %(file)s. If that does not help, the disk is read-only.") % {"file": file},
        )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (mode,) = cursor.fetchone()
    if mode not in {"wal", "memory"}:
        yield error(
            _("Database"),
            _("SQLite cannot use a write-ahead log here (journal mode: %(mode)s), so readers wait for writers.")
            % {"mode": mode},
            _("Move DATA_DIR to a local disk. Network file systems do not support write-ahead logs."),
        )
    checks = DBTaskResult.objects.successful().filter(task_path=maintenance.check_database.module_path)
    result = checks.order_by("-finished_at").values_list("return_value", flat=True).first()
    if result not in {None, "ok"}:
        yield error(
            _("Database"),
            _("The database file is damaged: %(result)s") % {"result": result},
            _("Stop the site, keep a copy of the file, and restore the latest backup."),
        )


def _check_pooler() -> Iterator[Finding]:
    """Warn if requests have no time limit: a pooler refuses the one that the site would set."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        (limit,) = cursor.fetchone()
    if limit == "0":
        yield warning(
            _("Database"),
            _("Behind the pooler, statements have no time limit, so a slow one can block the site."),
            _("Add to the database in pgbouncer.ini: connect_query='%(query)s'")
            % {"query": "SET statement_timeout = ''10s''; SET lock_timeout = ''5s''"},
        )


def _check_demo_passwords() -> Iterator[Finding]:
    if settings.DEBUG:
        return
    people = get_user_model()._default_manager.filter(username__in=("owner", "author", "moderator"), is_active=True)
    if known := [person.get_username() for person in people if person.check_password("demo")]:
        yield error(
            _("Demo"),
            _("These accounts still have the demo password: %(names)s.") % {"names": ", ".join(known)},
            _("Change their passwords or delete the accounts."),
        )


def _check_jobs() -> Iterator[Finding]:
    now = timezone.now()
    # A job without a time of its own has the latest possible time.
    is_late = Q(run_after__gt=now) | Q(run_after__lt=now - LATE_AFTER)
    late = DBTaskResult.objects.ready().filter(is_late, enqueued_at__lt=now - LATE_AFTER)
    if DBTaskResult.objects.running().filter(task_path__in=tasks.long_jobs).exists():
        late = late.exclude(task_path__in=tasks.long_jobs)  # they run one after the other
    if count := late.count():
        message = ngettext(
            "%(count)d job has been waiting for over ten minutes.",
            "%(count)d jobs have been waiting for over ten minutes.",
            count,
        )
        yield error(
            _("Jobs"),
            message % {"count": count},
            _("No emails are sent until the job worker runs. Start it with manage.py serve or manage.py worker"),
        )
    if count := DBTaskResult.objects.failed().filter(finished_at__gt=now - RECENT).count():
        message = ngettext(
            "%(count)d job failed in the last 7 days.", "%(count)d jobs failed in the last 7 days.", count
        )
        yield warning(
            _("Jobs"),
            message % {"count": count},
            _("See the errors in the admin under Task Results."),
        )
