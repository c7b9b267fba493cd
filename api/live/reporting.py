"""The report of a live call, made from its log alone: so it is there after a crash too.

The final texts in the log, fed through a fresh `Analysis`, give the hits and steps that were told;
what a call that was cut off had not said yet counts as not said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from api.live.call_record import call_record
from api.live.endings import unjudged
from api.live.event_log import LogEntry
from api.transcripts.source import ELSEWHERE, text_warnings
from models.recogniser import Recogniser, Word
from phrasebook.model import Phrasebook
from qa_engine.analysis import Analysis
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.dialogue import Basis
from qa_engine.events import Role, Utterance
from qa_engine.matching.matcher import Matcher
from qa_engine.prosody.contour import Contour
from qa_engine.report import Report
from qa_engine.report.build import compose
from qa_engine.report.model import CallFacts, ChannelRole
from qa_engine.rules.judgeable import BOTH
from qa_engine.text_call import TextCall


def live_report(
    call_id: str,
    entries: Iterable[LogEntry],
    *,
    phrasebook: Phrasebook,
    matcher: Matcher,
    recogniser: Recogniser,
    fingerprints: str = "",
) -> Report:
    """Of a call that ended, or of what there is of one that runs."""
    messages = [json.loads(entry.body) for entry in entries]
    opened: dict[str, Any] = next((m for m in messages if m["type"] == "opened"), {})
    duration_ms = max((_until_ms(message) for message in messages), default=0)
    roles = [Role(name) for name in opened.get("roles", ())]
    known = opened.get("roles_known", True)
    basis = Basis(opened.get("basis", "sound"))
    analysis = Analysis(
        phrasebook,
        matcher,
        opened.get("script", ""),
        expected=frozenset(roles) if roles and known else BOTH,
        record=call_record(
            opened.get("agent", ""), opened.get("began_at"), opened.get("metadata", {})
        ),
        measured=basis.measured,
        timed=not basis.is_estimated,
        channel_roles=roles if known else (),
    )
    said = [
        as_utterance(message["utterance"])
        for message in messages
        if message["type"] == "utterance" and message["utterance"]["is_final"]
    ]
    ended: dict[str, Any] = next((m for m in messages if m["type"] == "ended"), {})
    if basis is Basis.SOUND:
        _judge_sound(analysis, said, ended.get("sounds", ()), duration_ms)
    else:
        _judge_text(TextCall(analysis, phrasebook.conduct, basis), said, duration_ms)
    return compose(
        analysis.result(unjudged(ended.get("reason", ""))),
        phrasebook=phrasebook,
        recogniser=recogniser if basis is Basis.SOUND else ELSEWHERE,
        call=CallFacts(
            id=call_id,
            file="",
            duration_ms=duration_ms,
            channels=tuple(
                ChannelRole(channel=channel, role=role, inferred=not known)
                for channel, role in enumerate(roles)
            ),
            script=opened.get("script", ""),
            script_title=opened.get("script_title", ""),
            started_at=opened.get("began_at"),
        ),
        warnings=text_warnings(basis),
        fingerprints=fingerprints if basis is Basis.SOUND else "",
    )


def _judge_sound(
    analysis: Analysis,
    said: Iterable[Utterance],
    sounds: Iterable[Mapping[str, Any]],
    duration_ms: int,
) -> None:
    for utterance in said:
        analysis.feed(utterance)
    analysis.hear_line(
        [Stretch(**{**sound, "kind": StretchKind(sound["kind"])}) for sound in sounds]
    )
    analysis.close(duration_ms)


def _judge_text(call: TextCall, said: Iterable[Utterance], duration_ms: int) -> None:
    """In order of time, as a file of it would be."""
    for utterance in sorted(said, key=lambda line: (line.begin_ms, line.id)):
        call.read(utterance)
    call.lasts(duration_ms)
    call.close()


def _until_ms(message: dict[str, Any]) -> int:
    duration_ms: int = message.get("duration_ms", message["at_ms"])
    return duration_ms


def as_utterance(said: Mapping[str, Any]) -> Utterance:
    """An utterance of the log, as it was heard."""
    return Utterance(
        id=said["id"],
        role=Role(said["role"]),
        channel=said["channel"],
        begin_ms=said["begin_ms"],
        end_ms=said["end_ms"],
        text=said["text"],
        words=tuple(Word(**word) for word in said.get("words", ())),
        confidence=said["confidence"],
        intelligible=said["intelligible"],
        stable_chars=said["stable_chars"],
        revision=said["revision"],
        level_dbfs=said.get("level_dbfs"),
        role_confidence=said.get("role_confidence", 1.0),
        sent_ms=said.get("sent_ms"),
        contour=_contour(said.get("contour")),
        emotion=said.get("emotion", ""),
        event=said.get("event", ""),
    )


def _contour(told: Mapping[str, Any] | None) -> Contour | None:
    if told is None:
        return None
    return Contour(
        pitch_hz=tuple(told["pitch_hz"]),
        level_dbfs=tuple(told["level_dbfs"]),
        noise_dbfs=told.get("noise_dbfs"),
    )
