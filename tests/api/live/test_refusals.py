"""A refusal says why in a sentence, and with which code, as the protocol's page promises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.live.refusals import Refused, Why

PAGE = (Path(__file__).parents[3] / "api/README.md").read_text("utf-8")


@pytest.mark.parametrize("why", Why)
def test_a_refusal_reads_as_its_sentence(why: Why) -> None:
    refused = Refused(why, "the token is for another call")

    assert str(refused) == refused.reason == "the token is for another call"
    assert (refused.why, refused.code) == (why, why.name.lower())


def test_close_codes_are_those_of_the_page() -> None:
    table = PAGE[PAGE.index("## Refusals") : PAGE.index("## HTTP")]
    promised = {code: int(close) for close, code in re.findall(r"\| (\d{4}) \| `(\w+)` \|", table)}

    assert len(promised) > 7
    assert {code: Why[code.upper()].value.close for code in promised} == promised


def test_close_codes_of_our_own_mirror_those_of_http() -> None:
    for why in Why:
        close, status = why.value.close, why.value.status
        assert close - 4_000 == status or not 4_000 <= close < 5_000
