"""Does a flag mean that the sentence says it, however it is worded? Agent and customer apart.

Corpus: the unread part of `phrasebook/zh_corpus`: single lines with what was said before them, and
whole calls, written without knowledge of the patterns and never trained or tuned on. Of
`dialogues_blind` and `dialogues_looked`, written later by one hand from the service standard alone,
the second may be looked into line by line (`--looked --failing`), the first never.
`dialogues_fresh` and `pairs` (single lines after what the other side said) are a third hand's,
`dialogues_good`, `dialogues_good_second` and `dialogues_good_third` are faultless calls of many
trades: what is kept there is a false alarm.

    python -m benchmarks.language [--train | --looked] [--every N] [--json FILE] [--failing]

Every line goes through the text path (`judge_dialogue`). Findings on it are rules, each once:
*kept*; *laid* before a person (kept, doubtful or by meaning). A finding is right when the line is
labelled with its rule. On a line that breaks another rule it is `other`: neither right nor wrong
(nobody labelled every rule of every line). On any other line it is wrong. A labelled line is found
when one of its rules is; `family` counts it found under a rule of the same family (one row of the
service standard, as every rule names it), `any` under whatever name. `informal-ni` is left aside
there, but its prompts are counted. `an_hour` are findings an hour of speech of that role, a
character at 230 ms; false prompts are those that the agent would see on ordinary lines, with the
exact Poisson interval of 95 %. `--train` reads the part that patterns and judge may learn from,
and proves nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from math import exp, lgamma, log
from pathlib import Path
from typing import Any

import phrasebook
from models.judging.examples import (
    ORDINARY,
    Conversation,
    Example,
    SaidLine,
    conversations,
    examples,
)
from phrasebook.model import Audience
from qa_engine.dialogue import MS_A_CHARACTER, Basis, Dialogue, SpokenLine
from qa_engine.events import Decision, Hit, Role
from qa_engine.matching import Matcher
from qa_engine.rules.counting import is_told_live, standing_of_hit
from qa_engine.text_call import judge_dialogue

RESULT = Path(__file__).parent / "results" / "language.json"
CORPUS = Path(phrasebook.__file__).parent / "zh_corpus"
DIALOGUES = "dialogues"
PAIRS = "pairs"
LOOKED = "dialogues_looked"
ASIDE = "informal-ni"
ROLES = {role.value: role for role in Role}
HOUR_MS = 3_600_000
Found = tuple[set[str], set[str], int]
"""Rules kept, rules only laid before a person, and how many prompts an agent would see."""


@dataclass(slots=True)
class Tally:
    """What became of the lines of one kind."""

    lines: int = 0
    labelled: int = 0
    found: int = 0
    found_laid: int = 0
    found_family: int = 0
    found_laid_family: int = 0
    found_any: int = 0
    right: int = 0
    wrong: int = 0
    other: int = 0
    laid_right: int = 0
    laid_wrong: int = 0
    laid_other: int = 0
    prompts: int = 0
    speech_ms: int = 0

    def add(
        self,
        said: SaidLine,
        kept: set[str],
        laid: set[str],
        prompts: int,
        family: Mapping[str, str],
    ) -> None:
        want = said.rules - {ASIDE}
        kept, laid = kept - {ASIDE}, laid - {ASIDE}
        self.lines += 1
        self.speech_ms += len(said.line) * MS_A_CHARACTER
        self.prompts += prompts
        self.labelled += bool(want)
        self.found += bool(want & kept)
        self.found_laid += bool(want & (kept | laid))
        same = {family.get(rule, rule) for rule in want}
        self.found_family += any(family.get(rule, rule) in same for rule in kept)
        self.found_laid_family += any(family.get(rule, rule) in same for rule in kept | laid)
        self.found_any += bool(want and kept | laid)
        self.right += len(kept & want)
        self.laid_right += len(laid & want)
        if want:
            self.other += len(kept - want)
            self.laid_other += len(laid - want)
        else:
            self.wrong += len(kept)
            self.laid_wrong += len(laid)

    def told(self) -> dict[str, Any]:
        hours = self.speech_ms / HOUR_MS
        return {
            "lines": self.lines,
            "labelled": self.labelled,
            "precision": _share(self.right, self.right + self.wrong),
            "recall": _share(self.found, self.labelled),
            "recall_of_family": _share(self.found_family, self.labelled),
            "laid_recall_of_family": _share(self.found_laid_family, self.labelled),
            "laid_recall": _share(self.found_laid, self.labelled),
            "laid_recall_any_name": _share(self.found_any, self.labelled),
            "laid_precision": _share(self.laid_right, self.laid_right + self.laid_wrong),
            "kept": {"right": self.right, "wrong": self.wrong, "other": self.other},
            "laid": {
                "right": self.laid_right,
                "wrong": self.laid_wrong,
                "other": self.laid_other,
            },
            "hours": round(hours, 2),
            "laid_an_hour": round((self.laid_right + self.laid_wrong + self.laid_other) / hours, 1)
            if hours
            else None,
            "laid_wrong_an_hour": round(self.laid_wrong / hours, 1) if hours else None,
            "kept_wrong_an_hour": _an_hour(self.wrong, hours),
            "prompts_an_hour": _an_hour(self.prompts, hours),
        }


@dataclass(slots=True)
class Tallies:
    """Tallies by role and name; `family`: the row of the service standard of each rule."""

    family: Mapping[str, str]
    by: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))

    def add(self, names: Iterable[str], said: SaidLine, found: Found) -> None:
        kept, laid, prompts = found
        for name in names:
            self.by[said.role, name].add(said, kept, laid, prompts, self.family)

    def told(self) -> dict[str, dict[str, Any]]:
        told: dict[str, dict[str, Any]] = defaultdict(dict)
        for (role, name), tally in sorted(self.by.items()):
            told[role][name] = tally.told()
        return dict(told)


class Bench:
    """The bundled pack, and what a call comes to."""

    def __init__(self) -> None:
        self.book = phrasebook.load(phrasebook.bundled())
        self.matcher = Matcher(self.book)
        self.took_ms: list[float] = []
        self.family = {entry.id: entry.source for entry in self.book.entries}

    def findings(self, lines: tuple[SaidLine, ...]) -> dict[int, list[Hit]]:
        """The hits of a call by the line they end in."""
        spoken = tuple(SpokenLine(text=one.line, speaker=one.role) for one in lines)
        dialogue = Dialogue(lines=spoken, shape="corpus", basis=Basis.WORDS)
        began = time.perf_counter()
        result = judge_dialogue(dialogue, ROLES, phrasebook=self.book, matcher=self.matcher)
        self.took_ms.append(1000 * (time.perf_counter() - began) / len(lines))
        found: dict[int, list[Hit]] = defaultdict(list)
        for hit in result.hits:
            found[max(part.utterance for part in hit.parts)].append(hit)
        return found


def divided(hits: Iterable[Hit]) -> Found:
    """What the hits of a line come to."""
    kept: set[str] = set()
    laid: set[str] = set()
    prompts = set()
    for hit in hits:
        sure = hit.decision is Decision.KEPT and hit.tier.value != "meaning"
        (kept if sure else laid).add(hit.rule)
        if hit.audience == Audience.AGENT and is_told_live(standing_of_hit(hit)):
            prompts.add(hit.rule)
    return kept, laid - kept, len(prompts)


def single_lines(bench: Bench, rows: Iterable[Example], failing: bool) -> Tallies:
    tallies = Tallies(bench.family)
    for row in rows:
        said = SaidLine(row.role, row.line, row.rules)
        hits = bench.findings((*row.before, said))[len(row.before)]
        found = divided(hit for hit in hits if hit.role == row.role)
        ordinary = row.rule == ORDINARY
        names = ["ordinary"] if ordinary else ["all", f"rule {row.rule}"]
        names += ["disturbed"] if row.disturbed else []
        names += ["near miss"] if not ordinary and not row.breach else []
        tallies.add(names, said, found)
        if failing:
            _tell(said, *found)
    return tallies


def whole_calls(bench: Bench, calls: Iterable[Conversation], failing: bool) -> Tallies:
    tallies = Tallies(bench.family)
    for call in calls:
        hits = bench.findings(call.lines)
        for number, said in enumerate(call.lines):
            found = divided(hit for hit in hits[number] if hit.role == said.role)
            names = ["all", *(f"rule {rule}" for rule in said.rules)]
            tallies.add(names, said, found)
            if failing:
                _tell(said, *found)
    return tallies


def _tell(said: SaidLine, kept: set[str], laid: set[str], prompts: int) -> None:
    want = said.rules - {ASIDE}
    kept, laid = kept - {ASIDE}, laid - {ASIDE}
    if (want and not want & kept) or (not want and kept | laid):
        print(
            f"{said.role}: {said.line}  want {sorted(want)} kept {sorted(kept)} laid {sorted(laid)}"
        )


def false_prompts(tallies: Tallies) -> dict[str, Any]:
    """Prompts on ordinary lines of agents, an hour."""
    tally = tallies.by["agent", "ordinary"]
    hours = tally.speech_ms / HOUR_MS
    if not hours:
        return {}
    return {"prompts": tally.prompts, "hours": round(hours, 2), **_an_hour(tally.prompts, hours)}


def _an_hour(count: int, hours: float) -> dict[str, float]:
    """With the exact Poisson interval of 95 %."""
    if not hours:
        return {}
    low, high = poisson_interval(count)
    return {
        "an_hour": round(count / hours, 2),
        "low": round(low / hours, 2),
        "high": round(high / hours, 2),
    }


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact interval of 95 % for the mean, given one count (F. Garwood, Biometrika 1936)."""

    def at_most(mean: float) -> float:
        return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))

    def where(share: float, tail: Any) -> float:
        low, high = 1e-9, 4.0 * count + 20
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if tail(middle) > share else (low, middle)
        return low

    low = 0.0
    if count:
        low = where(-0.025, lambda mean: -(1 - at_most(mean) + exp(_log_term(mean, count))))
    return low, where(0.025, at_most)


