from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from phrasebook import parse
from phrasebook.model import Phrasebook
from qa_engine.analysis import Analysis
from qa_engine.audio.channels import ChannelMeter, ChannelProblem
from qa_engine.audio.speakers import Print
from qa_engine.casting import Casting, judge_again
from qa_engine.events import Role, SessionEvent, Utterance, UtteranceHeard
from qa_engine.matching.matcher import Matcher
from tests.qa_engine.rules.scripted import book, entry, step

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER
LINES = (
    ("a", "感谢致电很高兴为您服务"),
    ("b", "我想问一下怎么退货"),
    ("a", "请您稍等"),
    ("b", "我不知道"),
    ("a", "好的"),
    ("b", "那我再想想"),
)


@pytest.fixture(scope="module")
def phrasebook() -> Phrasebook:
    dont_know = replace(entry("dont-know"), say=(parse("我不知道"),))
    opening = replace(step("opening", within_ms=15_000), say=(parse("感谢致电"),))
    hold = replace(step("hold"), say=(parse("请您稍等"),))
    return book(opening, hold, entries=(dont_know,))


def heard(*, stereo: bool) -> list[SessionEvent]:
    return [
        UtteranceHeard(
            at_ms=number * 2_000,
            utterance=Utterance(
                id=number,
                role=AGENT if who == "a" or not stereo else CUSTOMER,
                channel=int(stereo and who == "b"),
                begin_ms=number * 2_000,
                end_ms=number * 2_000 + 1_500,
                text=text,
            ),
        )
        for number, (who, text) in enumerate(LINES)
    ]


def sounded(*voices: str) -> dict[int, Print]:
    rng = np.random.default_rng(0)
    centres = {"a": np.zeros(8), "b": np.ones(8)}
    return {
        number: (centres[voice] + rng.normal(0, 0.05, 8)).astype(np.float32)
        for number, voice in enumerate(voices)
    }


def casting(phrasebook: Phrasebook) -> Casting:
    return Casting(phrasebook, Matcher(phrasebook), ChannelMeter(1).findings())


def test_on_one_channel_the_voice_that_says_the_agents_sentences_is_the_agent(
    phrasebook: Phrasebook,
) -> None:
    cast = casting(phrasebook)
    cast.tell_apart(heard(stereo=False), sounded(*(who for who, _ in LINES)))
    assert [cast.role_of[number] for number in range(6)] == [AGENT, CUSTOMER] * 3
    assert [found.problem for found in cast.findings] == [ChannelProblem.MONO]
    assert "inferred from the voices" in cast.findings[0].message


def test_a_customers_words_on_one_channel_are_then_no_hit(phrasebook: Phrasebook) -> None:
    cast = casting(phrasebook)
    events = heard(stereo=False)
    cast.tell_apart(events, sounded(*(who for who, _ in LINES)))
    analysis = Analysis(phrasebook, Matcher(phrasebook), "")
    judge_again(analysis, events, cast.role_of, 13_000)
    assert analysis.result().hits == ()


def test_one_voice_is_left_as_one(phrasebook: Phrasebook) -> None:
    cast = casting(phrasebook)
    cast.tell_apart(heard(stereo=False), sounded(*"aaaaaa"))
    assert cast.role_of == {}


def test_voices_that_both_say_the_agents_sentences_are_left_as_one(phrasebook: Phrasebook) -> None:
    cast = casting(phrasebook)
    cast.tell_apart(heard(stereo=False), sounded(*"abbaba"))
    assert cast.role_of == {}
    assert "all of it is taken for one role" in cast.findings[0].message


@pytest.mark.parametrize("free", [True, False], ids=["roles not given", "roles given"])
def test_swapped_channels_are_told_and_put_right_only_where_free_to(
    phrasebook: Phrasebook, free: bool
) -> None:
    cast = Casting(phrasebook, Matcher(phrasebook), ())
    cast.check_channels(heard(stereo=True), (CUSTOMER, AGENT), free=free)
    assert [found.problem for found in cast.findings] == [ChannelProblem.SWAPPED]
    assert cast.channel_roles == ((AGENT, CUSTOMER) if free else ())
    assert bool(cast.role_of) is free


def test_channels_as_they_should_be_are_left_alone(phrasebook: Phrasebook) -> None:
    cast = Casting(phrasebook, Matcher(phrasebook), ())
    cast.check_channels(heard(stereo=True), (AGENT, CUSTOMER), free=True)
    assert cast.findings == ()
    assert cast.role_of == {}
