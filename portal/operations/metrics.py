"""What Prometheus collects: counts of this portal's processes, and its outbox now."""

from __future__ import annotations

import os
from collections.abc import Iterable

from django.db import Error
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from portal import outbox
from portal.counts import Histogram
from portal.operations.readiness import WAITING

CONTENT_TYPE = CONTENT_TYPE_LATEST
PAGE_SECONDS = Histogram(
    "portal_page_seconds",
    "How long pages took, by view and status class.",
    ["view", "status"],
    # Stored pages take less than the first.
    buckets=(0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format.

    Behind gunicorn the counts of all its workers together, else this process's.
    """
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the package has no types
    else:
        registry.register(REGISTRY)
    registry.register(OutboxCollector())
    return generate_latest(registry)


class OutboxCollector:
    """The outbox as the database has it; nothing where that cannot be read."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return how much there is in each state, and how long it has waited."""
        try:
            health = outbox.health()
        except Error:
            return []
        by_state = GaugeMetricFamily(
            "portal_outbox_submissions", "Submissions, by state.", labels=["state"]
        )
        for state in outbox.Submission.State:
            by_state.add_metric([state.value], health.counts.get(state, 0))
        oldest = GaugeMetricFamily(
            "portal_outbox_oldest_waiting_seconds",
            "Age of the submission that waits longest, by state; of unknown ones, for "
            "how long that has been unknown; 0 where none waits.",
            labels=["state"],
        )
        ages = {**health.oldest_seconds, "unknown": health.unknown_seconds}
        for waiting in (*WAITING, "held"):
            oldest.add_metric([waiting], ages.get(waiting, 0))
        file_bytes = GaugeMetricFamily(
            "portal_outbox_file_bytes",
            "Size of the files that wait.",
            value=health.file_bytes,
        )
        return [by_state, oldest, file_bytes]
