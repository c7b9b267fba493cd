"""How many personal numbers stay covered, and how many clean sentences are touched? How fast?

Corpus: the test's own table (`tests/qa_engine/privacy/forms.py`): phone, identity-card and
bank-card numbers and codes, each read in eight ways (written, spoken 一三八, radio 幺三八, full
width, grouped, dashed, with hesitation) in everyday sentences, hand-written plates, addresses and
tails; and clean sentences full of amounts, dates, hotlines and order numbers. A number counts as
covered when neither its first four nor its last three signs are left. `split` cuts each number
into two or three turns of a conversation with a nod of the agent between them. People's names,
which are known by the call's record and by the words around them, are measured apart
(`name_forms.py`): sentences, answers and what a recogniser made of a record's name.

    python -m benchmarks.redaction [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from qa_engine.privacy import ConversationLine, find, mask_lines, redact
from qa_engine.privacy.names import names
from tests.qa_engine.privacy.forms import clean, personal
from tests.qa_engine.privacy.name_forms import CLEAN, said

RESULT = Path(__file__).parent / "results" / "redaction.json"


def split_recall() -> tuple[int, int]:
    """(covered, all) numbers dictated in pieces."""
    covered = total = 0
    for sentence, number, _ in personal():
        if len(number) < 11 or number not in sentence:
            continue
        begin = sentence.index(number)
        for pieces in (2, 3):
            size = -(-len(number) // pieces)
            cuts = [begin + size * n for n in range(1, pieces)]
            turns = [sentence[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
            lines = [
                line
                for turn in turns
                for line in (ConversationLine("c", turn), ConversationLine("a", "嗯"))
            ]
            left = "".join(text for text in mask_lines(lines) if text != "嗯")
            total += 1
            covered += number[:4] not in left and number[-3:] not in left
    return covered, total


def names_left() -> tuple[int, int]:
    """(covered whole, all) of the names in the table."""
    told = list(said())
    whole = 0
    for asked, sentence, name, known in told:
        at = sentence.rindex(name)
        spans = set(names(sentence, known=known, asked=asked))
        whole += any(begin <= at and at + len(name) <= end for begin, end in spans)
    return whole, len(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    forms, sentences = list(personal()), list(clean())
    leaks = [s for s, n, _ in forms if n[:4] in redact(s) or n[-3:] in redact(s)]
    touched = [s for s in sentences if find(s)]
    covered, split = split_recall()
    named, name_forms = names_left()
    nameless = [*CLEAN, *sentences]
    taken = [s for s in nameless if any(names(s, known=("张薇", "陈建国")))]
    text = [s for s, _, _ in forms] + sentences * 4
    began = time.process_time()
    for sentence in text:
        redact(sentence)
    seconds = time.process_time() - began
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "personal_forms": len(forms),
        "recall": round(1 - len(leaks) / len(forms), 4),
        "clean_sentences": len(sentences),
        "false_redactions": round(len(touched) / len(sentences), 4),
        "split_forms": split,
        "split_recall": round(covered / split, 4),
        "name_forms": name_forms,
        "name_recall": round(named / name_forms, 4),
        "sentences_without_a_name": len(nameless),
        "taken_for_a_name": round(len(taken) / len(nameless), 4),
        "characters_per_s": round(sum(map(len, text)) / seconds),
    }
    print(json.dumps(result, indent=2), *leaks[:10], *touched[:10], *taken[:10], sep="\n")
    options.json.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
