"""The stored form of a report has a type for every field of it, and for no other."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from qa_engine.anatomy import Stretch
from qa_engine.events import HitPart
from qa_engine.report import model, stored, stored_conduct
from qa_engine.rules.check import Check, Silence
from qa_engine.rules.conduct import Conduct
from qa_engine.rules.holds import Hold
from qa_engine.rules.judgeable import Judgeable
from qa_engine.rules.score import Deduction, ItemScore, Score
from qa_engine.rules.step_result import StepInstance
from qa_engine.rules.voices import Overlap, VoiceSpan

BY_PEOPLE = {"machine_state", "machine_flags"}
"""Beside what a person judged otherwise, never in a machine's report."""
PAIRS: tuple[tuple[type, Any], ...] = (
    (model.Report, stored.StoredReport),
    (model.CallFacts, stored.StoredCall),
    (model.ChannelRole, stored.StoredChannel),
    (model.ReportUtterance, stored.StoredUtterance),
    (model.ReportWord, stored.StoredWord),
    (model.ReportHit, stored.StoredHit),
    (HitPart, stored.StoredPart),
    (model.ReportStep, stored.StoredStep),
    (StepInstance, stored.StoredOccasion),
    (Conduct, stored_conduct.StoredConduct),
    (Check, stored_conduct.StoredCheck),
    (VoiceSpan, stored_conduct.StoredSpan),
    (Silence, stored_conduct.StoredSilence),
    (Overlap, stored_conduct.StoredOverlap),
    (Hold, stored_conduct.StoredHold),
    (Judgeable, stored.StoredJudgeable),
    (Score, stored.StoredScore),
    (ItemScore, stored.StoredItem),
    (Deduction, stored.StoredDeduction),
    (model.Versions, stored.StoredVersions),
    (model.ReportWarning, stored.StoredWarning),
    (model.ChannelAccount, stored.StoredAccount),
    (model.ReportAnswer, stored.StoredAnswer),
    (Stretch, stored.StoredStretch),
)


@pytest.mark.parametrize(("made", "kept"), PAIRS, ids=lambda one: one.__name__)
def test_every_field_of_a_report_has_its_place_in_the_stored_form(made: type, kept: Any) -> None:
    assert set(kept.__annotations__) - BY_PEOPLE == {field.name for field in fields(made)}
