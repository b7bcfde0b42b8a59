"""Fills an empty database from a backup, with the tables of the backup's version, and then brings it up to date."""

from collections.abc import Sequence

from django.apps.registry import Apps
from django.core.management import call_command
from django.db import DataError, IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from transfer.backup import rows
from transfer.backup.archive import Damaged, Reader
from transfer.backup.making import ROWS

Migrations = Sequence[tuple[str, str]]


class OtherVersion(Exception):
    """The backup was made by a version whose migrations this one does not have; the argument is that version."""


def check_version(backup: Reader) -> None:
    """Raise OtherVersion for a backup that this version cannot restore."""
    if not set(migrations_of(backup)) <= set(MigrationLoader(None).disk_migrations or ()):
        raise OtherVersion(backup.manifest["version"])


def migrations_of(backup: Reader) -> list[tuple[str, str]]:
    """Return the migrations that the backup's database had."""
    return [(app, name) for app, name in backup.manifest["migrations"]]


def fill(backup: Reader) -> Apps:
    """Create the tables as the backup's version had them and insert all rows. Raises Damaged or OtherVersion.

    Returns the models of that version. On PostgreSQL call it in a transaction: foreign keys must be checked at once
    while migrations run, as a table with deferred checks cannot be altered, and at the end while rows are inserted.
    """
    executor = MigrationExecutor(connection)
    last = last_of_each_app(migrations_of(backup), executor.loader)
    check_constraints("IMMEDIATE")
    executor.migrate(last)
    apps = executor.loader.project_state(last).apps
    try:
        with transaction.atomic():
            check_constraints("DEFERRED")
            rows.empty(rows.tables(apps))
            for label, table in backup.manifest["tables"].items():
                model = apps.get_model(label)
                with backup.open(f"{ROWS}/{label}.jsonl") as source:
                    if rows.read(model, source) != table["rows"]:
                        raise Damaged(f"it should have {table['rows']} rows of {label}, but has more or fewer")
                if table["last"] is not None:
                    rows.set_last_key(model, table["last"])
            check_constraints("IMMEDIATE")
    except (IntegrityError, DataError) as error:
        raise Damaged(f"the database rejects its rows: {' '.join(str(error).split())}") from error
    except LookupError as error:
        raise OtherVersion(backup.manifest["version"]) from error
    return apps


def update() -> None:
    """Apply the migrations that the backup's version did not have."""
    call_command("migrate", interactive=False, verbosity=0)


def check_constraints(when: str) -> None:
    """Let PostgreSQL check foreign keys at once or at the end; SQLite always checks them at the end."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL {when}")


def last_of_each_app(migrations: Migrations, loader: MigrationLoader) -> list[tuple[str, str]]:
    """Return those of the migrations that no other one of the same app stands on."""
    known = set(migrations)
    return [
        node
        for node in migrations
        if not any(child.key in known and child.key[0] == node[0] for child in loader.graph.node_map[node].children)
    ]
