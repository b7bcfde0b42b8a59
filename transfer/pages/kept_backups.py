"""The backups that the site has made, for the owner to see."""

import threading
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from transfer import bucket_errors
from transfer.backup import places

SHOWN = 5
PATIENCE = 4.0  # seconds that a page waits for a bucket


@dataclass
class KeptBackups:
    """Where backups are kept, the latest ones with time and size, and why they cannot be listed."""

    place: str = ""
    rows: list[tuple[str, datetime, int]] = field(default_factory=list)
    count: int = 0
    error: str = ""
    is_late: bool = False


def find() -> KeptBackups:
    """List the latest backups, unless their place does not respond in time."""
    if places.configured() is None:
        return KeptBackups()
    found = KeptBackups(places.describe(), is_late=True)

    def read() -> None:
        try:
            places.check_folder()
            found.rows, found.count = _list()
        except places.NoFolder:
            found.error = _("the folder does not exist")
        except OSError as error:
            found.error = str(error.strerror or error).rstrip(".")
        found.is_late = False

    reader = threading.Thread(target=read, name="backups", daemon=True)
    reader.start()
    reader.join(PATIENCE)
    return found


@bucket_errors.as_os_errors()
def _list() -> tuple[list[tuple[str, datetime, int]], int]:
    """Return the latest backups, and how many there are. Raises OSError."""
    place = places.configured()
    if place is None:
        return [], 0
    times = places.times(place)
    return [(name, times[name], place.size(name)) for name in list(times)[:SHOWN]], len(times)
