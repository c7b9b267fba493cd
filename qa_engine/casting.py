"""Who is who in a recording where nobody said: from the agent's own sentences, and the voices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from phrasebook.model import Phrasebook, Speaker
from qa_engine.analysis import Analysis
from qa_engine.audio.channels import (
    MONO_ALIKE,
    MONO_TOLD_APART,
    MONO_UNKNOWN,
    ChannelFinding,
    ChannelProblem,
    agent_of_two,
    channels_swapped,
    opening_utterances,
)
from qa_engine.events import CallEnded, Role, SessionEvent, Utterance, UtteranceHeard
from qa_engine.line.known_voices import Vector
from qa_engine.matching.matcher import Matcher
from qa_engine.speakers import Voices, split, voiced

__all__ = ["Casting", "judge_again"]

_COURTESIES = 3
"""So many 您 and three times as many as the other voice has: that is the agent."""


class Casting:
    """What the words and voices say about roles; `recast` is empty where all is as assumed."""

    def __init__(
        self,
        phrasebook: Phrasebook,
        matcher: Matcher,
        findings: Sequence[ChannelFinding],
        recorded: Collection[int] = (),
        agents_voice: Vector | None = None,
    ) -> None:
        """`recorded`: ids of the utterances that are a recorded voice's, and so nobody's.

        `agents_voice`: how the agent of this call sounds, where the site has enrolled it.
        """
        self._agents_voice = agents_voice
        self._recorded = recorded
        self._matcher = matcher
        self._agent_steps = {step.id for step in phrasebook.steps if step.who is Speaker.AGENT}
        self._findings = list(findings)
        self.recast: dict[int, tuple[Utterance, ...]] = {}
        """What stands for an utterance, by its id: the same words with their speakers."""
        self.channel_roles: tuple[Role, ...] = ()
        """The roles of the channels, where they are other than assumed."""

    @property
    def findings(self) -> tuple[ChannelFinding, ...]:
        """What was found wrong about the channels, or nothing."""
        return tuple(self._findings)

    def check_channels(
        self, events: Iterable[SessionEvent], roles: Sequence[Role], *, free: bool
    ) -> None:
        """Notice swapped channels, and put them right where `free` to."""
        finals = self._spoken(events)
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
            self.recast = {
                final.id: (replace(final, role=self.channel_roles[final.channel]),)
                for final in finals
            }

    def tell_apart(self, events: Sequence[SessionEvent], voices: Voices | None) -> None:
        """Give every stretch of the one channel its speaker, and how sure that is.

        Where the voices cannot be told apart, or the words do not say which of them is the
        agent's, everything keeps the role that was assumed, and nobody is known to have spoken.
        """
        finals = self._spoken(events)
        agents = self._agents(finals, voices) if voices is not None and voices.count > 1 else None
        others = [found for found in self._findings if found.problem is not ChannelProblem.MONO]
        if not finals:
            self._findings = others
            return
        if voices is None or agents is None:
            self.recast = {final.id: (replace(final, role_confidence=0.0),) for final in finals}
            asked = voices is not None and voices.centres is not None
            self._findings = [*others, MONO_ALIKE if asked else MONO_UNKNOWN]
            return
        numbers = count(max((final.id for final in _finals(events)), default=0) + 1)
        for final in finals:
            self.recast[final.id] = tuple(
                split(
                    final,
                    voices.pieces[final.id],
                    lambda voice: Role.AGENT if voice in agents else Role.CUSTOMER,
                    lambda: next(numbers),
                )
                if final.id in voices.pieces
                else [replace(final, role_confidence=0.0)]
            )
        self._findings = [*others, MONO_TOLD_APART]

    def _spoken(self, events: Iterable[SessionEvent]) -> list[Utterance]:
        return [final for final in _finals(events) if final.id not in self._recorded]

    def _agents(self, finals: Sequence[Utterance], voices: Voices) -> frozenset[int] | None:
        """The voices of the agent and of colleagues the call was passed to; None: nobody knows.

        Where the agent's own voice is known and the words say another's, nobody knows either.
        """
        by_words = self._by_words(finals, voices)
        known = voices.of(self._agents_voice) if self._agents_voice is not None else None
        if known is None:
            return by_words
        return by_words or frozenset({known}) if by_words is None or known in by_words else None

    def _by_words(self, finals: Sequence[Utterance], voices: Voices) -> frozenset[int] | None:
        """From the agent's sentences, and from who says 您."""
        said: list[set[str]] = [set() for _ in range(voices.count)]
        courtesies = [0] * voices.count
        for final in finals:
            pieces = voices.pieces.get(final.id, ())
            if not final.intelligible or not pieces:
                continue
            for piece, part in voiced(final, pieces, lambda: 0):
                if not piece.confidence:
                    continue
                said[piece.voice] |= self._steps_in(part)
                courtesies[piece.voice] += part.text.count("您")
        ranked = sorted(range(voices.count), key=lambda voice: -len(said[voice]))
        first, second = ranked[0], ranked[1]
        if agent_of_two([said[first], said[second]]) == 0:
            colleagues = {v for v in ranked[2:] if 2 * len(said[v]) >= len(said[first])}
            return frozenset({first} | colleagues)
        polite = sorted(range(voices.count), key=lambda voice: -courtesies[voice])
        most, next_most = courtesies[polite[0]], courtesies[polite[1]]
        if most >= _COURTESIES and most >= 3 * next_most:
            return frozenset({polite[0]})
        return None

    def _steps_in(self, utterance: Utterance) -> set[str]:
        """The agent's steps that an utterance's words hold, whoever is thought to speak."""
        found = self._matcher.find(utterance.text)
        return {match.owner for match in found if match.kind == "step"} & self._agent_steps


def judge_again(
    analysis: Analysis,
    events: Sequence[SessionEvent],
    recast: Mapping[int, Sequence[Utterance]],
    duration_ms: int,
) -> list[SessionEvent]:
    """The same words said by other speakers; what `recast` does not name stays as it is."""
    spoken = [part for final in _finals(events) for part in recast.get(final.id, (final,))]
    sounds = next((e.sounds for e in events if isinstance(e, CallEnded)), ())
    judged: list[SessionEvent] = [*analysis.hear_line(sounds)]
    for utterance in sorted(spoken, key=lambda part: (part.begin_ms, part.id)):
        judged.append(UtteranceHeard(at_ms=utterance.end_ms, utterance=utterance))
        judged += analysis.feed(utterance)
    judged += analysis.close(duration_ms)
    judged.append(CallEnded(at_ms=duration_ms, duration_ms=duration_ms, sounds=sounds))
    return judged


def _finals(events: Iterable[SessionEvent]) -> list[Utterance]:
    heard = (event.utterance for event in events if isinstance(event, UtteranceHeard))
    return [utterance for utterance in heard if utterance.is_final]
