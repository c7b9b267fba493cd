from __future__ import annotations

from phrasebook.build_score import CONDUCT_CHECKS, CONDUCT_KEYS
from qa_engine.rules.conduct_checks import CHECKS


def test_a_score_item_may_name_every_check_that_the_engine_makes() -> None:
    assert {f"conduct.{check}" for check in CONDUCT_CHECKS} == set(CHECKS)


def test_limits_in_ms_are_typed_as_times() -> None:
    assert CONDUCT_KEYS["silence"] == "silence_ms"
    assert not any(key.endswith("_ms") for key in CONDUCT_KEYS)
