"""Rate limits counted in the database, shared by all processes and hosts."""

import hmac
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.db.models import F, Max

from server.http import proxies
from server.models import Bucket

# Clocks of several hosts, and threads of one, differ slightly; a time further ahead than this comes
# from a clock set back, or from a limit that was longer once, and must not lock anyone out.
SKEW = 60.0

ACQUIRE = """
INSERT INTO {table} (key, reserved_until) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET reserved_until = %s + CASE
    WHEN {table}.reserved_until BETWEEN %s AND %s THEN {table}.reserved_until ELSE %s END
WHERE {table}.reserved_until <= %s OR {table}.reserved_until > %s
RETURNING {table}.key
"""


def acquire(purpose: str, who: str | Sequence[str], seconds: float, *, count: int = 1) -> float:
    """Use one of `count` turns in `seconds`, and return 0, or the seconds to wait if there is none left.

    `who` is an IP address (an IPv6 one counts as its /64) or any other name, and is stored as a keyed hash. Of several
    names each needs a turn: call it in a transaction that is rolled back if the result is not 0.
    """
    if seconds <= 0:
        return 0.0
    now = time.time()
    turn = seconds / count
    patience = now + seconds - turn
    too_far = now + seconds + SKEW
    keys = sorted({_hash(purpose, name) for name in ([who] if isinstance(who, str) else who)})
    rows = ", ".join(["(%s, %s)"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(
            ACQUIRE.format(table=connection.ops.quote_name(Bucket._meta.db_table), rows=rows),
            [value for key in keys for value in (key, now + turn)] + [turn, now, too_far, now, patience, too_far],
        )
        refused = {*keys}.difference(key for (key,) in cursor.fetchall())
    if not refused:
        return 0.0
    last = Bucket.objects.filter(key__in=refused).aggregate(last=Max("reserved_until"))["last"]
    return max(last - patience, 0.001) if last is not None else 0.001


def release(purpose: str, who: str, seconds: float, *, count: int = 1) -> None:
    """Return a turn that acquire() counted but that was not used."""
    Bucket.objects.filter(key=_hash(purpose, who)).update(reserved_until=F("reserved_until") - seconds / count)


def is_exhausted(purpose: str, who: str, seconds: float, *, count: int = 1) -> bool:
    """Return whether acquire() would have to wait; uses no turn."""
    reserved_until = Bucket.objects.filter(key=_hash(purpose, who)).values_list("reserved_until", flat=True).first()
    now = time.time()
    return reserved_until is not None and now + seconds - seconds / count < reserved_until <= now + seconds + SKEW


def issue(purpose: str, secret: str, seconds: float) -> None:
    """Store a secret, as a keyed hash, that can be redeemed once within so many seconds."""
    Bucket.objects.update_or_create(key=_hash(purpose, secret), defaults={"reserved_until": time.time() + seconds})


def redeem(purpose: str, secret: str) -> bool:
    """Use up an issued secret, and return whether it was there, in time and unused."""
    deleted, _ = Bucket.objects.filter(key=_hash(purpose, secret), reserved_until__gt=time.time()).delete()
    return bool(deleted)


def delete_expired() -> int:
    deleted, _ = Bucket.objects.filter(reserved_until__lt=time.time()).delete()
    return deleted


def _hash(purpose: str, who: str) -> str:
    text = f"{purpose}\0{proxies.network(who)}".encode(errors="replace")
    return hmac.new(settings.SECRET_KEY.encode(), b"server.http.ratelimit\0" + text, "sha256").hexdigest()
