"""The list of doors is told in the reader's language, what stands in its cells included."""

from __future__ import annotations

import re

import pytest

from api.clients.doors.listing import listed
from api.doors.door import DOORS, Sightings
from api.settings_load import load_settings
from api.worded_errors import worded

HAN = re.compile("[\u4e00-\u9fff]")
NOBODY = "ws://127.0.0.1:9"


def test_every_cell_of_a_door_is_chinese_where_that_is_spoken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "zh")
    told = listed(NOBODY, load_settings())

    assert [row.name for row in told.doors] == list(DOORS)
    for row in told.doors:
        for cell in (row.speaks, row.credentials):
            assert re.search("[\u4e00-\u9fff、，]", cell), cell
    assert HAN.search(told.unreached)


def test_and_english_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "en")
    told = listed(NOBODY, load_settings())

    assert [row.speaks for row in told.doors] == [door.speaks for door in DOORS.values()]
    assert not HAN.search(told.unreached)


def test_what_was_last_seen_is_told_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "zh")
    seen = Sightings()
    door = DOORS["twilio"]
    for note in (
        lambda: seen.came(door, "10.0.0.3"),
        lambda: seen.call(door, "c-1", "10.0.0.3"),
        lambda: seen.refused(door, "x", "10.0.0.3"),
    ):
        note()
        last = worded(seen.doors["twilio"].last)
        assert HAN.search(last)
        assert "10.0.0.3" in last
