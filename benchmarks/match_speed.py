"""How fast is matching, beside plain multi-phrase search and fuzzy loops, in one run?

    python -m benchmarks.match_speed [--sizes 100 1000 10000 100000] [--save]

Text is generated (words drawn by frequency) in utterances of 24 characters, and phrases are 4-10
character spans of other such text; `--pairs` takes both from real recogniser output and transcripts
(`asr_pairs.py`), which repeat themselves more and so are harder. `homophone tier` is one pass over
sounds; `all tiers, find` is `Matcher.find` on one utterance after the other, `find_many` all of
them at once. Times are processor time of this process, so that a busy machine shows less.
"""

from __future__ import annotations

import argparse
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from benchmarks.asr_pairs import corpora
from qa_engine.matching import Matcher
from qa_engine.matching.patterns.pieces import PieceBook
from qa_engine.matching.tiers.homophone import HomophoneIndex

UTTERANCE_CHARS = 24
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Speed:
    """Characters a second over all utterances, and the 99th percentile for one."""

    chars_per_s: float
    p99_ms: float


def sentences(chars: int, seed: int) -> str:
    """Words drawn by frequency, as in running text."""
    import jieba

    words, weights = [], []
    folder = Path(jieba.__file__).parent
    for line in (folder / "dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split(" ")
        if len(word) <= 4 and all("\u4e00" <= c <= "\u9fff" for c in word):
            words.append(word)
            weights.append(int(count))
    rng = random.Random(seed)
    drawn = rng.choices(words, cum_weights=list(accumulate(weights)), k=chars)
    return "".join(drawn)[:chars]


def phrases(text: str, count: int, seed: int) -> list[str]:
    """Distinct random spans."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        begin = rng.randrange(len(text) - 10)
        found[text[begin : begin + rng.randint(4, 10)]] = None
    return list(found)


def material(chars: int, source_chars: int, real: bool) -> tuple[str, str]:
    """Text to search, and other text that phrases are taken from."""
    if not real:
        return sentences(chars, seed=7), sentences(max(10_000, source_chars), seed=3)
    pairs = [pair for found in corpora().values() for pair in found]
    random.Random(7).shuffle(pairs)
    heard = "".join(pair.heard for pair in pairs[:5000])[:chars]
    return heard, "".join(pair.said for pair in pairs[5000:])


def measured(find: Callable[[str], object], texts: Sequence[str]) -> Speed:
    for text in texts[:20]:
        find(text)
    times = []
    for text in texts:
        began = time.thread_time()
        find(text)
        times.append(time.thread_time() - began)
    times.sort()
    return Speed(sum(map(len, texts)) / sum(times), times[int(len(times) * 0.99)] * 1000)


def best_of(rounds: int, run: Callable[[], Speed]) -> Speed:
    return max((run() for _ in range(rounds)), key=lambda speed: speed.chars_per_s)


def searchers(
    given: list[str], texts: list[str], slow: bool
) -> Iterator[tuple[str, Callable[[], Speed], float]]:
    """Name, a measuring run, and seconds to build."""
    import ahocorasick
    import ahocorasick_rs

    began = time.process_time()
    plain = ahocorasick.Automaton()
    for number, phrase in enumerate(given):
        plain.add_word(phrase, number)
    plain.make_automaton()
    yield (
        "pyahocorasick (exact)",
        lambda: measured(lambda text: list(plain.iter(text)), texts),
        time.process_time() - began,
    )
    began = time.process_time()
    rust = ahocorasick_rs.AhoCorasick(given)
    yield (
        "ahocorasick_rs (exact)",
        lambda: measured(lambda t: rust.find_matches_as_indexes(t, overlapping=True), texts),
        time.process_time() - began,
    )
    try:
        from flashtext2 import KeywordProcessor
    except ImportError:
        pass
    else:
        began = time.process_time()
        flash = KeywordProcessor(case_sensitive=True)
        flash.add_keywords_from_iter(given)
        yield (
            "flashtext2 (exact, no overlaps)",
            lambda: measured(flash.extract_keywords, texts),
            time.process_time() - began,
        )
    book = PieceBook()
    for phrase in given:
        book.add(phrase)
    began = time.process_time()
    sounds = HomophoneIndex(book.pieces)
    yield (
        "qa-engine, homophone tier",
        lambda: measured(lambda text: list(sounds.scan(text)), texts),
        time.process_time() - began,
    )
    began = time.process_time()
    matcher = Matcher.from_phrases(given)
    built = time.process_time() - began
    yield "qa-engine, all tiers, find", lambda: measured(matcher.find, texts), built
    yield "qa-engine, all tiers, find_many", lambda: _many(matcher, texts), built
    if slow:
        from rapidfuzz import fuzz

        few = texts[: max(2, 20_000 // len(given))]
        yield (
            "RapidFuzz partial_ratio loop",
            lambda: measured(
                lambda text: [p for p in given if fuzz.partial_ratio(p, text) >= 80], few
            ),
            0.0,
        )


def _many(matcher: Matcher, texts: list[str]) -> Speed:
    began = time.process_time()
    matcher.find_many(texts)
    took = time.process_time() - began
    return Speed(sum(map(len, texts)) / took, float("nan"))


def memory_mb(given: list[str]) -> float:
    """Memory a matcher holds, as Python and numpy account for it."""
    tracemalloc.start()
    matcher = Matcher.from_phrases(given)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del matcher
    return held / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000, 100_000])
    parser.add_argument("--chars", type=int, default=48_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-slow", action="store_true")
    parser.add_argument("--pairs", action="store_true", help="real text")
    parser.add_argument("--save", action="store_true", help="write results/match_speed.md")
    chosen = parser.parse_args()
    text, source = material(chosen.chars, 12 * max(chosen.sizes), chosen.pairs)
    texts = [text[i : i + UTTERANCE_CHARS] for i in range(0, len(text), UTTERANCE_CHARS)]
    Matcher.from_phrases(["我不知道"]).find("我不知道")
    lines = [
        "| phrases | search | characters/s | µs/char | p99 of one utterance, ms | build, s |",
        "|---|---|---|---|---|---|",
    ]
    print("\n".join(lines))
    for size in chosen.sizes:
        given = phrases(source, size, seed=3)
        for name, run, built in searchers(given, texts, not chosen.no_slow):
            speed = best_of(chosen.rounds, run)
            line = (
                f"| {size:,} | {name} | {speed.chars_per_s:,.0f} | {1e6 / speed.chars_per_s:.2f} "
                f"| {speed.p99_ms:.2f} | {built:.2f} |"
            )
            print(line, flush=True)
            lines.append(line)
        lines.append(f"| {size:,} | qa-engine, memory held: {memory_mb(given):.0f} MB | | | | |")
        print(lines[-1], flush=True)
    if chosen.save:
        RESULTS.mkdir(exist_ok=True)
        name = f"match_speed{'_pairs' if chosen.pairs else ''}.md"
        RESULTS.joinpath(name).write_text("\n".join(["# Match speed", "", *lines]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
