"""Results of several recordings never share a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.result_names import result_names


def names(*recordings: str) -> list[str]:
    return [str(name) for name in result_names([Path(path) for path in recordings])]


def test_a_name_of_its_own_is_kept() -> None:
    assert names("x/a.wav", "y/b.wav") == ["a", "b"]


def test_recordings_of_one_name_keep_the_folders_that_tell_them_apart() -> None:
    found = names("in/0301/8001.wav", "in/0302/8001.wav", "in/0301/7.wav")

    assert found == ["0301/8001", "0302/8001", "7"]


def test_recordings_that_differ_in_their_ending_keep_it() -> None:
    assert names("8001.wav", "8001.mp3") == ["8001.wav", "8001.mp3"]


def test_the_same_file_named_twice_is_one() -> None:
    assert names("a/1.wav", "a/../a/1.wav") == ["1", "1"]


PART = st.sampled_from(["a", "A", "b", "a.wav", "a-2"])


PATH = st.builds(
    lambda folders, name, suffix: "/".join(["/r", *folders, name + suffix]),
    st.lists(PART, max_size=2),
    PART,
    st.sampled_from([".wav", ".mp3", ".WAV", ""]),
)


@given(st.lists(PATH, max_size=8, unique=True))
def test_no_two_recordings_ever_share_a_name(paths: list[str]) -> None:
    recordings = [Path(path) for path in paths]

    found = [str(name).casefold() for name in result_names(recordings)]

    assert len(set(found)) == len(set(recordings))


@pytest.mark.parametrize("path", ["../up/a.wav", "/abs/a.wav"])
def test_a_result_stays_inside_the_folder_asked_for(path: str) -> None:
    found = result_names([Path(path), Path("other/a.wav")])

    assert not any(name.is_absolute() or ".." in name.parts for name in found)
