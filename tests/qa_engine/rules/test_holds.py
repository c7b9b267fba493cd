"""How long an agent says that a wait will take, in every writing of it."""

from __future__ import annotations

import pytest

from qa_engine.rules.holds import spoken_length_ms


@pytest.mark.parametrize(
    ("said", "ms"),
    [
        ("请您稍等两分钟", 120_000),
        ("大概要半分钟", 30_000),
        # Nobody holds for hours: that is when somebody calls back.
        ("半个小时之内给您回电", None),
        ("两三分钟就好", 180_000),
        ("30秒左右", 30_000),
        ("等我十五秒", 15_000),
        ("一分钟，最多三分钟", 180_000),
        ("稍等一下", None),
        ("零分钟", None),
    ],
)
def test_the_longest_time_that_is_named_is_what_is_promised(said: str, ms: int | None) -> None:
    assert spoken_length_ms(said) == ms
