from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_engine.audio.riff import parse


@given(st.binary(max_size=64))
def test_no_bytes_make_it_fail(tail: bytes) -> None:
    parse(b"RIFF\0\0\0\0WAVE" + tail)
    parse(tail)


def test_chunks_before_the_data_are_stepped_over() -> None:
    fmt = b"fmt " + bytes([16, 0, 0, 0]) + bytes(8) + (16_000).to_bytes(4, "little") + bytes(4)
    info = b"LIST" + (3).to_bytes(4, "little") + b"abc\0"
    head = b"RIFF\0\0\0\0WAVE" + info + fmt + b"data" + (320).to_bytes(4, "little")
    promise = parse(head)
    assert promise is not None
    assert (promise.data_offset, promise.data_bytes) == (len(head), 320)
    assert promise.bytes_per_s == 16_000


@pytest.mark.parametrize("head", [b"", b"fLaC", b"RIFF\0\0\0\0AVI LIST"])
def test_other_formats_promise_nothing_here(head: bytes) -> None:
    assert parse(head) is None
