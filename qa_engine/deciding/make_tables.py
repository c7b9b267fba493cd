"""Counts which word follows which in our own sentences: `python -m qa_engine.deciding.make_tables`.

Read are `matching/everyday.txt` and what stands under `phrasebook/zh_corpus/train` (both ours,
under the project's licence). A pair counts 1 + ln(times), so that a template said a hundred times
does not drown what is said once.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import phrasebook
from qa_engine.deciding.words import TABLES, Words, dictionary
from qa_engine.matching.everyday import everyday

CORPUS = Path(phrasebook.__file__).parent / "zh_corpus" / "train"
CLAUSE_END = re.compile("[，。！？；：、,.!?;:\\s]+")


def sentences() -> Iterator[str]:
    """Every sentence of ours, clause by clause."""
    texts = [line.text for line in everyday()]
    for path in sorted(CORPUS.glob("*.jsonl")):
        lines = path.read_text("utf-8").splitlines()
        texts.extend(json.loads(line)["text"] for line in lines)
    for text in texts:
        yield from filter(None, CLAUSE_END.split(text))


def main() -> None:
    plain = Words(*dictionary(), {})
    counted: Counter[tuple[str, str]] = Counter()
    for clause in sentences():
        counted.update(pairwise(("", *plain.cut(clause).words)))
    rows = [
        f"{first}\t{second}\t{1 + math.log(count):.2f}"
        for (first, second), count in sorted(counted.items())
    ]
    (TABLES / "pairs.tsv").write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
