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
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import phrasebook
from benchmarks.tallies import ASIDE, HOUR_MS, Found, Tallies, _an_hour
from models.judging.examples import (
    ORDINARY,
    Conversation,
    Example,
    SaidLine,
    conversations,
    examples,
)
from phrasebook.model import Audience
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Decision, Hit, Role
from qa_engine.matching import Matcher
from qa_engine.rules.counting import is_told_live, standing_of_hit
from qa_engine.text_call import judge_dialogue

RESULT = Path(__file__).parent / "results" / "language.json"
CORPUS = Path(phrasebook.__file__).parent / "zh_corpus"
DIALOGUES = "dialogues"
PAIRS = "pairs"
LOOKED = "dialogues_looked"
ROLES = {role.value: role for role in Role}


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
