"""What was told of a call's hits and steps, to be taken back where it is judged anew."""

from __future__ import annotations

from dataclasses import replace

from qa_engine.events import HitChanged, HitState, SessionEvent, StepChanged, StepState

__all__ = ["Told"]


class Told:
    """The last word on each hit and each step of one hearing of a call."""

    def __init__(self) -> None:
        self._hits: dict[str, HitChanged] = {}
        self._steps: dict[str, StepChanged] = {}

    def note(self, events: list[SessionEvent]) -> list[SessionEvent]:
        """Remember these, and pass them on."""
        for event in events:
            if isinstance(event, StepChanged):
                self._steps[event.step] = event
            elif isinstance(event, HitChanged):
                if event.state is HitState.RETRACTED:
                    self._hits.pop(event.hit.id, None)
                else:
                    self._hits[event.hit.id] = event
        return events

    def changes(self, before: Told) -> list[SessionEvent]:
        """What to tell so that whoever was told `before` knows what is told here."""
        changes: list[SessionEvent] = [
            replace(told, state=HitState.RETRACTED)
            for id_, told in before._hits.items()
            if id_ not in self._hits
        ]
        changes += [told for id_, told in self._hits.items() if before._hits.get(id_) != told]
        changes += [
            replace(told, state=StepState.NOT_APPLICABLE, deadline_ms=None, utterance=None)
            for id_, told in before._steps.items()
            if id_ not in self._steps
        ]
        changes += [told for id_, told in self._steps.items() if before._steps.get(id_) != told]
        return changes
