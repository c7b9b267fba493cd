"""What an operator watches (Prometheus), one registry for each server."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from api.live.message_parts import OfCall
from api.live.messages import HitTold, PromptTold
from api.live.scheduler import Depth
from api.live.sound_account import Totals

LAG_S = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 4.0, 8.0)
DECODE_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


class Metrics:
    """Also the decoder's `Meter`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.audio = Counter(
            "qa_audio_ms",
            "Milliseconds of audio of one channel, by what became of them",
            ["fate", "reason"],
            registry=registry,
        )
        self.calls = Gauge("qa_calls", "Calls that run", registry=registry)
        self.watchers = Gauge("qa_watchers", "Sidebars and boards connected", registry=registry)
        self.refused = Counter("qa_refused", "Connections refused", ["code"], registry=registry)
        self.hits = Counter("qa_hits", "Hits told", ["state", "severity"], registry=registry)
        self.prompts = Counter("qa_prompts", "Prompts by outcome", ["outcome"], registry=registry)
        self.lag = Histogram(
            "qa_prompt_lag_seconds",
            "From the arrival of a word's last frame to its prompt",
            buckets=LAG_S,
            registry=registry,
        )
        self.decode = Histogram(
            "qa_decode_seconds", "One batch", ["kind"], buckets=DECODE_S, registry=registry
        )
        self.windows = Counter("qa_windows", "Windows recognised", ["kind"], registry=registry)
        self.failures = Counter("qa_decode_failures", "Windows that failed", registry=registry)
        self.queue = Gauge("qa_queue", "Windows that wait", ["kind"], registry=registry)
        self.behind = Gauge(
            "qa_behind_seconds",
            "Age of the oldest sentence that ended and is not recognised yet",
            registry=registry,
        )
        self.unfiled = Gauge(
            "qa_unfiled_calls", "Ended calls that are not in the store yet", registry=registry
        )
        self.filing_lag = Gauge(
            "qa_filing_lag_seconds",
            "How long ago the call ended that has waited longest for the store",
            registry=registry,
        )
        self.audio_decoded = Counter(
            "qa_decoded_audio_seconds",
            "Seconds of sound that were recognised, to divide qa_decode_seconds_sum by",
            ["kind"],
            registry=registry,
        )
        self.queue_age = Gauge(
            "qa_queue_age_seconds", "How long the oldest final has waited", registry=registry
        )
        self.part_up = Gauge(
            "qa_part_up", "1 while a part of the process lives", ["part"], registry=registry
        )
        self.ready = Gauge("qa_ready", "1 while a new call would be taken", registry=registry)
        self.disk_free = Gauge(
            "qa_disk_free_bytes", "Room left where calls are kept", registry=registry
        )
        self.kept = Gauge(
            "qa_kept_calls", "Calls that are over and wait to be heard", registry=registry
        )
        self.slow = Counter("qa_slow_watchers", "Watchers cut off", registry=registry)

    def decoded(self, *, final: bool, size: int, seconds: float, audio_ms: int) -> None:
        kind = "final" if final else "partial"
        self.decode.labels(kind).observe(seconds)
        self.windows.labels(kind).inc(size)
        self.audio_decoded.labels(kind).inc(audio_ms / 1_000)

    def failed(self) -> None:
        self.failures.inc()

    def lag_ms(self, ms: int) -> None:
        self.lag.observe(ms / 1_000)

    def settle(self, totals: Totals) -> None:
        """A call's accounts at its end."""
        self.audio.labels("silent", "").inc(totals.silent_ms)
        self.audio.labels("decoded", "").inc(totals.decoded_ms)
        self.audio.labels("coalesced", "").inc(totals.coalesced_ms)
        for reason, ms in totals.dropped_ms.items():
            self.audio.labels("dropped", reason).inc(ms)

    def count(self, messages: Iterable[OfCall]) -> None:
        """What was told."""
        for message in messages:
            if isinstance(message, HitTold):
                self.hits.labels(message.state, message.hit.severity).inc()
            elif isinstance(message, PromptTold):
                self.prompts.labels(message.state).inc()

    def waits(self, depth: Depth, behind_ms: int = 0) -> None:
        """What waits for recognition, and how old the oldest sentence is that is not recognised."""
        self.behind.set(behind_ms / 1_000)
        self.queue_age.set(depth.final_wait_s)
        self.queue.labels("final").set(depth.finals)
        self.queue.labels("partial").set(depth.partials)

    def page(self) -> bytes:
        return generate_latest(self.registry)