def _log_term(mean: float, count: int) -> float:
    return count * log(mean) - mean - lgamma(count + 1)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None


def rows(part: str) -> Iterator[Example]:
    for path in sorted((CORPUS / part).glob("*.jsonl")):
        if not path.name.startswith((DIALOGUES, PAIRS)):
            yield from examples(path)


def measured(
    part: str, failing: bool = False, every: int = 1, only: str | None = None
) -> dict[str, Any]:
    """Figures of a part of the corpus; of one file of dialogues alone where `only` names it."""
    bench = Bench()
    began = time.perf_counter()
    lines, pairs = Tallies(bench.family), Tallies(bench.family)
    if only is None:
        lines = single_lines(bench, islice(rows(part), 0, None, every), failing)
        paired = CORPUS / part / f"{PAIRS}.jsonl"
        if paired.exists():
            pairs = single_lines(bench, islice(examples(paired), 0, None, every), failing)
    calls = {
        path.stem: whole_calls(bench, islice(conversations(path), 0, None, every), failing).told()
        for path in sorted((CORPUS / part).glob(f"{DIALOGUES}*.jsonl"))
        if only in (None, path.stem)
    }
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "part": part,
        "phrasebook": bench.book.version,
        "false_prompts": false_prompts(lines),
        "a_line_ms": {
            "p50": round(statistics.median(bench.took_ms), 2),
            "p95": round(statistics.quantiles(bench.took_ms, n=20)[-1], 2),
        },
        "seconds": round(time.perf_counter() - began, 1),
        "lines": lines.told(),
        PAIRS: pairs.told(),
        **calls,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--train", action="store_true", help="read the part that may be learned")
    parser.add_argument("--failing", action="store_true", help="print lines missed or wrong")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--every", type=int, default=1, help="read one row of so many; no result")
    parser.add_argument("--looked", action="store_true", help="only the calls to be looked into")
    chosen = parser.parse_args()
    part = "train" if chosen.train else "unread"
    if chosen.failing and part == "unread" and not chosen.looked:
        raise SystemExit(
            "the unread part is never looked into; expected --train or --looked with --failing"
        )
    told = measured(part, chosen.failing, chosen.every, LOOKED if chosen.looked else None)
    for where in (name for name in told if name.startswith(("lines", PAIRS, DIALOGUES))):
        for role, names in told[where].items():
            for name, row in names.items():
                print(
                    f"{where:17}{role:9}{name:28}{row['labelled']:5} of {row['lines']:5}  "
                    f"P {row['precision'] or 0:.3f} R {row['recall'] or 0:.3f}  "
                    f"laid R {row['laid_recall'] or 0:.3f} P {row['laid_precision'] or 0:.3f} "
                    f"wrong/h {row['laid_wrong_an_hour']} "
                    f"prompts/h {row['prompts_an_hour'].get('an_hour')}"
                )
    print("false prompts on ordinary lines:", told["false_prompts"], "a line:", told["a_line_ms"])
    target = chosen.json or (None if chosen.train or chosen.looked or chosen.every > 1 else RESULT)
    if target:
        target.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
