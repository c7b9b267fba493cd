"""A recording to a verdict: one `CallSession` driven over a file, as fast as the machine can.

The file is read twice, in blocks, never held: once to see what it is (a second for half an hour),
once to hear it. Windows are recognised some at a time, the text is fed back in order. Where nobody
said who is who and the words tell otherwise, the same text is judged again with the right roles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.recogniser import Recogniser, Transcript
from models.voice_activity import VoiceActivity
from phrasebook.model import Phrasebook
from qa_engine.analysis import Analysis, AnalysisResult
from qa_engine.audio.channels import ChannelFinding
from qa_engine.audio.decode import blocks
from qa_engine.audio.peaks import Peaks
from qa_engine.audio.speakers import Print, voice_print
from qa_engine.audio.survey import Survey, survey
from qa_engine.casting import Casting, judge_again
from qa_engine.events import DecodeWanted, Hit, Role, SessionEvent, Utterance
from qa_engine.hearing.accounting import Account
from qa_engine.hearing.policy import EndpointPolicy
from qa_engine.matching.matcher import Matcher
from qa_engine.session import Audio, CallSession, Decoded, Undecoded, VoiceSource

__all__ = ["ModelUsed", "OfflineResult", "analyse_audio"]

_BATCH_MS = 60_000
"""So much speech is recognised at once: enough to fill equal-length batches, 4 MB of samples."""

Progress = Callable[[int, int], None]
"""Called with the ms that are done and the ms there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsed:
    """Which recogniser wrote the text."""

    name: str
    version: str
    synthetic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineResult:
    """Everything that is known of a recording."""

    path: Path
    survey: Survey
    roles: tuple[Role, ...]
    """Of the channels that were heard, in order; on one channel with both speakers it is what
    holds where the voices could not be told apart."""
    roles_inferred: bool
    """True when nobody said who is on which channel."""
    findings: tuple[ChannelFinding, ...]
    model: ModelUsed
    events: tuple[SessionEvent, ...]
    """As they came, without the requests to recognise."""
    analysis: AnalysisResult
    accounts: tuple[Account, ...]
    """Where each channel's sound went."""

    @property
    def duration_ms(self) -> int:
        return self.survey.duration_ms

    @property
    def peaks(self) -> Peaks:
        return self.survey.peaks

    @property
    def audio_sha256(self) -> str:
        return self.survey.sha256

    @property
    def utterances(self) -> tuple[Utterance, ...]:
        return self.analysis.utterances

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.analysis.hits


def analyse_audio(
    path: Path,
    *,
    recogniser: Recogniser,
    phrasebook: Phrasebook,
    matcher: Matcher,
    script: str | None = None,
    roles: Sequence[Role] | None = None,
    endpoint: EndpointPolicy | None = None,
    voice: VoiceSource | None = None,
    progress: Progress | None = None,
) -> OfflineResult:
    """Hear a recording and judge it.

    `roles` names the speakers on the channels; without it the first channel is taken for the
    agent's, unless the words say otherwise. Raises `AudioError`.
    """
    seen = survey(path)
    chosen = _roles(seen.voices, roles)
    analysis = Analysis(phrasebook, matcher, script or "")
    session = CallSession(
        chosen,
        voice=voice or VoiceActivity(),
        analysis=analysis,
        endpoint=endpoint,
        max_window_ms=recogniser.max_window_ms,
    )
    drive = _Drive(session, recogniser)
    drive.run(path, seen, progress)
    events = drive.events
    casting = Casting(phrasebook, matcher, seen.findings)
    if len(chosen) == 2:
        casting.check_channels(events, chosen, free=roles is None)
    elif roles is None:
        casting.tell_apart(events, drive.prints)
    if casting.role_of:
        analysis = Analysis(phrasebook, matcher, script or "")
        events = judge_again(analysis, events, casting.role_of, session.now_ms)
    return OfflineResult(
        path=path,
        survey=seen,
        roles=casting.channel_roles or chosen,
        roles_inferred=roles is None,
        findings=casting.findings,
        model=ModelUsed(
            name=recogniser.name, version=recogniser.version, synthetic=recogniser.synthetic
        ),
        events=tuple(events),
        analysis=analysis.result(),
        accounts=session.accounts,
    )


def _roles(voices: int, asked: Sequence[Role] | None) -> tuple[Role, ...]:
    """Who is on each channel; the one role of a mono recording stands for all that is said."""
    first = asked[0] if asked else Role.AGENT
    other = Role.CUSTOMER if first is Role.AGENT else Role.AGENT
    return (first,) if voices == 1 else (first, other)


class _Drive:
    """The session, the recogniser, and what came of them."""

    def __init__(self, session: CallSession, recogniser: Recogniser) -> None:
        self.events: list[SessionEvent] = []
        self._prints: dict[int, Print] = {}
        self._session = session
        self._recogniser = recogniser
        self._waiting: list[DecodeWanted] = []

    @property
    def prints(self) -> Mapping[int, Print]:
        """How each utterance sounded, where it was long enough to tell."""
        return self._prints

    def run(self, path: Path, seen: Survey, progress: Progress | None) -> None:
        for block in blocks(path):
            self._take(self._session.feed(Audio(block[: seen.voices])))
            if sum(len(wanted.samples) for wanted in self._waiting) >= _BATCH_MS * 16:
                self._recognise()
            if progress:
                progress(self._session.now_ms, seen.duration_ms)
        self._take(self._session.close())
        self._recognise()
        if progress:
            progress(seen.duration_ms, seen.duration_ms)

    def _take(self, happened: Iterable[SessionEvent]) -> None:
        for event in happened:
            if isinstance(event, DecodeWanted):
                self._waiting.append(event)
            else:
                self.events.append(event)

    def _recognise(self) -> None:
        """All windows that wait, together; should that fail, one by one."""
        waiting, self._waiting = self._waiting, []
        windows = [wanted.samples for wanted in waiting]
        heard: list[Transcript | None]
        try:
            heard = list(self._recogniser.transcribe(windows, final=True)) if windows else []
        except RuntimeError:
            heard = [self._alone(wanted) for wanted in waiting]
        for wanted, transcript in zip(waiting, heard, strict=True):
            answer = Decoded(wanted.window_id, transcript) if transcript else None
            failed = Undecoded(wanted.window_id, "recogniser failed")
            self._take(self._session.feed(answer or failed))
            sounded = voice_print(wanted.samples)
            if sounded is not None:
                self._prints[wanted.utterance] = sounded

    def _alone(self, wanted: DecodeWanted) -> Transcript | None:
        try:
            return self._recogniser.transcribe([wanted.samples], final=True)[0]
        except RuntimeError:
            return None
