"""Connections of their own: a snapshot of the site's database, its copy, and new databases to restore into."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from server.sqlite.base import DatabaseWrapper

SNAPSHOT = "snapshot"


@contextmanager
def snapshot() -> Iterator[str]:
    """Name a connection that sees the database as it is now until the block ends, without blocking writers."""
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        own: dict[str, Any] = {"transaction_mode": "DEFERRED"}
    else:
        from psycopg import IsolationLevel

        own = {"isolation_level": IsolationLevel.REPEATABLE_READ}
    unpooled = {name: value for name, value in options.items() if name != "pool"}
    connections.databases[SNAPSHOT] = {
        **connection.settings_dict,
        "OPTIONS": {**unpooled, **own},
        "DISABLE_SERVER_SIDE_CURSORS": False,  # a pooler keeps the connection for the whole transaction
    }
    try:
        with transaction.atomic(using=SNAPSHOT):
            with connections[SNAPSHOT].cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("SET TRANSACTION READ ONLY")
                    cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
                cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")  # it is as of the first statement
            yield SNAPSHOT
    finally:
        connections[SNAPSHOT].close()
        del connections[SNAPSHOT]
        del connections.databases[SNAPSHOT]


@contextmanager
def new_sqlite(file: Path) -> Iterator[None]:
    """Connect this thread to a new SQLite file instead of the site's database; at the end the file is whole on disk.

    Migrations, also those of other packages, know no database but the default one.
    """
    before = connections[DEFAULT_DB_ALIAS]
    options = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON",
    }
    changes = {"ENGINE": "server.sqlite", "NAME": str(file), "OPTIONS": options}
    connections[DEFAULT_DB_ALIAS] = DatabaseWrapper({**before.settings_dict, **changes}, DEFAULT_DB_ALIAS)
    try:
        yield
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
        connections[DEFAULT_DB_ALIAS] = before


@contextmanager
def copied_sqlite(folder: Path) -> Iterator[None]:
    """Connect this thread to a copy of the site's SQLite database until the block ends; writers do not wait for it.

    Raises OSError if the disk has no space for the copy.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        size = cursor.fetchone()[0]
    if size > shutil.disk_usage(folder).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    file = folder / "copy.sqlite3"
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
    with new_sqlite(file):
        yield


def own_tables() -> list[str]:
    """Return the tables of this site in the database, also those of a newer version."""
    labels = {config.label for config in apps.get_app_configs()}
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        if "django_migrations" in tables:
            cursor.execute("SELECT DISTINCT app FROM django_migrations")
            labels |= {app for (app,) in cursor.fetchall()}
    prefixes = tuple(f"{label}_" for label in {*labels, "django", "rejoinder"})
    return [table for table in tables if table.startswith(prefixes)]


def close() -> None:
    """Close this thread's connection to the site's database, and its pool."""
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
