"""The hosts that run this site, each with a fingerprint of its SECRET_KEY, stored as leases."""

import socket
from datetime import timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from server.models import Lease

PREFIX = "host."
RECORD_INTERVAL = 60 * 60.0
VALID_FOR = timedelta(hours=2)
MAX_NAME = 40


def key_fingerprint(key: str | None = None) -> str:
    """Return a hash of a key, by default SECRET_KEY, that is equal for equal keys and tells nothing else about them."""
    return salted_hmac("server.jobs.hosts", "fingerprint", secret=key, algorithm="sha256").hexdigest()[:16]


def record() -> None:
    """Store this host's name and fingerprint, in place of an earlier one."""
    name = socket.gethostname()[:MAX_NAME]
    current = f"{PREFIX}{key_fingerprint()}.{name}"
    rows = Lease.objects.filter(worker__startswith=PREFIX).exclude(worker=current)
    rows.filter(worker__in=[row.worker for row in rows if _parse(row.worker)[0] == name]).delete()
    Lease.objects.update_or_create(worker=current, defaults={"renewed": timezone.now()})


def fingerprints() -> dict[str, str]:
    """Return the fingerprint of each host that has recorded one lately."""
    rows = Lease.objects.filter(worker__startswith=PREFIX, renewed__gt=timezone.now() - VALID_FOR)
    return dict(_parse(worker) for worker in rows.values_list("worker", flat=True))


def _parse(worker: str) -> tuple[str, str]:
    _, fingerprint, name = worker.split(".", 2)
    return name, fingerprint
