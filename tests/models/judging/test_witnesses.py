from __future__ import annotations

import numpy as np
import pytest

from models.judging.examples import ORDINARY, Example
from models.judging.witnesses import Witnessed

HARMLESS = 100


def witnessed(found: bool = False) -> Witnessed:
    """A hundred ordinary sentences and a hundred breaches that lie higher, with some overlap."""
    rows = [Example(ORDINARY, False, "agent", f"您好您的第{n}单已经办好") for n in range(HARMLESS)]
    rows += [Example("vague", True, "agent", f"大概是第{n}种情况吧我猜") for n in range(HARMLESS)]
    own = np.concatenate((np.linspace(-4, 0, HARMLESS), np.linspace(-1, 4, HARMLESS)))
    weighed = np.stack((own, np.full(len(rows), -5.0)), 1).astype(np.float32)
    mask = np.zeros(len(rows), bool)
    mask[0] = found
    return Witnessed(rows, ("vague", "slow"), weighed, own.astype(np.float32), mask)


def an_hour(judged: Witnessed, least: float) -> int:
    return int((judged._some[:HARMLESS] >= least).sum())


def test_ordinary_sentences_are_laid_as_often_as_they_may_be() -> None:
    judged = witnessed()
    hours = sum(len(row.line) for row in judged._rows[:HARMLESS]) * 0.23 / 3600

    for wanted in (0, 3, 10):
        assert an_hour(judged, judged.some_from(wanted / hours + 1e-6)) == wanted


def test_what_a_family_finds_by_itself_is_counted_among_them() -> None:
    assert witnessed(found=True).some_from(100.0) > witnessed().some_from(100.0)


def test_words_are_enough_where_most_of_what_is_found_breaks_the_rule() -> None:
    judged = witnessed()
    least = judged.agreed_from(0.93, 1e6)
    kept = judged._some >= least

    assert 0 < least < 1
    assert kept[HARMLESS:].sum() / kept.sum() >= 0.93


def test_words_are_enough_no_oftener_in_ordinary_speech_than_they_may_be() -> None:
    rows = [Example(ORDINARY, False, "agent", f"您好您的第{n}单已经办好") for n in range(HARMLESS)]
    rows += [Example("vague", True, "agent", f"大概是第{n}种情况吧我猜") for n in range(HARMLESS)]
    own = np.concatenate((np.linspace(-4, 3, HARMLESS), np.linspace(2, 4, HARMLESS)))
    judged = Witnessed(
        rows,
        ("vague",),
        own[:, None].astype(np.float32),
        own.astype(np.float32),
        np.zeros(len(rows), bool),
    )
    hours = sum(len(row.line) for row in rows[:HARMLESS]) * 0.23 / 3600

    for wanted in (0, 2, 7):
        assert an_hour(judged, judged.agreed_from(0.0, wanted / hours + 1e-6)) == wanted


def test_manner_alone_breaks_no_rule() -> None:
    rows = [Example("filler-habit", True, "agent", f"那个那个第{n}个嘛就是") for n in range(20)]
    rows += [Example("vague", True, "agent", f"大概是第{n}种情况吧我猜") for n in range(20)]
    own = np.concatenate((np.full(20, -3.0), np.full(20, 3.0))).astype(np.float32)
    weighed = np.stack((-own, own), 1)

    judged = Witnessed(rows, ("filler-habit", "vague"), weighed, own, np.zeros(40, bool))

    assert judged._some[:20].max() < 0.5 < judged._some[20:].min()


def test_without_ordinary_sentences_nothing_is_laid_by_it() -> None:
    rows = [Example("vague", True, "agent", "大概是那种情况吧我猜")]
    logits = np.ones((1, 1), np.float32)

    judged = Witnessed(rows, ("vague",), logits, logits[:, 0], np.zeros(1, bool))

    assert judged.some_from(9.0) == pytest.approx(1.0)
