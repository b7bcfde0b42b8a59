"""Connection options for processes that answer requests or run jobs; databases that are too old to migrate."""

import sys

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

EVERY_TABLE_BRIEFLY = 0x10012  # flags of https://www.sqlite.org/pragma.html#pragma_optimize


def limit_statements() -> None:
    """Give this process pooled connections with time limits; call it before it connects.

    On PostgreSQL a request or a job that takes too long is ended. Commands such as `migrate` or `import` may take
    hours, so they have no such limit.
    """
    connection.settings_dict["OPTIONS"].update(settings.REQUEST_OPTIONS)
    if connection.vendor == "postgresql":
        from server.postgres import LimitedConnection  # psycopg is installed only where it is used

        connection.settings_dict["OPTIONS"]["pool"]["connection_class"] = LimitedConnection


def name_connections() -> None:
    """Name the connections of this process as the site's, without time limits."""
    if name := settings.REQUEST_OPTIONS.get("application_name"):
        connection.settings_dict["OPTIONS"]["application_name"] = name


def lift_timeouts() -> None:
    """Lift PostgreSQL's timeouts for this transaction, which may take long."""
    if connection.vendor == "postgresql":
        timeouts = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", "lock_timeout": "60s"}
        with connection.cursor() as cursor:
            cursor.execute(";".join(f"SET LOCAL {name} = '{value}'" for name, value in timeouts.items()))


def gather_statistics() -> None:
    """Let the database count what is in its tables now, by which it chooses how to read them.

    After much was stored, PostgreSQL does so by itself some minutes later, SQLite in the next daily job.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        lift_timeouts()
        cursor.execute(f"PRAGMA optimize({EVERY_TABLE_BRIEFLY})" if connection.vendor == "sqlite" else "ANALYZE")


def exit_if_outdated() -> None:
    """Stop with one line if the database was created by migrations that are gone or were rewritten before a release."""
    loader = MigrationLoader(connection)
    applied, known = set(loader.applied_migrations), set(loader.disk_migrations)
    if applied - known or (applied == known and lacks_columns()):
        sys.exit(
            f"This database is from an earlier version and cannot be updated. To start again: rm -r {settings.DATA_DIR}"
        )


def lacks_columns() -> bool:
    """Return whether a table lacks a column that its model has."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = connection.introspection.get_table_description(cursor, model._meta.db_table)
            if not {column.name for column in table}.issuperset(
                field.column for field in model._meta.local_concrete_fields
            ):
                return True
    return False
