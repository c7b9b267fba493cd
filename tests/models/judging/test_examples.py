from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import phrasebook
from models.judging.examples import ORDINARY, ExamplesError, SaidLine, conversations, examples

CORPUS = Path(phrasebook.__file__).parent / "zh_corpus"
TRAIN = [row for path in sorted((CORPUS / "train").glob("*.jsonl")) for row in examples(path)]
UNREAD = list(examples(CORPUS / "unread" / "lines.jsonl"))
CALLS = [
    call
    for path in sorted((CORPUS / "unread").glob("dialogues*.jsonl"))
    for call in conversations(path)
]


def test_a_row_tells_its_rule_and_what_was_said_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"rule": "dont-know", "breach": true, "role": "agent", "line": "这我哪知道",'
        ' "before": [["customer", "几点来电"], ["agent", "嗯"]], "also": ["slang"]}\n\n',
        "utf-8",
    )

    [row] = examples(path)

    assert row.rules == {"dont-know", "slang"}
    assert row.before == (SaidLine("customer", "几点来电"), SaidLine("agent", "嗯"))
    assert row.said_before == "几点来电"
    assert not row.disturbed


@pytest.mark.parametrize("line", ["{", "[1]", '{"rule": "vague"}'])
def test_a_row_that_cannot_be_read_is_named_by_its_line_and_not_quoted(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"\n{line}\n", "utf-8")

    with pytest.raises(ExamplesError) as error:
        list(examples(path))

    assert f"{path}:2:" in str(error.value)
    assert line not in str(error.value)


def test_every_rule_of_the_corpus_is_one_of_the_pack() -> None:
    known = {entry.id for entry in phrasebook.load(phrasebook.bundled()).entries} | {ORDINARY}

    assert {row.rule for row in TRAIN + UNREAD} <= known
    assert {rule for row in TRAIN + UNREAD for rule in row.also} <= known
    assert {rule for call in CALLS for said in call.lines for rule in said.rules} <= known


def test_no_sentence_of_the_unread_part_is_learned_from() -> None:
    """Greetings and the like are anybody's."""
    learned = {row.line for row in TRAIN}
    read = {row.line for row in UNREAD} | {one.line for call in CALLS for one in call.lines}

    assert {line for line in learned & read if len(line) > 6} == set()


def test_each_rule_has_breaches_and_near_misses() -> None:
    breaches = Counter(row.rule for row in TRAIN if row.breach)
    misses = Counter(row.rule for row in TRAIN if not row.breach)

    assert all(misses[rule] >= 30 for rule in breaches)
    assert all(count >= 30 for count in breaches.values())
    assert misses[ORDINARY] >= 2000
