"""Counts which word follows which in our good sentences.

    python -m qa_engine.deciding.make_tables

Read are `matching/text/everyday.txt` and the sentences of `phrasebook/zh_corpus/train` that break
no rule (both ours, under the project's licence): what is good is to seem likely, not what is bad. A
pair counts 1 + ln(times), so that a template said a hundred times does not drown what is said once.
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
from qa_engine.deciding.words import TABLES, WordModel, dictionary
from qa_engine.matching.text.everyday import everyday

CORPUS = Path(phrasebook.__file__).parent / "zh_corpus" / "train"
CLAUSE_END = re.compile("[，。！？；：、,.!?;:\\s]+")


def sentences() -> Iterator[str]:
    """Every sentence of ours, clause by clause."""
    texts = [line.text for line in everyday()]
    for path in sorted(CORPUS.glob("*.jsonl")):
        rows = map(json.loads, path.read_text("utf-8").splitlines())
        texts.extend(row["line"] for row in rows if not row["breach"])
    for text in texts:
        yield from filter(None, CLAUSE_END.split(text))


def main() -> None:
    plain = WordModel(*dictionary(), {})
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
