"""A recording to a verdict: one `CallSession` driven over a file, as fast as the machine can.

The file is read twice, in blocks, never held: once to see what it is (a second for half an hour),
once to hear it. Windows are recognised some at a time, the text is fed back in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.recogniser import Recogniser, Transcript
from models.voice_activity import VoiceActivity
from phrasebook.model import Phrasebook, Speaker
from qa_engine.analysis import Analysis, AnalysisResult
from qa_engine.audio.channels import ChannelFinding, channels_swapped, opening_utterances
from qa_engine.audio.decode import blocks
from qa_engine.audio.peaks import Peaks
from qa_engine.audio.survey import Survey, survey
from qa_engine.events import CallEnded, DecodeWanted, Hit, Role, SessionEvent, Utterance
from qa_engine.events import UtteranceHeard as Heard
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
    """Of the channels that were heard, in order."""
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
    events = _drive(session, recogniser, path, seen, progress)
    findings = list(seen.findings)
    swapped = channels_swapped(_agent_steps(events, matcher, phrasebook), chosen)
    if swapped:
        findings.append(swapped)
    if swapped and roles is None:
        chosen = chosen[::-1]
        analysis = Analysis(phrasebook, matcher, script or "")
        events = _judge_again(analysis, _finals(events), chosen, session.now_ms)
    return OfflineResult(
        path=path,
        survey=seen,
        roles=chosen,
        roles_inferred=roles is None,
        findings=tuple(findings),
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


def _drive(
    session: CallSession,
    recogniser: Recogniser,
    path: Path,
    seen: Survey,
    progress: Progress | None,
) -> list[SessionEvent]:
    waiting: list[DecodeWanted] = []
    events: list[SessionEvent] = []

    def take(happened: Iterable[SessionEvent]) -> None:
        for event in happened:
            if isinstance(event, DecodeWanted):
                waiting.append(event)
            else:
                events.append(event)

    for block in blocks(path):
        take(session.feed(Audio(block[: seen.voices])))
        if sum(len(wanted.samples) for wanted in waiting) >= _BATCH_MS * 16:
            take(_recognise(session, recogniser, waiting))
            waiting.clear()
        if progress:
            progress(session.now_ms, seen.duration_ms)
    take(session.close())
    take(_recognise(session, recogniser, waiting))
    if progress:
        progress(seen.duration_ms, seen.duration_ms)
    return events


def _recognise(
    session: CallSession, recogniser: Recogniser, waiting: Sequence[DecodeWanted]
) -> list[SessionEvent]:
    """Recognise the windows together; should that fail, one by one."""
    windows = [wanted.samples for wanted in waiting]
    heard: list[Transcript | None]
    try:
        heard = list(recogniser.transcribe(windows, final=True)) if windows else []
    except RuntimeError:
        heard = [_alone(recogniser, wanted) for wanted in waiting]
    events: list[SessionEvent] = []
    for wanted, transcript in zip(waiting, heard, strict=True):
        if transcript is None:
            events += session.feed(Undecoded(wanted.window_id, "recogniser failed"))
        else:
            events += session.feed(Decoded(wanted.window_id, transcript))
    return events


def _alone(recogniser: Recogniser, wanted: DecodeWanted) -> Transcript | None:
    try:
        return recogniser.transcribe([wanted.samples], final=True)[0]
    except RuntimeError:
        return None


def _finals(events: Iterable[SessionEvent]) -> list[Utterance]:
    heard = (event.utterance for event in events if isinstance(event, Heard))
    return [utterance for utterance in heard if utterance.is_final]


def _agent_steps(
    events: Iterable[SessionEvent], matcher: Matcher, phrasebook: Phrasebook
) -> dict[int, set[str]]:
    """The agent's steps that each channel's words hold, whoever is thought to speak there."""
    by_agent = {step.id for step in phrasebook.steps if step.who is Speaker.AGENT}
    said: dict[int, set[str]] = {}
    for utterance in opening_utterances(_finals(events)):
        found = {match.owner for match in matcher.find(utterance.text) if match.kind == "step"}
        said.setdefault(utterance.channel, set()).update(found & by_agent)
    return said


def _judge_again(
    analysis: Analysis, finals: Iterable[Utterance], roles: Sequence[Role], duration_ms: int
) -> list[SessionEvent]:
    """The same words with the speakers the other way round."""
    events: list[SessionEvent] = []
    for utterance in sorted(finals, key=lambda final: (final.begin_ms, final.id)):
        turned = replace(utterance, role=roles[utterance.channel])
        events.append(Heard(at_ms=turned.end_ms, utterance=turned))
        events += analysis.feed(turned)
    events += analysis.close(duration_ms)
    events.append(CallEnded(at_ms=duration_ms, duration_ms=duration_ms))
    return events
