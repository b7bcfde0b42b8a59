"""The response at /metrics."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.db import Error, close_old_connections
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare

from server.metrics.counters import BOUNDS, CLASSES, KINDS, SERIES, SUM, Role, counters
from server.metrics.gauges import Gauge, sources

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "rejoinder_"


def respond(environ: WSGIEnvironment) -> HttpResponse:
    """Respond with all metrics to a request with the token, without Django's middleware: its Host may be any."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"})
    text = "".join(f"{line}\n" for line in (*_requests(), *_gauges([*_server_gauges(), *_database_gauges()])))
    return HttpResponse(text, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _requests() -> Iterator[str]:
    """Yield the lines of requests by kind and class of status, and of their durations by kind."""
    totals = counters.totals()
    yield from _heading("requests_total", "counter", "Requests answered, without health checks and scrapes.")
    for (kind, status), numbers in totals.items():
        yield f'{PREFIX}requests_total{{kind="{kind}",status="{status}"}} {sum(numbers[:SUM])}'
    name = "request_duration_seconds"
    yield from _heading(name, "histogram", "Time from the arrival of a request until its response is ready.")
    for kind in KINDS:
        series = [sum(totals[kind, status][at] for status in CLASSES) for at in range(SERIES)]
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), accumulate(series[:SUM]), strict=True):
            yield f'{PREFIX}{name}_bucket{{kind="{kind}",le="{bound}"}} {count}'
        yield f'{PREFIX}{name}_sum{{kind="{kind}"}} {series[SUM] / 1_000_000}'
        yield f'{PREFIX}{name}_count{{kind="{kind}"}} {sum(series[:SUM])}'


def _server_gauges() -> Iterator[Gauge]:
    yield Gauge("info", "The version of Rejoinder.", 1, {"version": settings.VERSION})
    for role in Role:
        labels = {"role": role.name.lower()}
        yield Gauge("processes", "Processes that `serve` runs on this host.", counters.processes(role), labels)


def _database_gauges() -> list[Gauge]:
    """Return whether the database responds, and what it stores."""
    help_text = "Whether the database responds."
    try:
        return [*(gauge for source in sources for gauge in source()), Gauge("database_up", help_text, 1)]
    except Error:
        return [Gauge("database_up", help_text, 0)]
    finally:
        close_old_connections()


def _gauges(gauges: Iterable[Gauge]) -> Iterator[str]:
    """Yield the lines of gauges; those of one name follow each other."""
    last = ""
    for gauge in gauges:
        if gauge.name != last:
            yield from _heading(gauge.name, "gauge", gauge.help)
        last = gauge.name
        labels = ",".join(f'{name}="{value}"' for name, value in gauge.labels.items())
        yield f"{PREFIX}{gauge.name}{f'{{{labels}}}' if labels else ''} {gauge.value}"


def _heading(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {PREFIX}{name} {text}", f"# TYPE {PREFIX}{name} {kind}"
