"""How late hits, prompts and finals came in calls that were fed live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.live_line import Trace

TAIL_MS = 1_500


TURN_S = 0.5
"""A prompt this long after its hit was told had to wait its turn."""


@dataclass(slots=True)
class Lags:
    """Milliseconds from the end of the last syllable to the frame at the sidebar."""

    prompt: list[float] = field(default_factory=list)
    """The prompt about the phrase, where the place for it was free."""
    queued: list[float] = field(default_factory=list)
    """The prompt, where another one stood there first: one at a time is the policy."""
    heard: list[float] = field(default_factory=list)
    """The first message that names the hit, shown as a prompt or not."""
    confirmed: list[float] = field(default_factory=list)
    final: list[float] = field(default_factory=list)
    """From the end of an utterance's speech to its final text."""
    said: int = 0
    found: int = 0
    shown: int = 0
    retracted: int = 0


def lags(traces: Sequence[Trace]) -> Lags:
    total = Lags()
    for trace in traces:
        hits: dict[str, tuple[str, int, float, float | None]] = {}
        prompts: dict[str, float] = {}
        waited: set[str] = set()
        last_s: dict[str, float] = {}
        for at_s, message in trace.messages:
            if message["type"] == "hit":
                _note_hit(hits, message, at_s)
                last_s[message["hit"]["id"]] = at_s
            elif message["type"] == "prompt":
                if message["state"] == "shown" and message.get("hit"):
                    prompts.setdefault(message["hit"], at_s)
                    if at_s - last_s.get(message["hit"], at_s) > TURN_S:
                        waited.add(message["hit"])
                    total.shown += message["kind"] == "phrase"
                total.retracted += message["state"] == "withdrawn" and message["kind"] == "phrase"
            elif message["type"] == "utterance" and message["utterance"]["is_final"]:
                _note_final(total, trace, message["utterance"], at_s)
        _note_phrases(total, trace, hits, prompts, waited)
    return total


def _note_hit(
    hits: dict[str, tuple[str, int, float, float | None]], message: dict[str, Any], at_s: float
) -> None:
    hit = message["hit"]
    source, end_ms, first_s, confirmed_s = hits.get(
        hit["id"], (hit["source"], hit["end_ms"], at_s, None)
    )
    if message["state"] == "confirmed" and confirmed_s is None:
        confirmed_s = at_s
    hits[hit["id"]] = (source, hit["end_ms"] or end_ms, first_s, confirmed_s)


def _note_phrases(
    total: Lags,
    trace: Trace,
    hits: dict[str, tuple[str, int, float, float | None]],
    prompts: dict[str, float],
    waited: set[str],
) -> None:
    for phrase in trace.recording.phrases:
        total.said += 1
        near = [
            (abs(end_ms - phrase.end_ms), hit_id)
            for hit_id, (source, end_ms, _, confirmed_s) in hits.items()
            if source == phrase.source and confirmed_s is not None
        ]
        if not near or min(near)[0] > TAIL_MS:
            continue
        total.found += 1
        hit_id = min(near)[1]
        _, _, first_s, confirmed_s = hits[hit_id]
        total.heard.append(trace.lag_ms(first_s, phrase.end_ms))
        if confirmed_s is not None:
            total.confirmed.append(trace.lag_ms(confirmed_s, phrase.end_ms))
        if hit_id in prompts:
            lag_ms = trace.lag_ms(prompts[hit_id], phrase.end_ms)
            (total.queued if hit_id in waited else total.prompt).append(lag_ms)


def _note_final(total: Lags, trace: Trace, said: dict[str, Any], at_s: float) -> None:
    ends = [end for end in trace.recording.speech_ends_ms if abs(end - said["end_ms"]) < 600]
    if ends:
        total.final.append(trace.lag_ms(at_s, min(ends, key=lambda e: abs(e - said["end_ms"]))))


def percentile(values: Sequence[float], share: float) -> float:
    """By the nearest rank, of at least one value."""
    ordered = sorted(values)
    return ordered[min(round(share * (len(ordered) - 1)), len(ordered) - 1)]
