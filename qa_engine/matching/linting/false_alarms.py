"""How often each line of a phrasebook will be hit by speech that has nothing wrong in it.

Two looks, the worse one counts: what the line really hits in everyday call-centre speech, and how
often its sounds come up by chance. The text is a few hours long, so only the second can tell one
false alarm in a hundred hours from none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from phrasebook.model import Entry, Phrasebook
from phrasebook.pattern import Literal, PatternGap, Slot
from phrasebook.variants import Atom, Unordered, Variant, expand
from qa_engine.deciding import Around, Decider
from qa_engine.events import Decision
from qa_engine.matching.call.relations import speaks
from qa_engine.matching.jsonl import BatchFinder
from qa_engine.matching.patterns.pieces import read_aloud
from qa_engine.matching.text.everyday import CHARS_PER_HOUR, everyday, hours, sound_model
from qa_engine.matching.text.normalise import fold

__all__ = ["FalseAlarms", "false_alarms"]

GENERAL_PER_HOUR = {1: 60.0, 2: 0.38, 3: 0.016, 4: 0.001, 5: 0.000_15, 6: 0.000_08}
"""False alarms by homophones of an average phrase of that many characters, per hour of speech."""
LITERAL_SHARE = 0.2
"""About one in five utterances of a sound is written with a given character of that sound."""
HEARD_BY_SOUND_FROM = 3
"""Shorter phrases, standing alone, must be written as they are: the matcher takes no homophones."""
BUILT_IN_SLOT = 0.02
"""The chance that a number, a sum or a time begins at a given character."""


@dataclass(slots=True)
class FalseAlarms:
    """One `say` line: expected false alarms per hour of its speaker's speech, and real ones."""

    entry: Entry
    pattern_index: int
    chance_per_hour: float = 0.0
    hits_per_hour: float = 0.0
    examples: list[str] = field(default_factory=list)
    """Everyday sentences that it hit; ours, so they may be shown."""

    @property
    def per_hour(self) -> float:
        """The worse of what chance and what ordinary sentences lead one to expect."""
        return max(self.chance_per_hour, self.hits_per_hour)

    @property
    def line(self) -> str:
        """As its author wrote it."""
        return self.entry.say[self.pattern_index].source


def false_alarms(phrasebook: Phrasebook, matcher: BatchFinder) -> list[FalseAlarms]:
    """The expectation for every `say` line of every entry, in the order of the phrasebook."""
    rates = {
        (entry.id, index): FalseAlarms(entry, index, _chance(phrasebook, entry, index))
        for entry in phrasebook.entries
        for index in range(len(entry.say))
    }
    lines = everyday()
    spoken_hours = {
        entry.who: hours(tuple(line for line in lines if speaks(entry.who, line.role)))
        for entry in phrasebook.entries
    }
    found = matcher.find_many([line.text for line in lines])
    decider = Decider(phrasebook)
    for line, matches in zip(lines, found, strict=True):
        for match in matches:
            rate = rates.get((match.owner, match.pattern_index)) if match.kind == "entry" else None
            if rate is None or not speaks(rate.entry.who, line.role):
                continue
            decided = decider.decide(line.text, match, Around(role=line.role))
            if decided.decision is Decision.KEPT:
                rate.hits_per_hour += 1 / spoken_hours[rate.entry.who]
                rate.examples.append(line.text)
    return list(rates.values())


def _chance(phrasebook: Phrasebook, entry: Entry, index: int) -> float:
    return sum(_variant_per_hour(variant, phrasebook) for variant in expand(entry.say[index]))


def _variant_per_hour(variant: Variant, phrasebook: Phrasebook) -> float:
    per_hour = CHARS_PER_HOUR * _probability(variant, phrasebook)
    match variant:
        case (Literal(text, phonetic),):
            chars = len(fold(text))
            if phonetic and chars < HEARD_BY_SOUND_FROM:
                per_hour *= LITERAL_SHARE**chars
            # The pairs of a few hours of text and the lengths of all phrases: each errs elsewhere.
            return math.sqrt(per_hour * GENERAL_PER_HOUR.get(chars, 0.000_04))
        case _:
            return per_hour


def _probability(variant: Variant, phrasebook: Phrasebook) -> float:
    """The chance that a way of saying a line begins at a given character."""
    chance = 1.0
    for atom in variant:
        chance *= _atom_probability(atom, phrasebook)
    return chance


def _atom_probability(atom: Atom, phrasebook: Phrasebook) -> float:
    match atom:
        case Literal(text, phonetic):
            folded = fold(text)
            spelled = 1.0 if phonetic else LITERAL_SHARE ** len(folded)
            return (
                sound_model().expected_per_hour(read_aloud_text(folded)) / CHARS_PER_HOUR * spelled
            )
        case PatternGap(max_chars):
            return max_chars + 1
        case Slot(name) if name in phrasebook.lists:
            return sum(
                _probability(variant, phrasebook)
                for value in phrasebook.lists[name]
                for variant in expand(value)
            )
        case Slot():
            return BUILT_IN_SLOT
        case Unordered(parts, max_chars):
            orders = float(math.factorial(len(parts)) * (max_chars + 1) ** (len(parts) - 1))
            return orders * math.prod(_probability(part, phrasebook) for part in parts)


def read_aloud_text(folded: str) -> tuple[int, ...]:
    """The sounds of a folded phrase, in context."""
    from qa_engine.matching.text.characters import characters

    return read_aloud(folded, characters())
