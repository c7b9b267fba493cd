"""One call, from sound to events: the object that batch and live both drive.

    hear(samples)        ─▶ DecodeWanted …   the session never calls a recogniser itself
    decoded(id, text)    ─▶ UtteranceHeard, hits, steps, conduct
    close()              ─▶ the last DecodeWanted; CallEnded once the last of them is answered

No clock, no thread, no disk: the time is the position in the audio. Finals of a channel reach the
analysis in the order they were spoken, whatever order they are recognised in, and the analysis is
told of a passing second only when everything said before it is known. So neither the chunking of
the audio nor the load on the recogniser changes what is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Protocol

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples, Transcript
from models.voice_activity import FRAME_SAMPLES, SpeechProbability
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.call_analysis import CallAnalysis
from qa_engine.events import (
    CallEnded,
    DecodeUnwanted,
    DecodeWanted,
    Role,
    SessionEvent,
    Utterance,
    UtteranceHeard,
)
from qa_engine.hearing.accounting import Account, Accounting, DropReason
from qa_engine.hearing.channel import Channel
from qa_engine.hearing.ear import Ear, Window
from qa_engine.hearing.fresh_voice import FreshVoice
from qa_engine.hearing.policy import EndpointPolicy, PartialPolicy
from qa_engine.line.known_voices import NOBODY, KnownVoices
from qa_engine.line.leak import LEAKED_FROM, UNCERTAIN, UNCERTAIN_FROM, LeakFound, Leaks
from qa_engine.line.listen import LineListener
from qa_engine.rules.judgeable import Unjudgeable

__all__ = ["CallAnalysis", "CallSession", "VoiceSource"]

_TICK_MS = 1_000
_LISTEN_MS = 2_000
_LEAD_MS = 180_000
"""While ringing and menus may still come, the analysis is told of them this often."""
_UNHEARD = Transcript(text="", confidence=0.0, intelligible=False)


class VoiceSource(Protocol):
    """Such as `models.voice_activity.VoiceActivity`."""

    def stream(self) -> SpeechProbability: ...


class CallSession:
    """`roles` names the speaker on each channel, in order."""

    def __init__(
        self,
        roles: Sequence[Role],
        *,
        voice: VoiceSource,
        analysis: CallAnalysis | None = None,
        endpoint: EndpointPolicy | None = None,
        partials: PartialPolicy | None = None,
        max_window_ms: int | None = None,
        roles_known: bool = True,
        known: KnownVoices = NOBODY,
    ) -> None:
        """`partials` None: finals only. `max_window_ms`: what the recogniser takes at most.
        `roles_known` False: both speakers share a channel, its role is only assumed.
        `known`: the recordings that the site's telephone system plays.
        """
        self._roles_known = roles_known
        policy = endpoint or EndpointPolicy()
        if max_window_ms is not None:
            policy = replace(policy, max_window_ms=min(policy.max_window_ms, max_window_ms))
        self._analysis = analysis
        self._voices = [FreshVoice(voice) for _ in roles]
        self._channels = [
            Channel(number, role, Ear(policy, partials, accounting), accounting)
            for number, role in enumerate(roles)
            for accounting in [Accounting()]
        ]
        self._missing: tuple[Stretch, ...] = ()
        self._lines = [LineListener(number, known.played) for number, _ in enumerate(roles)]
        self._leaks = Leaks(len(roles))
        self._doubts: dict[int, float] = {}
        self._rest = np.zeros((len(roles), 0), np.float32)
        self._samples = 0
        self._window_ids, self._utterance_ids = count(), count()
        self._owner: dict[int, Channel] = {}
        self._ticked_ms = 0
        self._closed = False
        self._ended = False

    @property
    def now_ms(self) -> int:
        """How much audio was fed."""
        return self._samples * 1000 // SAMPLE_RATE

    @property
    def leaks(self) -> Sequence[LeakFound]:
        """What leaks from one channel into the other, as it is known by now."""
        return self._leaks.found()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Where the sound of each channel went so far."""
        return tuple(channel.accounting.account() for channel in self._channels)

    @property
    def known_ms(self) -> tuple[int, ...]:
        """For each channel: everything said before this moment has been told as final."""
        return tuple(channel.known_until_ms for channel in self._channels)

    @property
    def waiting(self) -> int:
        """How many `DecodeWanted` have no answer yet."""
        return len(self._owner)

    def hear(self, samples: Samples) -> list[SessionEvent]:
        """The next stretch of the call: float32 [channels, n] at 16 kHz, in [-1, 1].

        Raises `ValueError` for audio of another shape, or after `close`.
        """
        return self._hear(samples) + self._advance()

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]:
        """The answer to a `DecodeWanted`."""
        return self._answer(window_id, transcript, None)

    def undecoded(self, window_id: int, reason: str = DropReason.COALESCED) -> list[SessionEvent]:
        """A `DecodeWanted` that nobody will answer.

        For a partial that a newer one overtook the reason is `coalesced`; a final comes out as an
        unintelligible utterance and its sound is accounted for under the reason.
        """
        return self._answer(window_id, _UNHEARD, reason)

    def missing(self, stretches: Sequence[Stretch]) -> list[SessionEvent]:
        """All that is known by now to be missing of the sound: silence stands in its place."""
        self._missing = tuple(stretches)
        if self._analysis is None:
            return []
        return [*self._analysis.hear_line(self._sounds(self._ticked_ms))]

    def result(self, ending: Unjudgeable = Unjudgeable.NONE) -> AnalysisResult:
        """What the call came to, after `CallEnded`; `ending`: what its end makes of it.

        Raises `RuntimeError` before, and without an analysis.
        """
        if self._analysis is None:
            raise RuntimeError("nobody judges this call; expected a session with an analysis")
        return self._analysis.result(ending)

    def finalize(self) -> list[SessionEvent]:
        """What is being said now ends here, without waiting for a pause."""
        events: list[SessionEvent] = []
        for channel in self._channels:
            events += self._wanted(channel, channel.finish())
        return events + self._advance()

    def close(self) -> list[SessionEvent]:
        """The audio has ended; `CallEnded` follows when the last window is answered."""
        if self._closed:
            return []
        events = self._step_frames(self._rest, last=True)
        self._rest = self._rest[:, :0]
        self._closed = True
        for channel in self._channels:
            events += self._wanted(channel, channel.close())
        return events + self._advance()

    def _hear(self, samples: Samples) -> list[SessionEvent]:
        if self._closed:
            raise ValueError("audio after the end of the call")
        if samples.ndim != 2 or samples.shape[0] != len(self._channels):
            raise ValueError(f"audio of shape {samples.shape}, expected [{len(self._channels)}, n]")
        self._samples += samples.shape[1]
        joined = np.concatenate([self._rest, samples.astype(np.float32, copy=False)], axis=1)
        whole = joined.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = joined[:, whole:].copy()
        return self._step_frames(joined[:, :whole])

    def _step_frames(self, samples: Samples, *, last: bool = False) -> list[SessionEvent]:
        """All channels step by step together, so that the order of events is the call's own."""
        length = samples.shape[1]
        padded = np.pad(samples, ((0, 0), (0, -length % FRAME_SAMPLES))) if last else samples
        steps = padded.shape[1] // FRAME_SAMPLES
        framed = self._leaks.feed(padded.reshape(len(self._channels), steps, FRAME_SAMPLES))
        probabilities = [
            voice.feed(frames) for voice, frames in zip(self._voices, framed, strict=True)
        ]
        for line, frames in zip(self._lines, framed, strict=True):
            line.feed(frames)
        events: list[SessionEvent] = []
        for step in range(steps):
            real = min(FRAME_SAMPLES, length - step * FRAME_SAMPLES)
            for channel, frames, speech in zip(self._channels, framed, probabilities, strict=True):
                heard = channel.feed(frames[step, :real].copy(), float(speech[step]))
                events += self._wanted(channel, heard)
        return events

    def _wanted(self, channel: Channel, windows: list[Window | None]) -> list[SessionEvent]:
        """None in `windows` begins a new utterance."""
        events: list[SessionEvent] = []
        for window in windows:
            if window is None:
                channel.begin(next(self._utterance_ids))
                continue
            spoken = self._without_line(channel, window) if window.final else window
            events += self._drop(channel, window) if spoken is None else self._ask(channel, spoken)
        return events

    def _drop(self, channel: Channel, window: Window) -> list[SessionEvent]:
        """The current utterance of the channel was none: nobody waits for its partials."""
        gone = channel.withdraw()
        for window_id in gone:
            del self._owner[window_id]
        unwanted = DecodeUnwanted(at_ms=self.now_ms, window_ids=gone, channel=channel.number)
        return [*([unwanted] if gone else ()), *self._tell(channel.drop(window))]

    def _without_line(self, channel: Channel, window: Window) -> Window | None:
        """The window without the tones and music at its edges; None where it is nothing else."""
        if window.too_short:
            return None
        leaked = self._leaks.share(
            channel.number, window.speech_begin_ms, window.speech_end_ms, channel.heard_ms
        )
        if leaked >= LEAKED_FROM:
            channel.accounting.dropped(len(window.samples), "leak")
            return None
        if leaked >= UNCERTAIN_FROM:
            self._doubts[channel.utterance] = UNCERTAIN
        spoken, left_out = self._lines[channel.number].clean(window, channel.heard_ms)
        for reason, samples in left_out.items():
            channel.accounting.dropped(samples, reason)
        return spoken

    def _ask(self, channel: Channel, window: Window) -> list[SessionEvent]:
        window_id = next(self._window_ids)
        self._owner[window_id] = channel
        wanted = DecodeWanted(
            at_ms=channel.heard_ms,
            window_id=window_id,
            utterance=channel.wanted(window_id, window),
            channel=channel.number,
            begin_ms=window.begin_ms,
            samples=window.samples,
            final=window.final,
            paused=window.paused,
        )
        return [wanted]

    def _answer(
        self, window_id: int, transcript: Transcript, reason: str | None
    ) -> list[SessionEvent]:
        """An answer that nobody waits for any more is passed over."""
        channel = self._owner.pop(window_id, None)
        if channel is None:
            return []
        return self._tell(channel.answered(window_id, transcript, reason)) + self._advance()

    def _tell(self, utterances: list[Utterance]) -> list[SessionEvent]:
        events: list[SessionEvent] = []
        for heard in utterances:
            sure = self._doubts.get(heard.id, 1.0) if self._roles_known else 0.0
            utterance = replace(heard, role_confidence=sure) if sure < 1 else heard
            events.append(UtteranceHeard(at_ms=utterance.end_ms, utterance=utterance))
            if self._analysis:
                events += self._analysis.feed(utterance)
        return events

    def _advance(self) -> list[SessionEvent]:
        """Tell the analysis of the seconds before which everything is known."""
        events: list[SessionEvent] = []
        known_ms = min((channel.known_until_ms for channel in self._channels), default=0)
        while self._analysis and self._ticked_ms + _TICK_MS <= min(known_ms, self.now_ms):
            self._ticked_ms += _TICK_MS
            if self._ticked_ms <= _LEAD_MS and self._ticked_ms % _LISTEN_MS == 0:
                events += self._analysis.hear_line(self._sounds(self._ticked_ms))
            events += self._analysis.tick(self._ticked_ms)
        if self._closed and not self._ended and not any(c.waiting for c in self._channels):
            self._ended = True
            sounds = self._sounds(duration_ms := self.now_ms, ended=True)
            if self._analysis:
                events += [*self._analysis.hear_line(sounds), *self._analysis.close(duration_ms)]
            events.append(CallEnded(at_ms=duration_ms, duration_ms=duration_ms, sounds=sounds))
        return events

    def _sounds(self, until_ms: int, *, ended: bool = False) -> tuple[Stretch, ...]:
        heard = [s for line in self._lines for s in line.sounds(until_ms, ended=ended)]
        return (*heard, *self._missing)
