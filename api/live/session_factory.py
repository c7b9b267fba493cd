"""The real engine behind live calls: phrasebook, matcher and recogniser, loaded once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.live.call_info import CallInfo, Playbook
from api.live.call_record import call_record
from api.live.continued_session import ContinuedSession, ShiftedJudge, replayed
from api.live.event_log import LogEntry
from api.live.message_parts import ScriptStep
from api.live.refusals import Refused, Why
from api.live.reporting import live_report
from api.live.sessions import HitKey, Past, Session
from api.live.text_session import PATIENCE_MS, TextSession
from api.transcripts.source import ELSEWHERE
from models.recogniser import Recogniser, Samples
from models.voice_activity import VoiceActivity
from phrasebook.model import AnchorKind, Phrasebook, Script
from qa_engine.analysis import Analysis
from qa_engine.call_analysis import CallAnalysis
from qa_engine.dialogue import Basis
from qa_engine.events import SessionEvent
from qa_engine.hear_file import FileHearing
from qa_engine.hearing.policy import PartialPolicy
from qa_engine.line.known_voices import NOBODY, KnownVoices
from qa_engine.line.missing import MissingSound
from qa_engine.matching.call.compiled import prepared
from qa_engine.matching.matcher import Matcher
from qa_engine.report import Report
from qa_engine.rules.judgeable import BOTH
from qa_engine.rules.record import CallRecord, chosen_script
from qa_engine.session import CallSession, VoiceSource
from qa_engine.text_call import TextCall

LIVE_PARTIALS = PartialPolicy(first_ms=320, every_ms=160)
"""Asked for this often; the scheduler decodes them as often as the recogniser has time."""
ALWAYS_DUE = frozenset({AnchorKind.CALL_START, AnchorKind.CALL_END})


class SessionFactory:
    """Makes the session of each call; everything heavy here is shared and immutable."""

    def __init__(
        self,
        phrasebook: Phrasebook,
        matcher: Matcher,
        recogniser: Recogniser,
        *,
        voice: VoiceSource | None = None,
        known: KnownVoices = NOBODY,
    ) -> None:
        """`known`: the recordings that the site's telephone system plays."""
        self._known = known
        self.phrasebook = phrasebook
        self.matcher = matcher
        self.recogniser = recogniser
        self._voice = voice or VoiceActivity()
        self._partials = LIVE_PARTIALS
        self._titles = {entry.id: entry.title for entry in phrasebook.entries}
        self._titles |= {step.id: step.title for step in phrasebook.steps}
        self._says = {step.id: (step.prompt,) for step in phrasebook.steps if step.prompt}
        self._severity = {step.id: step.severity.value for step in phrasebook.steps}

    def open_session(self, info: CallInfo) -> Session:
        analysis = self._analysis(info)
        if info.basis is not Basis.SOUND:
            return self._text_session(info, analysis)
        return self._session(info, analysis)

    def continue_session(self, info: CallInfo, past: Past) -> tuple[Session, frozenset[HitKey]]:
        analysis = self._analysis(info)
        hits = replayed(analysis, past)
        ids = {hit.id: past.hit_ids[key] for key, hit in hits.items() if key in past.hit_ids}
        if info.basis is not Basis.SOUND:
            text = self._text_session(info, analysis)
            text.go_on(past, ids)
            return text, frozenset(hits)
        judge = ShiftedJudge(analysis, min(past.known_ms), past.utterances)
        ear = self._session(info, judge)
        return ContinuedSession(ear, judge, past, ids), frozenset(hits)

    def hear_kept(
        self,
        info: CallInfo,
        sound: Iterable[Samples],
        recogniser: Recogniser,
        missing: MissingSound,
    ) -> tuple[Session, list[SessionEvent]]:
        analysis = self._analysis(info)
        session = CallSession(
            info.roles,
            voice=self._voice,
            analysis=analysis,
            max_window_ms=recogniser.max_window_ms,
            roles_known=info.roles_known,
            known=self._known,
        )
        hearing = FileHearing(session, analysis, recogniser, info.roles)
        hearing.run(sound, 0, None, lambda: missing.stretches)
        return session, hearing.events

    def _analysis(self, info: CallInfo) -> Analysis:
        return Analysis(
            self.phrasebook,
            self.matcher,
            self._script(info).id,
            expected=frozenset(info.roles) if info.roles_known else BOTH,
            record=_record(info),
            measured=info.basis.measured,
            timed=not info.basis.is_estimated,
            channel_roles=info.roles if info.roles_known else (),
        )

    def _text_session(self, info: CallInfo, analysis: Analysis) -> TextSession:
        limits = self.phrasebook.conduct
        call = TextCall(analysis, limits, info.basis, patience_ms=PATIENCE_MS)
        return TextSession(call, info.basis)

    def _session(self, info: CallInfo, analysis: CallAnalysis) -> CallSession:
        return CallSession(
            info.roles,
            voice=self._voice,
            analysis=analysis,
            partials=self._partials,
            max_window_ms=self.recogniser.max_window_ms,
            roles_known=info.roles_known,
            known=self._known,
        )

    def playbook(self, info: CallInfo) -> Playbook:
        found = self._script(info)
        by_id = {step.id: step for step in self.phrasebook.steps}
        words_from = self.recogniser if info.basis is Basis.SOUND else ELSEWHERE
        steps = (by_id[name] for name in found.steps)
        return Playbook(
            script=found.id,
            script_title=found.title,
            steps=tuple(
                ScriptStep(
                    id=step.id,
                    title=step.title,
                    prompt=step.prompt,
                    required=step.required,
                    due=step.required and step.anchor.kind in ALWAYS_DUE,
                    source=step.source,
                )
                for step in steps
            ),
            titles=self._titles,
            says=self._says,
            step_severity=self._severity,
            versions={
                "phrasebook": f"{self.phrasebook.name} {self.phrasebook.version}",
                "model": f"{words_from.name} {words_from.version}",
                "judge": prepared(self.matcher, self.phrasebook),
            },
            synthetic_model=words_from.synthetic,
            takes_hotwords=self.recogniser.takes_hotwords,
        )

    def report(self, call_id: str, entries: Sequence[LogEntry]) -> Report:
        """What the log of a call comes to."""
        return live_report(
            call_id,
            entries,
            phrasebook=self.phrasebook,
            matcher=self.matcher,
            recogniser=self.recogniser,
            fingerprints=self._known.version,
        )

    def _script(self, info: CallInfo) -> Script:
        """The one asked for, the one for such calls, or the pack's default. Raises `Refused`."""
        name = chosen_script(self.phrasebook, info.script, _record(info))
        wanted = name or self.phrasebook.default_script
        for script in self.phrasebook.scripts:
            if script.id == wanted or not wanted:
                return script
        names = ", ".join(script.id for script in self.phrasebook.scripts)
        raise Refused(
            Why.BAD_REQUEST, f"query script: the phrasebook has no {wanted!r}, only {names}"
        )


def _record(info: CallInfo) -> CallRecord:
    return call_record(info.agent, info.began_at, info.metadata)
