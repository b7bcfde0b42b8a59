"""Metrics in the text format of Prometheus: at /metrics, for those who have the METRICS_TOKEN."""

from server.metrics.counters import CACHED, FILE, KINDS, RENDERED, Role, counters
from server.metrics.gauges import Gauge, register_gauges
from server.metrics.page import respond

__all__ = ["CACHED", "FILE", "KINDS", "RENDERED", "Gauge", "Role", "counters", "register_gauges", "respond"]
