"""Redis as the cache, and the database in its place while Redis does not respond."""

import logging
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import DatabaseError, connection
from django.utils import timezone

logger = logging.getLogger("rejoinder.server")

TABLE = "rejoinder_cache"
MAX_ENTRIES = 10_000
TIMEOUT = 0.25  # seconds, for a connection and for an answer
RETRY_AFTER = 1.0
CHANGES = {"add", "set", "touch", "delete", "incr"}


class RedisOrDatabase(BaseCache):
    """Django's Redis cache; once Redis fails a request, all requests use the database until Redis is back.

    A thread waits for Redis, so that no other request does. Before Redis is used again, all entries written to the
    database are copied to it, so that no older value comes back.
    """

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(params)
        servers = server if isinstance(server, str) else ",".join(server)
        self.switch = shared_failover(servers, tuple(sorted(params.get("OPTIONS", {}).items())))

    def problem(self) -> str:
        """Try Redis, and return a description of what is wrong with it, or an empty string."""
        self.get("problem")
        return self.switch.problem

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self.switch.call("add", self._full_key(key, version), value, self._timeout_or_default(timeout)))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self.switch.call("get", self._full_key(key, version), default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self.switch.call("set", self._full_key(key, version), value, self._timeout_or_default(timeout))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self.switch.call("touch", self._full_key(key, version), self._timeout_or_default(timeout)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self.switch.call("delete", self._full_key(key, version)))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self.switch.call("has_key", self._full_key(key, version)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self.switch.call("incr", self._full_key(key, version), delta))

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        full_keys = {self._full_key(key, version): key for key in keys}
        return {full_keys[key]: value for key, value in self.switch.call("get_many", list(full_keys)).items()}

    def clear(self) -> None:
        self.switch.call("clear")

    def _timeout_or_default(self, timeout: Any) -> Any:
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout

    def _full_key(self, key: Any, version: int | None) -> str:
        return self.make_and_validate_key(key, version=version)


class Failover:
    """Chooses between Redis and the database; one for all threads of a process."""

    def __init__(self, servers: str, options: dict[str, Any]) -> None:
        # Here: the package is installed only where Redis is used.
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        limits = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "retry": Retry(NoBackoff(), 0)}
        final_key = {"KEY_FUNCTION": lambda key, prefix, version: key}
        self.errors = (redis.RedisError, OSError)
        self.redis = RedisCache(servers, {**final_key, "OPTIONS": {**limits, **options}})
        self.database = DatabaseCache(TABLE, {**final_key, "OPTIONS": {"MAX_ENTRIES": MAX_ENTRIES}})
        self.problem = ""
        self.outdated: set[str] = set()  # keys whose value in Redis must not come back
        self.lock = threading.Lock()

    def call(self, operation: str, *arguments: Any) -> Any:
        """Call an operation of Redis, or of the database while Redis does not respond."""
        if not self.problem:
            try:
                return getattr(self.redis, operation)(*arguments)
            except self.errors as error:
                self.fail_over(error)
                # A Redis that hangs still executes the command once it goes on, such as taking a lock.
                self.outdated.update(arguments[:1] if operation in CHANGES else ())
        if operation == "delete" and len(self.outdated) < MAX_ENTRIES:
            self.outdated.add(arguments[0])
        return getattr(self.database, operation)(*arguments)

    def fail_over(self, error: Exception) -> None:
        """Use the database from now on, and start a thread that waits for Redis."""
        with self.lock:
            if self.problem:
                return
            self.problem = "Redis is not responding, so the database is used as the cache"
        logger.warning("%s (%s).", self.problem, error)
        threading.Thread(target=self.restore_redis, name="restore Redis", daemon=True).start()

    def restore_redis(self) -> None:
        """Wait until Redis responds, copy the database's entries to it, and use it again."""
        pause = threading.Event()
        while self.problem:
            pause.wait(RETRY_AFTER)
            try:
                self.copy_to_redis(overwrite=True)
                self.problem = ""
                self.copy_to_redis(overwrite=False)  # what was being written when the first copy was made
            except self.errors:
                continue
            except DatabaseError as failure:
                logger.warning("The cache could not be copied to Redis: %s", failure)
            finally:
                connection.close()
        logger.warning("Redis is responding again and is used as the cache.")

    def copy_to_redis(self, *, overwrite: bool) -> None:
        """Delete what is outdated in Redis, then move every entry from the database to it."""
        for _ in range(2):  # by then Redis has read whatever was still on its way
            self.redis.get("problem")
        while self.outdated:
            self.redis.delete(self.outdated.pop())
        now = timezone.now()
        for key, stored, expires in stored_entries():
            seconds = (expires - now).total_seconds()
            value = self.database.get(key)
            if value is not None and seconds > 0:
                (self.redis.set if overwrite else self.redis.add)(key, value, max(1, round(seconds)))
            delete_if_unchanged(key, stored)


@cache
def shared_failover(servers: str, options: tuple[tuple[str, Any], ...]) -> Failover:
    """Return this process's only Failover for these Redis servers."""
    return Failover(servers, dict(options))


def stored_entries() -> list[tuple[str, str, datetime]]:
    """Return key, stored value and expiry of all entries in the table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT cache_key, value, expires FROM {TABLE}")  # noqa: S608
        return [(key, stored, in_utc(expires)) for key, stored, expires in cursor.fetchall()]


def in_utc(expires: datetime | str) -> datetime:
    """Return the time in UTC; SQLite returns text."""
    found = datetime.fromisoformat(expires) if isinstance(expires, str) else expires
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def delete_if_unchanged(key: str, stored: str) -> None:
    """Delete an entry that was copied, unless it has changed since."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE cache_key = %s AND value = %s", [key, stored])  # noqa: S608
