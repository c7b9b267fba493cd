"""Where the weights of `qa_engine/matching/sounds/scoring.py` come from, and do they carry over?

    python -m benchmarks.fit_scoring

Fits the logistic regression on all corpora of `asr_pairs.py` together and prints the weights. Then,
for each corpus, confusions *and* weights are learned on the other corpora only and the matcher is
measured on this one: what to expect on a recogniser never seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.asr_pairs import Pair, corpora
from benchmarks.learn_confusions import learned
from benchmarks.match_quality import Task, curve, ours, task
from qa_engine.events import Tier
from qa_engine.matching import Match, Matcher
from qa_engine.matching.patterns.pieces import PatternPiece, read_aloud
from qa_engine.matching.sounds import evidence, scoring
from qa_engine.matching.text.characters import characters
from qa_engine.matching.text.normalise import fold
from qa_engine.matching.tiers.explain import aligned
from qa_engine.matching.tiers.likelihood import likelihood

SEEDS = (11, 12)
NAMES = (
    *("INTERCEPT", "PER_SYLLABLE", "PER_SOUND_NAT", "PER_TEXT_NAT"),
    *("MISHEARD", "MISHEARD_SQUARED", "INSERTED", "DELETED", "PLAUSIBILITY"),
)
_TAKES_AWAY = {"MISHEARD", "MISHEARD_SQUARED", "INSERTED", "DELETED"}
_PARTICLE_RELIEF = 0.43


@dataclass(frozen=True, slots=True)
class Observed:
    """What the matcher found, as numbers, and whether it was said."""

    rows: NDArray[np.float64]
    true: NDArray[np.float64]


def observed(work: Task) -> Observed:
    matcher = Matcher.from_phrases(work.phrases)
    number = {phrase: i for i, phrase in enumerate(work.phrases)}
    sounds = evidence.unlike(characters())
    rows: list[list[float]] = []
    true: list[bool] = []
    found = matcher.find_many([pair.heard for pair in work.utterances], min_score=0.002)
    for utterance, matches in enumerate(found):
        for match in matches:
            hesitates = abs(len(fold(match.heard)) - len(fold(match.owner))) > 1
            if match.tier is not Tier.EXACT and not hesitates:
                rows.append(list(features(match, work.utterances[utterance].heard, sounds)))
                true.append(utterance in work.truth[number[match.owner]])
    return Observed(np.array(rows), np.array(true, float))


def features(match: Match, text: str, unlike: NDArray[np.float64]) -> Iterator[float]:
    """One number for each of `NAMES`."""
    table, model = characters(), likelihood()
    phrase, heard = fold(match.owner), fold(match.heard)
    piece = PatternPiece(phrase, read_aloud(phrase, table))
    pairs = aligned(heard, piece)
    costs = [
        min(unlike[sound, piece.sounds[j]] for sound in table.readings.get(heard[i], (0,)))
        for i, j in pairs
        if i is not None and j is not None and heard[i] != phrase[j]
    ]
    before, after = text[max(0, match.begin - 1) : match.begin], text[match.end : match.end + 1]
    most = scoring.MOST_PLAUSIBILITY_NATS
    yield 1.0
    yield len(phrase)
    yield sum(float(model.sound_nats[sound]) for sound in piece.sounds)
    yield -model.text_nats(phrase)
    yield -sum(costs)
    yield -sum(cost * cost for cost in costs)
    yield -float(any(j is None for _, j in pairs))
    yield -float(any(i is None for i, _ in pairs))
    yield max(-most, min(most, model.advantage(phrase, heard, before, after)))


def fitted(data: Sequence[Observed], ridge: float = 1.0) -> dict[str, float]:
    """The logistic regression, by Newton's method, each corpus weighing the same."""
    rows = np.concatenate([one.rows for one in data])
    true = np.concatenate([one.true for one in data])
    weights = np.zeros(rows.shape[1])
    penalty = np.full(len(weights), ridge)
    penalty[0] = 1e-6
    for _ in range(30):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (true - chance) - penalty * weights
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty)
        weights += np.linalg.solve(bend, slope)
    return dict(zip(NAMES, weights.tolist(), strict=True))


def use(weights: dict[str, float]) -> None:
    """Puts weights in force for matchers built from now on."""
    for name, value in weights.items():
        setattr(scoring, name, max(0.0, value) if name in _TAKES_AWAY else value)
    scoring.INSERTED_PARTICLE = scoring.INSERTED - _PARTICLE_RELIEF
    scoring.DELETED_PARTICLE = scoring.DELETED - _PARTICLE_RELIEF
    evidence.evidence.cache_clear()


def tasks(pairs: list[Pair]) -> list[Task]:
    return [task(pairs, 800, 2000, (4, 8), seed) for seed in SEEDS]


def main() -> None:
    given = corpora()
    shipped = {name: float(getattr(scoring, name)) for name in NAMES}
    everything = fitted([observed(work) for pairs in given.values() for work in tasks(pairs)])
    print("| weight | shipped | fitted on all |\n|---|---|---|")
    for name in NAMES:
        print(f"| {name} | {shipped[name]:.2f} | {everything[name]:.2f} |")
    print("\n| measured on | learned on | recall at false alarms/h/1,000 |\n|---|---|---|")
    shipped_confusions = evidence.CONFUSIONS
    for name, pairs in given.items():
        others = {other: rows for other, rows in given.items() if other != name}
        with TemporaryDirectory() as folder:
            evidence.CONFUSIONS = Path(folder) / "confusions.txt"
            evidence.CONFUSIONS.write_text(learned(others.values()), "utf-8")
            use(shipped)
            use(fitted([observed(work) for rows in others.values() for work in tasks(rows)]))
            work = task(pairs, 800, 2000, (4, 8), seed=1)
            recall = curve(work, ours(work))
        shown = ", ".join(f"{value:.3f} at {rate}" for rate, value in recall.items())
        print(f"| {name} | {', '.join(others)} | {shown} |", flush=True)
    evidence.CONFUSIONS = shipped_confusions
    use(shipped)


if __name__ == "__main__":
    main()
