from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phrasebook.durations import MAX_MS, read_duration, read_when, write_duration, write_when
from phrasebook.model import When


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("30s", 30_000),
        ("2min", 120_000),
        ("500ms", 500),
        ("30秒", 30_000),
        ("三十五秒", 35_000),
        ("两分钟", 120_000),
        ("2分钟", 120_000),
        ("1.001s", 1_001),
        ("1min 30s", 90_000),
        ("1分30秒", 90_000),
        ("-30s", -30_000),
        (" 0s ", 0),
        ("2 MIN", 120_000),
    ],
)
def test_a_time_is_read_in_either_language(text: str, ms: int) -> None:
    assert read_duration(text) == ms


@pytest.mark.parametrize(
    "text",
    ["", "-", "三", "三三秒", "二十十秒", "30", "s", "30 parsecs", "1e3s", "0.0001s", "99h", "nan"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert read_duration(text) is None


@given(st.integers(-MAX_MS, MAX_MS))
def test_a_written_time_reads_back(ms: int) -> None:
    assert read_duration(write_duration(ms)) == ms


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("first 30s", When(first_ms=30_000)),
        ("last 60s", When(last_ms=60_000)),
        ("first 3 turns", When(first_turns=3)),
        ("last 1 turn", When(last_turns=1)),
        ("前30秒", When(first_ms=30_000)),
        ("前三句", When(first_turns=3)),
        ("后十秒", When(last_ms=10_000)),
        ("后60秒", When(last_ms=60_000)),
        ("前3句", When(first_turns=3)),
        ("最后2轮", When(last_turns=2)),
        ("开头 2分钟", When(first_ms=120_000)),
        ("first 30s，last 2 turns", When(first_ms=30_000, last_turns=2)),
    ],
)
def test_a_part_of_the_call_is_read_in_either_language(text: str, when: When) -> None:
    assert read_when(text) == when
    assert read_when(write_when(when)) == when


@pytest.mark.parametrize(
    "text", ["", "30s", "first", "first 30", "middle 30s", "first 1.5 turns", "first 3s, first 4s"]
)
def test_what_names_no_part_of_the_call_is_none(text: str) -> None:
    assert read_when(text) is None
