"""What is measured when Prometheus asks, beside what is counted as it happens."""

from __future__ import annotations

import shutil
from contextlib import suppress

from api.live.calls import LiveCalls


def metrics_page(calls: LiveCalls) -> bytes:
    metrics = calls.metrics
    for name, died in calls.parts().items():
        metrics.part_up.labels(name).set(died is None)
    metrics.ready.set(calls.admission.refusal() is None)
    metrics.filing_lag.set(calls.filing.lag_s())
    # A directory that cannot be read tells of itself elsewhere.
    with suppress(OSError):
        metrics.disk_free.set(shutil.disk_usage(calls.settings.data_dir).free)
    return metrics.page()
