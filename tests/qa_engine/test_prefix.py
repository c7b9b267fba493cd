from __future__ import annotations

import pytest

from qa_engine.prefix import common_prefix


@pytest.mark.parametrize(
    ("one", "other", "length"),
    [("", "好", 0), ("您好", "您好", 2), ("您好吗", "您好呢", 2), ("好", "您好", 0)],
)
def test_common_prefix(one: str, other: str, length: int) -> None:
    assert common_prefix(one, other) == common_prefix(other, one) == length
