"""Hints while the call runs: too fast, dead air, interrupting, one turn too long, too loud or soft.

Hints are for the person speaking and are sparing; the verdict comes from the finished call.
"""

from __future__ import annotations

from collections.abc import Sequence

from phrasebook.model import ConductLimits
from qa_engine.events import ConductNoticed, Role, Utterance
from qa_engine.rules.voices import VoiceSpan, characters, interruptions, speaking_ms, turns

ROLLING_MS = 30_000
"""The rolling speech rate looks back over this much of the call."""

MIN_ROLLING_CHARS = 40
AGAIN_MS = 60_000
"""The same hint is not given twice within this time."""

RECENT = 12
"""How many of the latest utterances a hint looks at."""

MIN_LEVEL_MS = 1_500
"""A shorter utterance (喂, 好的) says nothing about loudness."""


class Hints:
    """What was already hinted at, and since when nobody has spoken."""

    def __init__(self, limits: ConductLimits) -> None:
        self._limits = limits
        self._given: dict[str, int] = {}
        self._last_voice_ms: int | None = None
        self._silence_told_ms = -1
        self._interruptions_told: set[int | None] = set()
        self._overlong_told = False

    def voice(self, utterance: Utterance) -> None:
        """Somebody spoke until `utterance.end_ms`."""
        self._last_voice_ms = max(self._last_voice_ms or 0, utterance.end_ms)

    def final(self, utterance: Utterance, finals: Sequence[Utterance]) -> list[ConductNoticed]:
        """Hints that a finished utterance gives; `finals` in order of time, with it."""
        recent = finals[-RECENT:]
        found = self._interruption(utterance, recent)
        if utterance.role is Role.AGENT:
            found += [*self._rate(utterance, recent), *self._turn(utterance, recent)]
            found += self._level(utterance)
        return found

    def tick(self, now_ms: int, *, on_hold: bool) -> list[ConductNoticed]:
        """Silence so far, and the length of the call so far."""
        found = []
        since = self._last_voice_ms
        if since is not None and not on_hold and since != self._silence_told_ms:
            quiet = now_ms - since
            if quiet > self._limits.silence_ms:
                self._silence_told_ms = since
                found.append(
                    _notice(
                        "silence", None, quiet, self._limits.silence_ms, VoiceSpan(since, now_ms)
                    )
                )
        limit = self._limits.handle_time_ms
        if now_ms > limit and not self._overlong_told:
            self._overlong_told = True
            found.append(_notice("handle_time", None, now_ms, limit, VoiceSpan(0, now_ms)))
        return found

    def _interruption(
        self, utterance: Utterance, recent: Sequence[Utterance]
    ) -> list[ConductNoticed]:
        limit = self._limits.interruption_overlap_ms
        found = []
        for span in interruptions(recent, limit):
            if span.utterance in self._interruptions_told:
                continue
            self._interruptions_told.add(span.utterance)
            found.append(_notice("interruption", Role.AGENT, span.duration_ms, limit, span))
        return found

    def _rate(self, utterance: Utterance, recent: Sequence[Utterance]) -> list[ConductNoticed]:
        spoken = [
            u
            for u in recent
            if u.role is Role.AGENT
            and u.intelligible
            and utterance.end_ms - u.begin_ms <= ROLLING_MS
        ]
        count = sum(characters(u.text) for u in spoken)
        duration = sum(speaking_ms(u) for u in spoken)
        if count < MIN_ROLLING_CHARS or duration <= 0:
            return []
        rate, limit = count * 60_000 / duration, self._limits.rate_high_cpm
        if rate <= limit:
            return []
        span = VoiceSpan(spoken[0].begin_ms, utterance.end_ms, utterance.id)
        return self._sparingly(_notice("rate", Role.AGENT, round(rate), limit, span))

    def _turn(self, utterance: Utterance, recent: Sequence[Utterance]) -> list[ConductNoticed]:
        limit = self._limits.turn_max_ms
        own = [turn for turn in turns(recent) if utterance in turn.utterances]
        if not own or own[0].end_ms - own[0].begin_ms <= limit:
            return []
        span = VoiceSpan(own[0].begin_ms, own[0].end_ms, utterance.id)
        return self._sparingly(_notice("turn", Role.AGENT, span.duration_ms, limit, span))

    def _level(self, utterance: Utterance) -> list[ConductNoticed]:
        level, limits = utterance.level_dbfs, self._limits
        if level is None or utterance.end_ms - utterance.begin_ms < MIN_LEVEL_MS:
            return []
        if limits.volume_low_dbfs <= level <= limits.volume_high_dbfs:
            return []
        loud = level > limits.volume_high_dbfs
        limit = limits.volume_high_dbfs if loud else limits.volume_low_dbfs
        span = VoiceSpan(utterance.begin_ms, utterance.end_ms, utterance.id)
        return self._sparingly(_notice("volume", Role.AGENT, level, limit, span))

    def _sparingly(self, notice: ConductNoticed) -> list[ConductNoticed]:
        last = self._given.get(notice.check)
        if last is not None and notice.at_ms - last < AGAIN_MS:
            return []
        self._given[notice.check] = notice.at_ms
        return [notice]


def _notice(
    check: str, role: Role | None, value: float, limit: float, span: VoiceSpan
) -> ConductNoticed:
    return ConductNoticed(
        at_ms=span.end_ms,
        check=f"conduct.{check}",
        role=role,
        value=value,
        limit=limit,
        begin_ms=span.begin_ms,
        end_ms=span.end_ms,
    )
