"""Tells errors of an unavailable database, or another service, from errors of the code."""

import errno
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, OperationalError


def is_unavailable(error: BaseException | None) -> bool:
    """Return whether the database cannot be reached, is locked, or cannot write because the disk is full.

    Or whether another service, such as the bucket, does not respond.
    """
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    # SQLite calls a wrong statement or a missing table an OperationalError too; its code tells them apart.
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return code is None or code & 0xFF != sqlite3.SQLITE_ERROR


def is_unreachable(error: DatabaseError) -> bool:
    """Return whether no connection could be made or the existing one has ended."""
    cause = error.__cause__
    code: int = getattr(cause, "sqlite_errorcode", None) or 0
    if code & 0xFF in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB}:
        return True
    return isinstance(error, OperationalError) and getattr(cause, "sqlstate", "") is None


# By SQLite's code: what to do about a database file that can be opened but not used.
REMEDIES = {
    sqlite3.SQLITE_READONLY: "Let the site's user write to the file and its folder.",
    sqlite3.SQLITE_FULL: "Free up disk space.",
    sqlite3.SQLITE_CORRUPT: "The file is damaged: keep a copy of it, and restore the latest backup.",
    sqlite3.SQLITE_IOERR: "Check the disk and its free space.",
}


def refusal(error: DatabaseError) -> str:
    """Return why a command cannot use the database and what to do, or "" for an error of the code."""
    if is_unreachable(error):
        return f"The database cannot be reached. Check DATABASE_URL and the database server: {error}"
    code: int = getattr(error.__cause__, "sqlite_errorcode", None) or 0
    remedy = REMEDIES.get(code & 0xFF)
    return f"The database cannot be used: {error}. {remedy}" if remedy else ""


@contextmanager
def exit_if_unreachable() -> Iterator[None]:
    """Stop a command that cannot reach or use the database with the reason in one line."""
    try:
        yield
    except DatabaseError as error:
        message = refusal(error)
        if not message:
            raise
        sys.stderr.write(" ".join(message.split()) + "\n")
        raise SystemExit(2) from None
