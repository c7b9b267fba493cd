"""How many misheard phrases are found, at how many false alarms?

    python -m benchmarks.match_quality [--phrases 800] [--utterances 2000] [--seed 1] [--peers]

Real recogniser output (see `asr_pairs.py`). Phrases are random word-aligned spans of 4-8 characters
of the transcripts of the utterances searched. A hit is true when the transcript holds the phrase
(by toneless reading: 她 and 他 are one). False alarms are counted per hour of speech (14,400
characters) per 1,000 phrases; *near* ones are where the transcript holds a span one coarse syllable
away from the phrase. Beside ours: toneless-pinyin equality, RapidFuzz `partial_ratio` over pinyin,
and a phonetic peer as asr-hotword describes itself (`phonetic_peer.py`). Words of 2-4 characters
are reported apart and more strictly: their hits are true only by characters (她, 他, 的, 地 alike),
since at that length homophones are other words.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.asr_pairs import Pair, corpora
from benchmarks.phonetic_peer import PhoneticPeer, rapidfuzz_pinyin
from phrasebook import parse
from phrasebook.model import Entry, Phrasebook, Where
from qa_engine.deciding import Around, Decider
from qa_engine.events import Decision, Role
from qa_engine.matching import Matcher
from qa_engine.matching.sounds.syllables import coarse
from qa_engine.matching.text.characters import characters

CHARS_PER_HOUR = 14_400
ALARM_RATES = (5, 20, 100, 200, 1000)
RESULTS = Path(__file__).parent / "results" / "match_quality.md"


@dataclass(frozen=True, slots=True)
class Task:
    """What is searched in what, and where it truly stands."""

    utterances: list[Pair]
    phrases: list[str]
    truth: list[frozenset[int]]
    """For each phrase, the utterances whose transcript holds it."""

    @property
    def alarm_unit(self) -> float:
        """False alarms per hour per 1,000 phrases that one false alarm is worth."""
        chars = sum(len(pair.heard) for pair in self.utterances)
        return CHARS_PER_HOUR / chars * 1000 / len(self.phrases)

    @property
    def positives(self) -> int:
        return sum(map(len, self.truth))


@dataclass(frozen=True, slots=True)
class Claim:
    """A searcher says that phrase stands in utterance, this surely."""

    phrase: int
    utterance: int
    score: float


Searcher = Callable[[Task], Iterable[Claim]]


def spoken(text: str) -> str:
    """Toneless sounds as one character each."""
    table = characters()
    return "".join(map(table.sound.spell, text))


def task(
    pairs: list[Pair], phrases: int, utterances: int, lengths: tuple[int, int], seed: int
) -> Task:
    """Random phrases of the transcripts; words of up to 4 characters are true by characters."""
    rng = random.Random(seed)
    chosen = rng.sample(pairs, min(utterances, len(pairs)))
    shortest, longest = lengths
    alike = spoken if longest > 4 else written
    spans = list(_spans(chosen, phrases, shortest, longest, rng))
    said = [alike(pair.said) for pair in chosen]
    return Task(chosen, spans, [_holding(alike(span), said) for span in spans])


def _holding(wanted: str, texts: list[str]) -> frozenset[int]:
    return frozenset(number for number, text in enumerate(texts) if wanted in text)


def written(text: str) -> str:
    """Characters, those alike that transcripts mix."""
    return text.translate(_MIXED)


_MIXED = str.maketrans("她它地得做象哪", "他他的的作像那")


def _spans(
    pairs: list[Pair], count: int, shortest: int, longest: int, rng: random.Random
) -> Iterator[str]:
    import jieba

    jieba.setLogLevel(60)
    seen: set[str] = set()
    while len(seen) < count:
        said = rng.choice(pairs).said
        cuts = [0]
        for word in jieba.cut(said):
            cuts.append(cuts[-1] + len(word))
        by_length: dict[int, list[str]] = {}
        for i, begin in enumerate(cuts):
            for end in cuts[i + 1 :]:
                if shortest <= end - begin <= longest:
                    by_length.setdefault(end - begin, []).append(said[begin:end])
        if not by_length:
            continue
        span = rng.choice(by_length[rng.choice(sorted(by_length))])
        if span not in seen:
            seen.add(span)
            yield span


def ours(work: Task) -> Iterator[Claim]:
    matcher = Matcher.from_phrases(work.phrases)
    number = {phrase: i for i, phrase in enumerate(work.phrases)}
    found = matcher.find_many([pair.heard for pair in work.utterances], min_score=0.002)
    for utterance, matches in enumerate(found):
        for match in matches:
            yield Claim(number[match.owner], utterance, match.score)


def decided(work: Task) -> Iterator[Claim]:
    """Ours, once the words of each sentence have decided: dropped ones left out, doubtful behind.

    Frames are off: news and commands read aloud are about other things than agents say.
    """
    rules = {
        phrase: Entry(
            id=phrase,
            title=phrase,
            say=(parse(phrase),),
            skip_quoted=False,
            frames=frozenset(),
            where=Where(path="", line=0),
        )
        for phrase in work.phrases
    }
    decider = Decider(Phrasebook(name="", version="", entries=tuple(rules.values())))
    around = Around(role=Role.AGENT)
    matcher = Matcher.from_phrases(work.phrases)
    number = {phrase: i for i, phrase in enumerate(work.phrases)}
    found = matcher.find_many([pair.heard for pair in work.utterances], min_score=0.002)
    for utterance, matches in enumerate(found):
        for match in matches:
            its = decider.decide(work.utterances[utterance].heard, match, around)
            if not its.is_dropped:
                behind = 0.0 if its.decision is Decision.KEPT else 1.0
                yield Claim(number[match.owner], utterance, match.score - behind)


def pinyin_equality(work: Task) -> Iterator[Claim]:
    heard = [spoken(pair.heard) for pair in work.utterances]
    for number, phrase in enumerate(work.phrases):
        wanted = spoken(phrase)
        for utterance, text in enumerate(heard):
            if wanted in text:
                exact = phrase in work.utterances[utterance].heard
                yield Claim(number, utterance, 1.0 if exact else 0.9)


def curve(work: Task, claims: Iterable[Claim]) -> dict[int, float]:
    """Recall at each false-alarm rate; claims of one score stand or fall together."""
    best: dict[tuple[int, int], float] = {}
    for claim in claims:
        key = (claim.phrase, claim.utterance)
        best[key] = max(claim.score, best.get(key, 0.0))
    score = np.array(list(best.values()))
    true = np.array([utterance in work.truth[phrase] for phrase, utterance in best])
    order = np.argsort(-score, kind="stable")
    score, true = score[order], true[order]
    last = np.append(score[1:] != score[:-1], True)
    hits = np.cumsum(true)[last]
    alarms = np.cumsum(~true)[last] * work.alarm_unit
    recall = {}
    for rate in ALARM_RATES:
        within = np.searchsorted(alarms, rate, side="right") - 1
        recall[rate] = float(hits[within]) / work.positives if within >= 0 else 0.0
    return recall


def at_threshold(work: Task, claims: Iterable[Claim], least: float) -> str:
    """Recall and false alarms, near and far, of all claims of at least this score."""
    kept = {(c.phrase, c.utterance) for c in claims if c.score >= least}
    false = [(p, u) for p, u in kept if u not in work.truth[p]]
    near = sum(_is_near(work.phrases[p], work.utterances[u].said) for p, u in false)
    found = len(kept) - len(false)
    unit = work.alarm_unit
    return (
        f"recall {found / work.positives:.3f}, false alarms {near * unit:.0f} near + "
        f"{(len(false) - near) * unit:.0f} far"
    )


def _is_near(phrase: str, said: str) -> bool:
    """Whether the transcript holds a span exactly one coarse syllable from the phrase."""
    wanted, text = _coarse(phrase), _coarse(said)
    size = len(wanted)
    for begin in range(len(text)):
        for end in (begin + size - 1, begin + size, begin + size + 1):
            if end <= len(text) and _one_apart(wanted, text[begin:end]):
                return True
    return False


def _one_apart(a: list[str], b: list[str]) -> bool:
    if len(a) == len(b):
        return sum(x != y for x, y in zip(a, b, strict=True)) <= 1
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


def _coarse(text: str) -> list[str]:
    table = characters()
    return [coarse(table.names[table.sound_of.get(c, 0)]) or c for c in text]


def report(name: str, work: Task, searchers: dict[str, Searcher]) -> Iterator[str]:
    errors = sum(pair.heard != pair.said for pair in work.utterances) / len(work.utterances)
    yield f"\n### {name}: {len(work.phrases)} phrases in {len(work.utterances)} utterances\n"
    yield f"{errors:.0%} of the utterances hold an error; {work.positives} places are to find.\n"
    yield "| recall at false alarms/h/1,000 | " + " | ".join(map(str, ALARM_RATES)) + " | seconds |"
    yield "|---|" + "---|" * (len(ALARM_RATES) + 1)
    for label, search in searchers.items():
        began = time.perf_counter()
        claims = list(search(work))
        took = time.perf_counter() - began
        recall = curve(work, claims)
        yield f"| {label} | " + " | ".join(f"{r:.3f}" for r in recall.values()) + f" | {took:.1f} |"
        if label == "qa-engine":
            mine = claims
    if "qa-engine" in searchers:
        for setting, least in (("宽", 0.35), ("中", 0.5), ("严", 0.75)):
            yield f"\nstrict {setting} (score ≥ {least}): {at_threshold(work, mine, least)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--phrases", type=int, default=800)
    parser.add_argument("--utterances", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", action="store_true", help="also the slow peers (minutes)")
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS.name}")
    chosen = parser.parse_args()
    searchers: dict[str, Searcher] = {
        "qa-engine": ours,
        "qa-engine, decided": decided,
        "pinyin equality": pinyin_equality,
    }
    if chosen.peers:
        searchers["RapidFuzz partial_ratio, pinyin"] = _claims_of(rapidfuzz_pinyin)
        searchers["phonetic peer (as asr-hotword)"] = _claims_of(PhoneticPeer.search)
    lines: list[str] = []
    for name, pairs in corpora().items():
        for title, lengths in ((name, (4, 8)), (f"{name}, words of 2-4", (2, 4))):
            work = task(pairs, chosen.phrases, chosen.utterances, lengths, chosen.seed)
            for line in report(title, work, searchers):
                print(line, flush=True)
                lines.append(line)
    if chosen.save:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text("\n".join(["# Match quality", *lines]) + "\n", "utf-8")


def _claims_of(
    search: Callable[[list[str], list[str]], Iterable[tuple[int, int, float]]],
) -> Searcher:
    def run(work: Task) -> Iterator[Claim]:
        heard = [pair.heard for pair in work.utterances]
        for phrase, utterance, score in search(work.phrases, heard):
            yield Claim(phrase, utterance, score)

    return run


if __name__ == "__main__":
    main()
