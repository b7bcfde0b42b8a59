"""A migrated database for one benchmark, on SQLite or PostgreSQL, dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from tests import make


@contextmanager
def fresh() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(settings.DATA_DIR / "bench.sqlite3")  # on disk, as in production
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        make.site()
        make.rules(hold_first_comment=False)
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
