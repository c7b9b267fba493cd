from __future__ import annotations

import numpy as np
import pytest

from qa_engine.audio.channels import ChannelMeter, ChannelProblem, channels_swapped
from qa_engine.events import Role

RNG = np.random.default_rng(0)
ONE = RNG.normal(0, 0.1, 16_000).astype(np.float32)
OTHER = RNG.normal(0, 0.1, 16_000).astype(np.float32)
ROLES = (Role.AGENT, Role.CUSTOMER)


def problems(*channels: np.ndarray) -> list[ChannelProblem]:
    meter = ChannelMeter(len(channels))
    for block in np.array_split(np.stack(channels), 7, axis=1):
        meter.feed(block)
    return [finding.problem for finding in meter.findings()]


def test_one_channel_is_mono() -> None:
    assert problems(ONE) == [ChannelProblem.MONO]


def test_two_voices_are_fine() -> None:
    assert problems(ONE, OTHER) == []


def test_crosstalk_is_no_copy() -> None:
    assert problems(ONE, OTHER + 0.5 * ONE) == []


@pytest.mark.parametrize(
    "copy",
    [ONE, 0.25 * ONE, -ONE, (ONE + 0.05 * OTHER).astype(np.float32)],
    ids=["the same", "quieter", "inverted", "with a little noise"],
)
def test_a_copy_is_seen_whatever_its_level(copy: np.ndarray) -> None:
    assert problems(ONE, copy) == [ChannelProblem.DUPLICATED]


def test_an_empty_channel_is_named() -> None:
    meter = ChannelMeter(2)
    meter.feed(np.stack([ONE, np.zeros_like(ONE)]))
    (finding,) = meter.findings()
    assert (finding.problem, finding.channel) == (ChannelProblem.SILENT, 1)


@pytest.mark.parametrize(
    ("said", "swapped"),
    [
        ({0: {"opening", "name"}, 1: set()}, False),
        ({0: set(), 1: {"opening", "name"}}, True),
        ({0: set(), 1: {"opening"}}, True),
        ({0: {"opening"}, 1: {"name"}}, False),
        ({0: {"opening"}, 1: {"name", "thanks"}}, False),
        ({}, False),
    ],
    ids=["right", "swapped", "one step, agent silent", "one each", "no clear lead", "nothing"],
)
def test_the_opening_tells_who_the_agent_is(said: dict[int, set[str]], swapped: bool) -> None:
    found = channels_swapped(said, ROLES)
    assert (found is not None) is swapped


def test_roles_the_other_way_round_are_checked_the_other_way_round() -> None:
    assert channels_swapped({0: {"opening"}}, ROLES[::-1]) is not None
    assert channels_swapped({1: {"opening"}}, ROLES[::-1]) is None


def test_one_role_cannot_be_swapped() -> None:
    assert channels_swapped({0: {"opening"}}, ROLES[:1]) is None
