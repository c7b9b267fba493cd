"""A dialogue that is text already, to the same verdict as a recording."""

from __future__ import annotations

from collections.abc import Mapping

from phrasebook.model import Phrasebook
from qa_engine.analysis import Analysis, AnalysisResult
from qa_engine.dialogue import Basis, Dialogue, utterances
from qa_engine.events import Role
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.conduct_checks import Check, response
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord
from qa_engine.rules.voices import Span

__all__ = ["judge_dialogue", "response_waits"]

_TICK_MS = 1_000


def judge_dialogue(
    dialogue: Dialogue,
    role_of: Mapping[str, Role],
    *,
    phrasebook: Phrasebook,
    matcher: Matcher,
    script: str = "",
    duration_ms: int = 0,
    record: CallRecord = NOTHING_KNOWN,
) -> AnalysisResult:
    """Hits, steps, conduct and score of a dialogue; `role_of` gives the role of each speaker.

    `duration_ms`: how long the call lasted, where more is known than its last line. `record`:
    what else is known of the call.
    """
    given: tuple[Check, ...] = ()
    if dialogue.basis is Basis.CHAT:
        given = (response(response_waits(dialogue, role_of), phrasebook.conduct),)
    analysis = Analysis(
        phrasebook,
        matcher,
        script,
        measured=dialogue.basis.measured,
        given=given,
        record=record,
    )
    spoken = sorted(utterances(dialogue, role_of), key=lambda line: (line.begin_ms, line.id))
    ticked_ms = 0
    for utterance in spoken:
        while ticked_ms + _TICK_MS <= utterance.begin_ms:
            ticked_ms += _TICK_MS
            analysis.tick(ticked_ms)
        analysis.feed(utterance)
    analysis.close(max([duration_ms, *(line.end_ms for line in spoken)]))
    return analysis.result()


def response_waits(dialogue: Dialogue, role_of: Mapping[str, Role]) -> list[Span]:
    """From the customer's first unanswered line to the agent's next, by the chat's own clock."""
    waits: list[Span] = []
    asked_ms: int | None = None
    for number, line in enumerate(dialogue.lines):
        at_ms = line.begin_ms
        if at_ms is None:
            continue
        if role_of[line.speaker] is Role.CUSTOMER:
            asked_ms = at_ms if asked_ms is None else asked_ms
        elif asked_ms is not None:
            waits.append(Span(asked_ms, at_ms, number))
            asked_ms = None
    return waits
