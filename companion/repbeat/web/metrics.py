"""Figures of the running service in Prometheus' text: of routes, devices and the store, never of a person.

Labels are the names of routes, methods, statuses and states, all written in code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from flask import Flask, Response, g, request
from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from repbeat import __version__
from repbeat.store import Database

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
HEARD_MS = 24 * 3600 * 1000  # a device heard within a day counts as heard
LOW_BATTERY_PERCENT = 20


class _Store(Collector):
    """What the store says of devices and of what waits, read when it is asked for."""

    def __init__(self, db: Database, unix_s: Callable[[], float]) -> None:
        self._db = db
        self._unix_s = unix_s

    def collect(self) -> Iterator[Metric]:
        found = self._db.rows(
            """SELECT COUNT(*) AS known,
                 SUM(CASE WHEN last_seen_ms > :since_ms THEN 1 ELSE 0 END) AS heard,
                 SUM(CASE WHEN problem <> '' THEN 1 ELSE 0 END) AS in_trouble,
                 SUM(CASE WHEN battery_percent < :low THEN 1 ELSE 0 END) AS low_battery
               FROM devices""",
            since_ms=round(self._unix_s() * 1000) - HEARD_MS,
            low=LOW_BATTERY_PERCENT,
        )[0]
        states = GaugeMetricFamily(
            "repbeat_devices", "Devices by state: heard means within a day.", labels=["state"]
        )
        for state, count in found.items():
            states.add_metric([state], count or 0)
        yield states
        received = self._db.value("SELECT SUM(received_bytes) FROM devices")
        yield CounterMetricFamily(
            "repbeat_received_bytes", "Payload that came over the air from devices.", value=received or 0
        )
        waiting = self._db.value("SELECT COUNT(*) FROM webhook_deliveries WHERE next_ms IS NOT NULL")
        yield GaugeMetricFamily(
            "repbeat_webhook_deliveries_waiting", "Events still to be delivered.", value=waiting
        )
        commands = self._db.value("SELECT COUNT(*) FROM device_commands WHERE done_ms IS NULL")
        yield GaugeMetricFamily(
            "repbeat_device_commands_waiting", "Commands that devices have not confirmed.", value=commands
        )


def install(app: Flask, db: Database, unix_s: Callable[[], float]) -> CollectorRegistry:
    """Count an application's requests; the registry of its figures."""
    registry = CollectorRegistry()
    registry.register(_Store(db, unix_s))
    registry.register(PLATFORM_COLLECTOR)
    registry.register(GC_COLLECTOR)
    ProcessCollector(registry=registry)
    Info("repbeat", "This RepBeat.", registry=registry).info({"version": __version__})
    answered = Counter(
        "repbeat_requests", "Requests answered.", ["method", "route", "status"], registry=registry
    )
    took = Histogram(
        "repbeat_request_seconds", "Time to answer.", ["route"], registry=registry, buckets=BUCKETS_S
    )

    @app.before_request
    def begin() -> None:
        g.metrics_began = time.perf_counter()

    @app.after_request
    def done(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        answered.labels(method, route, response.status_code).inc()
        if "metrics_began" in g:
            took.labels(route).observe(time.perf_counter() - g.metrics_began)
        return response

    return registry
