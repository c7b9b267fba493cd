"""What must be said before or after is shown in the form, changed there, and left as it was."""

from __future__ import annotations

import pytest

from api.rulebook.forms import fields_of, with_fields
from phrasebook import load_text

KEY = "entries:push"
HEAD = "id: push\ntitle: 再推\nsay: 便宜\nsuggest: 好的\n"
ONE = HEAD + "before:\n  who: 客户\n  say: 不需要\n  within: 2句\n"
TWO = HEAD + "before:\n- {who: 客户, say: [不需要, 不要]}\n- {say: 推荐, within: 60s}\n"


def fields(text: str) -> dict[str, str]:
    found = fields_of(KEY, text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "lines"),
    [(ONE, "2句 客户: 不需要"), (TWO, "客户: 不需要 // 不要\n60s: 推荐"), (HEAD, "")],
)
def test_relations_are_lines_and_stay_as_they_were(text: str, lines: str) -> None:
    assert fields(text)["before"] == lines
    assert with_fields(KEY, text, fields(text)) == text or text == TWO
    assert fields(with_fields(KEY, text, fields(text)))["before"] == lines


@pytest.mark.parametrize("key", ["before", "after"])
def test_a_line_that_is_typed_is_what_the_pack_says(key: str) -> None:
    typed = fields(HEAD) | {key: "3句 客户: 不需要 // 不要\n60s: 推荐"}

    made = with_fields(KEY, HEAD, typed)

    body = "".join(f"    {line}\n" for line in made.splitlines())
    book = load_text(f"pack: {{name: x, version: '1'}}\nentries:\n  -\n{body}", "x")
    first, second = getattr(book.entries[0], key)
    assert (first.who.value, first.within_turns, len(first.say)) == ("customer", 3, 2)
    assert (second.who.value, second.within_ms) == ("any", 60_000)


def test_an_emptied_field_takes_the_relation_out() -> None:
    assert "before" not in with_fields(KEY, ONE, fields(ONE) | {"before": ""})


def test_what_a_line_cannot_show_is_left_alone() -> None:
    text = HEAD + "before: {say: {a: b}}\n"

    assert fields(text)["before"] == ""
    assert "{a: b}" in with_fields(KEY, text, fields(text)).replace("\n    a: b", " {a: b}")
