"""A recording to a verdict.

Where nobody said who is who and the words tell otherwise, the same text is judged again with the
right roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.recogniser import Recogniser
from models.voice_activity import VoiceActivity
from models.voices.encoder import VoiceEncoder
from phrasebook.model import Phrasebook
from qa_engine.analysis import Analysis
from qa_engine.analysis_result import AnalysisResult
from qa_engine.audio.channels import ChannelFinding, crosstalk
from qa_engine.audio.damage import LEAST_SOUND_SHARE
from qa_engine.audio.peaks import Peaks
from qa_engine.audio.reading import AS_IT_IS, Reading
from qa_engine.audio.survey import Survey
from qa_engine.casting import Casting, judge_again
from qa_engine.events import Hit, Role, SessionEvent, Utterance
from qa_engine.hear_file import FileHearing, Progress, hear_recording
from qa_engine.hearing.accounting import Account
from qa_engine.hearing.policy import EndpointPolicy
from qa_engine.line.known_voices import NOBODY, KnownVoices
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.judgeable import BOTH, Unjudgeable
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord
from qa_engine.session import CallSession, VoiceSource
from qa_engine.speakers import listen

__all__ = ["ModelUsed", "OfflineResult", "analyse_audio"]


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
    fingerprints: str = ""
    """Which list of known voices was used."""

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
    speakers: VoiceEncoder | None = None,
    progress: Progress | None = None,
    how: Reading = AS_IT_IS,
    record: CallRecord = NOTHING_KNOWN,
    known: KnownVoices = NOBODY,
) -> OfflineResult:
    """Hear a recording and judge it.

    `roles` names the speakers on the channels; without it the first channel is taken for the
    agent's, unless the words say otherwise, and the speakers of a single channel are told apart
    by their voices (`speakers`). `record`: what else is known of the call. `known`: recordings that
    the site's telephone system plays, and its agents' voices. Raises `AudioError`.
    """

    def begin(voices: int) -> FileHearing:
        chosen = _roles(voices, roles)
        expected = BOTH if roles is None else frozenset(chosen)
        analysis = Analysis(
            phrasebook,
            matcher,
            script or "",
            expected=expected,
            record=record,
            channel_roles=chosen if voices == 2 else (),
        )
        session = CallSession(
            chosen,
            voice=voice or VoiceActivity(),
            analysis=analysis,
            endpoint=endpoint,
            max_window_ms=recogniser.max_window_ms,
            known=known,
        )
        prints = listen(speakers) if voices == 1 and roles is None else None
        return FileHearing(session, analysis, recogniser, chosen, prints=prints)

    hearing, seen = hear_recording(path, begin, progress, how)
    chosen, events, analysis = hearing.roles, hearing.events, hearing.analysis
    voice_of_agent = known.agents.get(record.agent) if record.agent else None
    casting = Casting(phrasebook, matcher, seen.findings, analysis.recorded, voice_of_agent)
    if len(chosen) == 2:
        casting.check_channels(events, chosen, free=roles is None)
    elif roles is None:
        casting.tell_apart(events, hearing.voices(analysis.recorded))
    if casting.recast:
        # Only where nobody named the roles: both voices are expected.
        analysis = Analysis(
            phrasebook,
            matcher,
            script or "",
            record=record,
            channel_roles=casting.channel_roles,
        )
        events = judge_again(analysis, events, casting.recast, hearing.now_ms)
    return OfflineResult(
        path=path,
        survey=seen,
        roles=casting.channel_roles or chosen,
        roles_inferred=roles is None,
        findings=(
            *casting.findings,
            *(crosstalk(leak.source, leak.channel, leak.level_db) for leak in hearing.leaks),
        ),
        model=ModelUsed(
            name=recogniser.name, version=recogniser.version, synthetic=recogniser.synthetic
        ),
        events=tuple(events),
        analysis=analysis.result(_ending(seen)),
        accounts=hearing.accounts,
        fingerprints=known.version,
    )


def _ending(seen: Survey) -> Unjudgeable:
    """Why the sound alone makes the call not judgeable, if it does."""
    return Unjudgeable.DAMAGED if seen.damage.sound_share < LEAST_SOUND_SHARE else Unjudgeable.NONE


def _roles(voices: int, asked: Sequence[Role] | None) -> tuple[Role, ...]:
    """Who is on each channel; the one role of a mono recording stands for all that is said."""
    first = asked[0] if asked else Role.AGENT
    other = Role.CUSTOMER if first is Role.AGENT else Role.AGENT
    return (first,) if voices == 1 else (first, other)
