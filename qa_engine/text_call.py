"""A dialogue that is text already, to the same verdict as a recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from phrasebook.model import ConductLimits, Phrasebook
from qa_engine.analysis import Analysis
from qa_engine.analysis_result import AnalysisResult
from qa_engine.dialogue import Basis, Dialogue, utterances
from qa_engine.events import Role, SessionEvent, Utterance
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.conduct_checks import response
from qa_engine.rules.judgeable import Unjudgeable
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord
from qa_engine.rules.voices import VoiceSpan

__all__ = ["TextCall", "judge_dialogue", "response_waits"]

_TICK_MS = 1_000


class TextCall:
    """One dialogue, line by line, as it comes: a whole file at once or a call that runs."""

    def __init__(
        self, analysis: Analysis, limits: ConductLimits, basis: Basis, *, patience_ms: int = 0
    ) -> None:
        """`patience_ms`: so long after its begin a line may still come after others."""
        self._analysis = analysis
        self._limits = limits
        self._basis = basis
        self._patience_ms = patience_ms
        self._open: dict[int, int] = {}
        """Where lines begin that are not final, by id."""
        self._finals: dict[int, Utterance] = {}
        self._latest_ms = 0
        self._ticked_ms = 0
        self._duration_ms = 0

    @property
    def known_ms(self) -> int:
        """Everything said before this moment has been read as final."""
        return self._ticked_ms

    @property
    def duration_ms(self) -> int:
        """To the end of what was said, or as long as it was said to last."""
        return self._duration_ms

    def go_on(self, finals: Iterable[Utterance], known_ms: int) -> None:
        """After these, which the analysis has judged already."""
        self._finals = {utterance.id: utterance for utterance in finals}
        self._latest_ms = max((one.begin_ms for one in self._finals.values()), default=0)
        self._duration_ms = max((one.end_ms for one in self._finals.values()), default=0)
        self._ticked_ms = known_ms

    def is_final(self, number: int) -> bool:
        """Whether that line was read to its end."""
        return number in self._finals

    def read(self, utterance: Utterance) -> list[SessionEvent]:
        """A line, or a revision of one; nothing follows from what comes after its final."""
        if utterance.id in self._finals:
            return []
        self._latest_ms = max(self._latest_ms, utterance.begin_ms)
        self._duration_ms = max(self._duration_ms, utterance.end_ms)
        events = self._pass_time()
        if utterance.is_final:
            self._open.pop(utterance.id, None)
            self._finals[utterance.id] = utterance
        else:
            self._open[utterance.id] = utterance.begin_ms
        return events + self._analysis.feed(utterance)

    def lasts(self, duration_ms: int) -> None:
        """How long the call lasted, where more is known than its last line."""
        self._duration_ms = max(self._duration_ms, duration_ms)

    def close(self) -> list[SessionEvent]:
        """The call is over."""
        if self._basis is Basis.CHAT:
            waits = response_waits(sorted(self._finals.values(), key=lambda line: line.id))
            self._analysis.give((response(waits, self._limits),))
        # A length by another clock than estimated times lies far behind the last words.
        said_ms = max((one.end_ms for one in self._finals.values()), default=0)
        ends_ms = said_ms if self._basis.is_estimated else self._duration_ms
        return self._analysis.close(self._duration_ms, ends_ms=ends_ms)

    def result(self, ending: Unjudgeable = Unjudgeable.NONE) -> AnalysisResult:
        """What the call came to, after `close`."""
        return self._analysis.result(ending)

    def _pass_time(self) -> list[SessionEvent]:
        """Tell the analysis of the seconds before which everything is known."""
        known_ms = min([self._latest_ms - self._patience_ms, *self._open.values()])
        events: list[SessionEvent] = []
        while self._ticked_ms + _TICK_MS <= known_ms:
            self._ticked_ms += _TICK_MS
            events += self._analysis.tick(self._ticked_ms)
        return events


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
    analysis = Analysis(
        *(phrasebook, matcher, script),
        measured=dialogue.basis.measured,
        timed=not dialogue.basis.is_estimated,
        record=record,
    )
    call = TextCall(analysis, phrasebook.conduct, dialogue.basis)
    spoken = utterances(dialogue, role_of)
    for utterance in sorted(spoken, key=lambda line: (line.begin_ms, line.id)):
        call.read(utterance)
    call.lasts(duration_ms)
    call.close()
    return call.result()


def response_waits(lines: Iterable[Utterance]) -> list[VoiceSpan]:
    """From the customer's first unanswered line to the agent's next, by the chat's own clock.

    `lines`: in the order in which they were sent.
    """
    waits: list[VoiceSpan] = []
    asked_ms: int | None = None
    for line in lines:
        if line.sent_ms is None:
            continue
        if line.role is Role.CUSTOMER:
            asked_ms = line.sent_ms if asked_ms is None else asked_ms
        elif asked_ms is not None:
            waits.append(VoiceSpan(asked_ms, line.sent_ms, line.id))
            asked_ms = None
    return waits
