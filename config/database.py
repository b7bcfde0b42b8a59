"""Connection options of SQLite and PostgreSQL, directly or through a pooler."""

from typing import Any

SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 5,
    "transaction_mode": "IMMEDIATE",  # makes atomic() the lock
    "pool": 16,  # as many as requests in Django at once (server/http/concurrency.py), each with a cache of 4 MB at most
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-4000;"
        "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864; PRAGMA trusted_schema=OFF"
    ),
}
# All queries read few rows of tables that are in memory. On a table without statistics, such as one just filled by
# other means, PostgreSQL would otherwise read all commenters with several processes to find those of one page.
PLANNING = "-c random_page_cost=1.1 -c max_parallel_workers_per_gather=0"
# For commands, which may take long: they wait for a lock longer than a request can hold one.
POSTGRES_OPTIONS: dict[str, Any] = {
    "connect_timeout": 3,
    # A role's own limits, set for requests through a pooler, do not apply to commands.
    "options": f"{PLANNING} -c lock_timeout=30s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
    "tcp_user_timeout": 10000,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "prepare_threshold": 1_000_000,  # only those that server/prepared.py asks for; none through a pooler
}
# The name of connections of web and job processes, by which server/running.py sees that the site runs on another host
SITE_PROCESS = "rejoinder site"
# Added for requests and jobs (server/database.py)
POSTGRES_REQUEST_OPTIONS: dict[str, Any] = {
    "options": f"{PLANNING} -c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s",
    # The pool pauses twice as long after each failed attempt to connect, up to `reconnect_timeout`; then requests try.
    "pool": {
        "min_size": 1, "max_size": 18, "timeout": 3, "max_lifetime": 1800, "max_idle": 300, "reconnect_timeout": 4,
    },
}  # fmt: skip


def postgres_options(options: dict[str, Any], *, pooler: bool) -> dict[str, Any]:
    """Return these options, for a pooler without PostgreSQL's settings, which it refuses, and prepared statements.

    The owner has the pooler set the time limits instead (docs/install.md); the doctor checks that.
    """
    left_out = ("options", "prepare_threshold") if pooler else ()
    return {name: value for name, value in options.items() if name not in left_out}
