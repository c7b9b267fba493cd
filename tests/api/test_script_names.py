"""A script is named by its id or by the title that people know it by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.transcripts.analyzer import TranscriptAnalyzer
from qa_engine.errors import QAError
from tests.qa_engine.report.sample_pack import pack


@pytest.mark.parametrize(
    ("typed", "found"), [("all", "all"), ("全部", "all"), ("", ""), (None, None)]
)
def test_a_title_is_as_good_as_an_id(typed: str | None, found: str | None) -> None:
    assert TranscriptAnalyzer(phrasebook=pack()).check_script(typed) == found


@pytest.mark.parametrize("typed", ["内呼", "呼入", "来电", "Inbound"])
def test_a_script_that_is_called_like_a_direction_is_known_by_its_words(typed: str) -> None:
    [script] = pack().scripts
    book = replace(pack(), scripts=(replace(script, id="inbound", title="客服热线"),))

    assert TranscriptAnalyzer(phrasebook=book).check_script(typed) == "inbound"


def test_an_unknown_script_is_refused_with_ids_and_titles_and_without_what_was_typed() -> None:
    with pytest.raises(QAError, match=r"all \(全部\)") as told:
        TranscriptAnalyzer(phrasebook=pack()).check_script("某某")
    assert "某某" not in str(told.value)
