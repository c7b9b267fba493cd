"""A form beside the text of a piece: what nobody changed in it changes nothing."""

from __future__ import annotations

import pytest

import phrasebook
from api.rulebook.forms import FIELDS, fields_of, with_fields
from phrasebook.pieces import pieces_of, section_of

PIECES = {
    key: text
    for key, text in pieces_of(phrasebook.load(phrasebook.bundled())).items()
    if section_of(key)[0] in FIELDS
}


def test_a_form_that_nobody_changed_leaves_every_piece_to_the_letter() -> None:
    moved = {
        key: with_fields(key, text, fields)
        for key, text in PIECES.items()
        if (fields := fields_of(key, text)) is not None
    }

    assert len(moved) > 100
    assert {key for key, text in moved.items() if text != PIECES[key]} == set()


@pytest.mark.parametrize("field", ["coach", "title"])
def test_a_changed_field_changes_its_own_lines_and_no_others(field: str) -> None:
    key = next(key for key, text in PIECES.items() if "maybe:" in text and "within:" in text)
    before = PIECES[key]
    after = with_fields(key, before, {**(fields_of(key, before) or {}), field: "改过的话"})

    gone = set(before.splitlines()) - set(after.splitlines())
    come = set(after.splitlines()) - set(before.splitlines())
    assert come == {f"{field}: 改过的话"}
    assert all(line.startswith(f"{field}:") or line.startswith("  ") for line in gone)
    assert len(gone) <= 2


def test_a_field_that_was_not_there_stands_where_a_pack_has_it() -> None:
    key = next(
        key for key, text in PIECES.items() if key.startswith("entries:") and "unless:" not in text
    )
    after = with_fields(key, PIECES[key], {"unless": "客服:您稍等"})

    names = [
        line.partition(":")[0] for line in after.splitlines() if not line.startswith((" ", "-"))
    ]
    assert names.index("unless") > names.index("say")
    assert [name for name in names if name != "unless"] == [
        line.partition(":")[0]
        for line in PIECES[key].splitlines()
        if not line.startswith((" ", "-"))
    ]
