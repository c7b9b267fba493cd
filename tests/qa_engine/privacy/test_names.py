"""People's names are covered where the record or the words around them tell that they are names."""

from __future__ import annotations

import pytest

from qa_engine.privacy import ConversationLine, mask_lines
from qa_engine.privacy.names import names
from tests.qa_engine.privacy.forms import clean
from tests.qa_engine.privacy.name_forms import CLEAN, said


def left(asked: str, sentence: str, known: tuple[str, ...]) -> str:
    covered = set[int]()
    for begin, end in names(sentence, known=known, asked=asked):
        covered |= set(range(begin, end))
    return "".join("*" if i in covered else char for i, char in enumerate(sentence))


def test_at_least_95_percent_of_names_are_covered_whole() -> None:
    told = list(said())
    leaked = [
        (asked, sentence, kept)
        for asked, sentence, name, known in told
        if "*" * len(name) not in (kept := left(asked, sentence, known)) or name[-2:] in kept
    ]

    assert len(told) >= 400
    assert len(leaked) <= 0.05 * len(told), leaked[:10]


def test_at_most_half_a_percent_of_sentences_without_a_name_are_touched() -> None:
    sentences = [*CLEAN, *clean()]
    touched = [one for one in sentences if left("", one, ("张薇", "陈建国")) != one]

    assert len(touched) <= 0.005 * len(sentences), touched


@pytest.mark.parametrize(
    ("known", "text", "kept"),
    [
        ("张薇", "我是张威，弓长张", "我是**，弓长张"),
        ("张薇", "章威是谁", "章威是谁"),
        ("欧阳娜娜", "欧 阳 娜 娜", "*******"),
        ("8001", "工号8001", "工号8001"),
        ("", "您好", "您好"),
    ],
)
def test_the_records_name_is_known_by_its_sound(known: str, text: str, kept: str) -> None:
    assert left("", text, (known,)) == kept


def test_a_call_loses_its_customers_name_and_keeps_how_people_are_addressed() -> None:
    lines = [
        ConversationLine("agent", "您好，我叫王芳，请问怎么称呼？", staff=True),
        ConversationLine("customer", "张伟。"),
        ConversationLine("agent", "张先生您好，张伟先生是机主本人吗？", staff=True),
        ConversationLine(
            "customer", "机主是我爱人，叫李静雯，李静文，电话一三八零零一三八零零零。"
        ),
    ]

    assert mask_lines(lines, known=("李静雯",)) == [
        "您好，我叫王芳，请问怎么称呼？",
        "**。",
        "张先生您好，**先生是机主本人吗？",
        "机主是我爱人，叫***，***，电话***********。",
    ]
