"""Who is who in a recording where nobody said: from the agent's own sentences, and the voices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from phrasebook.model import Phrasebook, Speaker
from qa_engine.analysis import Analysis
from qa_engine.audio.channels import (
    MONO_TOLD_APART,
    ChannelFinding,
    ChannelProblem,
    agent_of_two,
    channels_swapped,
    opening_utterances,
)
from qa_engine.audio.speakers import Print, two_speakers
from qa_engine.events import CallEnded, Role, SessionEvent, Utterance, UtteranceHeard
from qa_engine.matching.matcher import Matcher

__all__ = ["Casting", "judge_again"]


class Casting:
    """What the words and voices say about roles; `role_of` is empty where all is as assumed."""

    def __init__(
        self, phrasebook: Phrasebook, matcher: Matcher, findings: Sequence[ChannelFinding]
    ) -> None:
        self._matcher = matcher
        self._agent_steps = {step.id for step in phrasebook.steps if step.who is Speaker.AGENT}
        self._findings = list(findings)
        self.role_of: dict[int, Role] = {}
        """Role by utterance id."""
        self.channel_roles: tuple[Role, ...] = ()
        """The roles of the channels, where they are other than assumed."""

    @property
    def findings(self) -> tuple[ChannelFinding, ...]:
        return tuple(self._findings)

    def check_channels(
        self, events: Iterable[SessionEvent], roles: Sequence[Role], *, free: bool
    ) -> None:
        """Notice swapped channels, and put them right where `free` to."""
        finals = _finals(events)
        opening = opening_utterances(finals)
        said: dict[int, set[str]] = {}
        # Hardly any customer says an agent's sentence: then the agent's own need no second look.
        for role in (Role.CUSTOMER, Role.AGENT):
            for utterance in opening:
                if roles[utterance.channel] is role:
                    said.setdefault(utterance.channel, set()).update(self._steps_in(utterance))
            if not any(said.values()):
                return
        swapped = channels_swapped(said, roles)
        if swapped is None:
            return
        self._findings.append(swapped)
        if free:
            self.channel_roles = tuple(reversed(roles))
            self.role_of = {final.id: self.channel_roles[final.channel] for final in finals}

    def tell_apart(self, events: Iterable[SessionEvent], prints: Mapping[int, Print]) -> None:
        """Give each utterance of the one channel its speaker, if there clearly are two."""
        finals = [final for final in _finals(events) if final.id in prints]
        lengths_ms = [final.end_ms - final.begin_ms for final in finals]
        groups = two_speakers([prints[final.id] for final in finals], lengths_ms)
        if groups is None:
            return
        said: tuple[set[str], set[str]] = (set(), set())
        for final, group in zip(finals, groups, strict=True):
            if final.intelligible:
                said[group].update(self._steps_in(final))
        agent = agent_of_two(said)
        if agent is None:
            return
        for final, group in zip(finals, groups, strict=True):
            self.role_of[final.id] = Role.AGENT if group == agent else Role.CUSTOMER
        others = [found for found in self._findings if found.problem is not ChannelProblem.MONO]
        self._findings = [*others, MONO_TOLD_APART]

    def _steps_in(self, utterance: Utterance) -> set[str]:
        """The agent's steps that an utterance's words hold, whoever is thought to speak."""
        found = self._matcher.find(utterance.text)
        return {match.owner for match in found if match.kind == "step"} & self._agent_steps


def judge_again(
    analysis: Analysis,
    events: Iterable[SessionEvent],
    role_of: Mapping[int, Role],
    duration_ms: int,
) -> list[SessionEvent]:
    """The same words said by other speakers; what `role_of` does not name keeps its role."""
    judged: list[SessionEvent] = []
    for utterance in sorted(_finals(events), key=lambda final: (final.begin_ms, final.id)):
        cast = replace(utterance, role=role_of.get(utterance.id, utterance.role))
        judged.append(UtteranceHeard(at_ms=cast.end_ms, utterance=cast))
        judged += analysis.feed(cast)
    judged += analysis.close(duration_ms)
    judged.append(CallEnded(at_ms=duration_ms, duration_ms=duration_ms))
    return judged


def _finals(events: Iterable[SessionEvent]) -> list[Utterance]:
    heard = (event.utterance for event in events if isinstance(event, UtteranceHeard))
    return [utterance for utterance in heard if utterance.is_final]
