"""Which errors say that the records are away for a moment, rather than that the code is wrong."""

import errno
import sqlite3

from django.db import InterfaceError, OperationalError


def is_away(error: BaseException | None) -> bool:
    """The database cannot be reached, is locked, or cannot write because the disk is full."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    # SQLite calls a wrong statement or a missing table an OperationalError too; its code tells them apart.
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return code is None or code & 0xFF != sqlite3.SQLITE_ERROR
