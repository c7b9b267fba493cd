"""How a whole call sounded: each side's voice, its curve, its tense stretches, what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from phrasebook.model import MoodRules
from qa_engine.events import Hit, Role, Utterance
from qa_engine.prosody.contour import semitones
from qa_engine.prosody.moods import Mood, moods
from qa_engine.prosody.passages import Passage, movement_st, passages
from qa_engine.prosody.tension import (
    Baseline,
    Sounding,
    TenseStretch,
    baseline,
    sounding,
    tense,
)
from qa_engine.rules.counting import is_speaker_known
from qa_engine.rules.voices import VoiceSpan, by_time, is_backchannel, overlaps

__all__ = ["SILENT", "Greeting", "Manner", "Prosody", "ProsodyMeter", "Voice"]

MONOTONE_BELOW_ST = 3.0
LIVELY_FROM_ST = 6.5
_LEAST_OVERLAP_MS = 400
_GREETING_MS = 6_000
_ENDING_POINTS = 4
"""Voiced points at the end of a greeting that tell whether it rises: some 300 ms."""
_RISE_ST = 1.0


class Manner(StrEnum):
    """How far a voice moves: 平直, 自然, 起伏明显."""

    MONOTONE = "monotone"
    EVEN = "even"
    LIVELY = "lively"


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """How the agent's first words sounded."""

    begin_ms: int
    end_ms: int
    pitch_st: float
    """Above the agent's own calm."""
    movement_st: float
    ending_st: float
    """Where the last syllables lie above the middle of the greeting."""
    rises: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One side of the call."""

    role: Role
    pitch_hz: float
    level_dbfs: float
    rate_cpm: float | None
    """These three when calm."""
    above_noise_db: float | None
    movement_st: float
    manner: Manner
    passages: tuple[Sounding, ...]
    greeting: Greeting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prosody:
    """Shown and never charged; empty where nobody heard the sound."""

    voices: tuple[Voice, ...] = ()
    tense: tuple[TenseStretch, ...] = ()
    moods: tuple[Mood, ...] = ()


SILENT = Prosody()


class ProsodyMeter:
    """One call's voices, final by final; what nobody is known to have said is nobody's voice."""

    def __init__(self, rules: MoodRules) -> None:
        self._rules = rules
        self._finals: list[Utterance] = []
        self._passages: dict[Role, list[Passage]] = {role: [] for role in Role}
        self._soundings: dict[Role, tuple[Sounding, ...]] = {}
        """As far as is heard; new words change it."""

    def feed(self, utterance: Utterance) -> None:
        """A final."""
        self._finals.append(utterance)
        self._soundings.clear()
        if is_speaker_known(utterance.role_confidence) and utterance.recorded is None:
            self._passages[utterance.role] += passages(utterance)

    def moods(self, hits: Iterable[Hit]) -> tuple[Mood, ...]:
        """What voice and words say by now."""
        told = [hit for hit in hits if is_speaker_known(hit.role_confidence)]
        if not told:
            return ()
        roles = {hit.role for hit in told}
        return moods(told, {role: self._sounding(role) for role in roles}, self._rules)

    def result(self, hits: Iterable[Hit]) -> Prosody:
        """The whole call."""
        voices = tuple(voice for role in Role if (voice := self._voice(role)) is not None)
        return Prosody(
            voices=voices,
            tense=tuple(
                sorted(
                    (one for voice in voices for one in tense(voice.role, voice.passages)),
                    key=lambda one: (one.begin_ms, one.role),
                )
            ),
            moods=self.moods(hits),
        )

    def _sounding(self, role: Role) -> tuple[Sounding, ...]:
        if role not in self._soundings:
            self._soundings[role] = self._sounding_anew(role)
        return self._soundings[role]

    def _sounding_anew(self, role: Role) -> tuple[Sounding, ...]:
        own = sorted(self._passages[role], key=lambda one: (one.begin_ms, one.utterance))
        calm = baseline(own)
        if calm is None:
            return ()
        over = self._interruptions(role)
        return tuple(sounding(passage, calm, over) for passage in own)

    def _interruptions(self, role: Role) -> list[VoiceSpan]:
        texts = {said.id: said.text for said in self._finals}
        known = [u for u in self._finals if is_speaker_known(u.role_confidence)]
        return [
            VoiceSpan(over.begin_ms, over.end_ms, over.utterance)
            for over in overlaps(known)
            if over.by is role
            and over.end_ms - over.begin_ms >= _LEAST_OVERLAP_MS
            and not is_backchannel(texts[over.utterance])
        ]

    def _voice(self, role: Role) -> Voice | None:
        shown = self._sounding(role)
        calm = baseline(self._passages[role])
        if not shown or calm is None:
            return None
        movement = median(passage.movement_st for passage in shown)
        return Voice(
            role=role,
            pitch_hz=round(calm.pitch_hz, 1),
            level_dbfs=round(calm.level_dbfs, 1),
            rate_cpm=None if calm.rate_cpm is None else round(calm.rate_cpm),
            above_noise_db=self._above_noise(role, calm),
            movement_st=round(movement, 1),
            manner=_manner(movement),
            passages=shown,
            greeting=self._greeting(calm) if role is Role.AGENT else None,
        )

    def _above_noise(self, role: Role, calm: Baseline) -> float | None:
        noises = [
            said.contour.noise_dbfs
            for said in self._finals
            if said.role is role and said.contour and said.contour.noise_dbfs is not None
        ]
        return round(calm.level_dbfs - median(noises), 1) if noises else None

    def _greeting(self, calm: Baseline) -> Greeting | None:
        own = [
            said
            for said in sorted(self._finals, key=by_time)
            if said.role is Role.AGENT
            and said.recorded is None
            and said.contour is not None
            and is_speaker_known(said.role_confidence)
        ]
        first = [said for said in own if said.begin_ms < own[0].begin_ms + _GREETING_MS]
        return _greeting(first, calm) if first else None


def _manner(movement: float) -> Manner:
    if movement < MONOTONE_BELOW_ST:
        return Manner.MONOTONE
    return Manner.LIVELY if movement >= LIVELY_FROM_ST else Manner.EVEN


def _greeting(first: Sequence[Utterance], calm: Baseline) -> Greeting | None:
    voiced = [hz for said in first if said.contour for hz in said.contour.pitch_hz if hz]
    if len(voiced) < 2 * _ENDING_POINTS:
        return None
    middle = median(voiced)
    ending = semitones(median(voiced[-_ENDING_POINTS:]), middle)
    return Greeting(
        begin_ms=first[0].begin_ms,
        end_ms=first[-1].end_ms,
        pitch_st=round(semitones(middle, calm.pitch_hz), 1),
        movement_st=round(movement_st(voiced), 1),
        ending_st=round(ending, 1),
        rises=ending >= _RISE_ST,
    )
