"""Health checks for load balancers and service managers: whether the process runs, and whether it can serve."""

from django.core.cache import caches
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from server.cache import RedisOrDatabase

_is_migrated = False


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process runs, without asking the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 503 with the reason if the site cannot serve."""
    try:
        trouble = find_problem()
    except Error:
        trouble = "the database is not responding"
    if trouble:
        return HttpResponse(f"{trouble}\n", status=503, content_type="text/plain", headers={"Retry-After": "2"})
    problem = cache_problem()
    return HttpResponse(f"ok, but: {problem}\n" if problem else "ok\n", content_type="text/plain")


def cache_problem() -> str:
    """Return what is wrong with Redis if it is used: the site can serve without it."""
    return found.problem() if isinstance(found := caches["default"], RedisOrDatabase) else ""


def find_problem() -> str:
    """Return why the site cannot serve, or "" if the database responds and is migrated."""
    global _is_migrated  # a migrated database stays migrated, and making the plan is slow
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _is_migrated:
        if pending := pending_migrations():
            return f"{len(pending)} migrations are pending"
        _is_migrated = True
    return ""


def pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
