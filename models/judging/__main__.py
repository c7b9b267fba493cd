"""`python -m models.judging train FOLDER FILE`: the recipe of the bundled judge."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from models.judging.examples import ExamplesError, examples
from models.judging.learning import learn
from models.judging.measures import told
from models.judging.sentence_judge import BUNDLED, SentenceJudge

ROLES = ("agent", "customer")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.judging", description=__doc__)
    parser.add_argument("folder", type=Path, help="*.jsonl of labelled sentences")
    parser.add_argument("file", type=Path, nargs="?", default=BUNDLED)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    try:
        rows = [row for path in sorted(chosen.folder.glob("*.jsonl")) for row in examples(path)]
    except (ExamplesError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    learned = {role: learn(rows, role, seed=chosen.seed) for role in ROLES}
    parts = {role: one.part for role, one in learned.items() if one is not None}
    if not parts:
        sys.stderr.write(f"{chosen.folder}: no family has enough breaches in its *.jsonl\n")
        return 2
    chosen.file.parent.mkdir(parents=True, exist_ok=True)
    version = SentenceJudge(parts).save(chosen.file)
    card = {
        "name": "judge_zh",
        "version": version,
        "sentences": len(rows),
        "unseen_by_cross_validation": {
            role: told(one.rows, one.unseen, one.part) for role, one in learned.items() if one
        },
    }
    text = json.dumps(card, ensure_ascii=False, indent=2) + "\n"
    chosen.file.with_name("manifest.json").write_text(text, "utf-8")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
