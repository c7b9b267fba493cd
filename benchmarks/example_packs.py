"""Do the three example packs come to what an inspector would note, from text and from sound?

Corpus: `phrasebook/examples/*/dialogues.md`, sixteen calls for each pack, and `held_out.md`,
fifteen more; both written from the service standard and the titles of the rules before the packs'
wordings were read. The packs were mended by what was missed in the first; of the second only the
figures were looked at. From sound: spoken by espeak voices that `nano_zh` was never trained on,
over a telephone line; or heard by another model.

    python -m benchmarks.example_packs [--held-out] [--sound] [--model DIR] [--quiet] [--json FILE]

A finding is right when its rule is broken in that line; a step when its state is the labelled one;
a score when it is the one that the scorecard makes of the labels. Waiting findings take nothing.
The last result stands in `benchmarks/results/example_packs.json`, that before any mend under
`first`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from api.analyzer import Analyzer
from benchmarks.labelled_calls import Found, LabelledCall, read_calls, true_score
from models.training.calls import ROLES as CHANNELS
from models.training.calls import Call, Caller, ScriptedTurn, render_call, write_flac
from phrasebook import Phrasebook, bundled, load
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role, StepState
from qa_engine.matching.matcher import Matcher
from qa_engine.text_call import judge_dialogue

PACKS = ("insurance_sales", "collections", "ecommerce_returns")
RESULT = Path(__file__).parent / "results" / "example_packs.json"
SLACK_MS = 400
FIRST_SEED = 41_000


ANYWHERE = frozenset(("深夜外呼", "禁呼时段联系"))
"""Calling at such an hour is the breach, whatever words show it: once a call, in any line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    found: Found
    steps: dict[str, StepState]
    total: float | None


@dataclass(slots=True)
class Tally:
    calls: int = 0
    said: int = 0
    found: int = 0
    wrong: int = 0
    steps: int = 0
    steps_right: int = 0
    scores_right: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)

    def row(self) -> dict[str, float | int]:
        told = self.found + self.wrong
        return {
            "calls": self.calls,
            "breaches_said": self.said,
            "recall": round(self.found / max(self.said, 1), 4),
            "precision": round(self.found / max(told, 1), 4),
            "steps": self.steps,
            "steps_right": round(self.steps_right / max(self.steps, 1), 4),
            "scores_right": round(self.scores_right / max(self.calls, 1), 4),
            "steps_and_scores_right": round(
                (self.steps_right + self.scores_right) / max(self.steps + self.calls, 1), 4
            ),
        }


def pack_of(name: str, page: str) -> tuple[Phrasebook, list[LabelledCall]]:
    folder = bundled().parent / "examples" / name
    return load(folder), list(read_calls((folder / page).read_text("utf-8")))


def from_text(book: Phrasebook, matcher: Matcher, call: LabelledCall, _: int) -> Outcome:
    lines = tuple(SpokenLine(text=line.text, speaker=line.role.value) for line in call.lines)
    result = judge_dialogue(
        Dialogue(lines=lines, shape="text", basis=Basis.WORDS),
        {role.value: role for role in (Role.AGENT, Role.CUSTOMER)},
        phrasebook=book,
        matcher=matcher,
        record=call.record,
    )
    order = {one.id: n for n, one in enumerate(result.utterances)}
    return Outcome(
        found=frozenset((order[hit.utterance], hit.rule) for hit in result.hits),
        steps={step.step.id: step.state for step in result.steps},
        total=result.score.total if result.score else None,
    )


def spoken(call: LabelledCall, seed: int) -> Call:
    random = Random(seed)
    callers = {role: Caller.draw(random, held_out=True) for role in CHANNELS}
    turns = [
        ScriptedTurn(role="agent" if line.role is Role.AGENT else "customer", text=line.text)
        for line in call.lines
    ]
    return render_call(turns, callers, seed=seed)


def from_sound(analyzer: Analyzer, call: LabelledCall, seed: int) -> Outcome:
    audio = spoken(call, seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{seed}.flac"
        write_flac(audio, path)
        report = analyzer.analyze(path, roles=(Role.AGENT, Role.CUSTOMER), record=call.record)
    spans = [(turn["begin_ms"], turn["end_ms"]) for turn in audio.utterances]
    found = {
        (min(range(len(spans)), key=lambda n: _away(spans[n], hit.begin_ms)), hit.rule)
        for hit in report.hits
    }
    return Outcome(
        found=frozenset(found),
        steps={step.id: step.state for step in report.steps},
        total=report.score.total if report.score else None,
    )


def _away(span: tuple[int, int], at_ms: int) -> int:
    return max(span[0] - at_ms, at_ms - span[1] + SLACK_MS, 0)


def count(book: Phrasebook, call: LabelledCall, outcome: Outcome, tally: Tally, name: str) -> None:
    tally.calls += 1
    truth, found = _placed(call.truth), _placed(outcome.found)
    tally.said += len(truth)
    tally.found += len(truth & found)
    tally.wrong += len(found - truth)
    for mark, places in (("-", truth - found), ("+", found - truth)):
        for line, rule in sorted(places):
            tally.mistakes[f"{name} {mark}{rule}: {call.lines[line].text}"] += 1
    for step, state in call.steps.items():
        tally.steps += 1
        tally.steps_right += outcome.steps.get(step) is state
        if outcome.steps.get(step) is not state:
            tally.mistakes[f"{name} {step}: {state.value}, found {outcome.steps.get(step)}"] += 1
    total = true_score(book, call).total
    tally.scores_right += outcome.total == total
    if outcome.total != total:
        tally.mistakes[f"{name} score {total}, found {outcome.total}"] += 1


def _placed(found: Found) -> Found:
    return frozenset((0 if rule in ANYWHERE else line, rule) for line, rule in found)


def measured(page: str, sound: bool, model: str | None) -> Iterator[tuple[str, Tally]]:
    for place, name in enumerate(PACKS):
        book, calls = pack_of(name, page)
        judged: Callable[[LabelledCall, int], Outcome]
        if sound:
            judged = partial(from_sound, Analyzer(phrasebook=book, model=model))
        else:
            judged = partial(from_text, book, Matcher(book))
        tally = Tally()
        for number, call in enumerate(calls):
            outcome = judged(call, FIRST_SEED + 100 * place + number)
            count(book, call, outcome, tally, f"{name}/{number + 1}")
        yield name, tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sound", action="store_true")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="figures alone")
    parser.add_argument("--model")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    heard = f"sound {Path(options.model).name}" if options.model else "sound nano_zh"
    key = ("held out, " if options.held_out else "") + (heard if options.sound else "text")
    page = "held_out.md" if options.held_out else "dialogues.md"
    rows: dict[str, Any] = {}
    for name, tally in measured(page, options.sound, options.model):
        rows[name] = tally.row()
        print(name, rows[name])
        for mistake in () if options.quiet else tally.mistakes:
            print("   ", mistake)
    known = json.loads(options.json.read_text("utf-8")) if options.json.exists() else {}
    known.setdefault("first", {}).setdefault(key, rows)
    known[key] = rows
    options.json.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
