from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from phrasebook import parse
from phrasebook.model import Phrasebook
from qa_engine.analysis import Analysis
from qa_engine.audio.channels import ChannelMeter, ChannelProblem
from qa_engine.casting import Casting, judge_again
from qa_engine.events import Role, SessionEvent, Utterance, UtteranceHeard
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.counting import Reason, standing_of_hit
from qa_engine.speakers import VoicedPiece, Voices
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


def sounded(*voices: str) -> Voices:
    return Voices(
        count=len(set(voices)),
        pieces={
            number: (VoicedPiece(number * 2_000, number * 2_000 + 1_500, "ab".index(voice), 0.9),)
            for number, voice in enumerate(voices)
        },
    )


def cast_roles(cast: Casting) -> list[Role]:
    return [part.role for number in sorted(cast.recast) for part in cast.recast[number]]


def nobody_is_known(cast: Casting) -> bool:
    parts = [part for found in cast.recast.values() for part in found]
    return len(parts) == len(LINES) and not any(part.role_confidence for part in parts)


def casting(phrasebook: Phrasebook) -> Casting:
    return Casting(phrasebook, Matcher(phrasebook), ChannelMeter(1).findings())


def test_on_one_channel_the_voice_that_says_the_agents_sentences_is_the_agent(
    phrasebook: Phrasebook,
) -> None:
    cast = casting(phrasebook)
    cast.tell_apart(heard(stereo=False), sounded(*(who for who, _ in LINES)))
    assert cast_roles(cast) == [AGENT, CUSTOMER] * 3
    assert [found.problem for found in cast.findings] == [ChannelProblem.MONO]
    assert "inferred from the voices" in cast.findings[0].message


def test_a_customers_words_on_one_channel_are_then_no_hit(phrasebook: Phrasebook) -> None:
    cast = casting(phrasebook)
    events = heard(stereo=False)
    cast.tell_apart(events, sounded(*(who for who, _ in LINES)))
    analysis = Analysis(phrasebook, Matcher(phrasebook), "")
    judge_again(analysis, events, cast.recast, 13_000)
    assert analysis.result().hits == ()


@pytest.mark.parametrize("voices", ["aaaaaa", "abbaba"], ids=["one voice", "both say it"])
def test_where_the_voices_do_not_tell_nobody_is_known_to_have_spoken(
    phrasebook: Phrasebook, voices: str
) -> None:
    cast = casting(phrasebook)
    cast.tell_apart(heard(stereo=False), sounded(*voices))
    assert nobody_is_known(cast)
    assert "nobody can say who is who" in cast.findings[0].message


def test_too_little_speech_for_a_voice_is_nobody_s(phrasebook: Phrasebook) -> None:
    cast = casting(phrasebook)
    cast.tell_apart(heard(stereo=False), None)
    assert nobody_is_known(cast)


def test_the_polite_voice_is_the_agent_where_no_sentence_tells(phrasebook: Phrasebook) -> None:
    said = ["您那边", "我这边", "您看", "嗯", "您好的", "行"]
    events: list[SessionEvent] = [
        UtteranceHeard(at_ms=event.at_ms, utterance=replace(event.utterance, text=text))
        for event, text in zip(heard(stereo=False), said, strict=True)
        if isinstance(event, UtteranceHeard)
    ]
    cast = casting(phrasebook)
    cast.tell_apart(events, sounded(*(who for who, _ in LINES)))
    assert cast_roles(cast) == [AGENT, CUSTOMER] * 3


def test_an_unknown_speaker_s_words_take_no_points(phrasebook: Phrasebook) -> None:
    cast = casting(phrasebook)
    events = heard(stereo=False)
    cast.tell_apart(events, sounded(*"aaaaaa"))
    analysis = Analysis(phrasebook, Matcher(phrasebook), "")
    judge_again(analysis, events, cast.recast, 13_000)
    standings = [standing_of_hit(hit) for hit in analysis.result().hits]
    assert [standing.reason for standing in standings] == [Reason.UNKNOWN_SPEAKER]


@pytest.mark.parametrize("free", [True, False], ids=["roles not given", "roles given"])
def test_swapped_channels_are_told_and_put_right_only_where_free_to(
    phrasebook: Phrasebook, free: bool
) -> None:
    cast = Casting(phrasebook, Matcher(phrasebook), ())
    cast.check_channels(heard(stereo=True), (CUSTOMER, AGENT), free=free)
    assert [found.problem for found in cast.findings] == [ChannelProblem.SWAPPED]
    assert cast.channel_roles == ((AGENT, CUSTOMER) if free else ())
    assert bool(cast.recast) is free


def test_channels_as_they_should_be_are_left_alone(phrasebook: Phrasebook) -> None:
    cast = Casting(phrasebook, Matcher(phrasebook), ())
    cast.check_channels(heard(stereo=True), (AGENT, CUSTOMER), free=True)
    assert cast.findings == ()
    assert cast.recast == {}


FIRST, SECOND = np.eye(2, 256, dtype=np.float32)
"""How two voices sound."""
SILENT_PACK = book()


def known(words: Phrasebook, agents_voice: np.ndarray, who: str = "ababab") -> Casting:
    """Cast by the voices in `who`, of which the first to speak sounds as FIRST does."""
    cast = Casting(words, Matcher(words), ChannelMeter(1).findings(), agents_voice=agents_voice)
    voices = replace(sounded(*who), centres=np.stack([FIRST, SECOND]))
    cast.tell_apart(heard(stereo=False), voices)
    return cast


def test_an_enrolled_voice_is_the_agents_where_the_words_do_not_tell() -> None:
    nobody = Casting(SILENT_PACK, Matcher(SILENT_PACK), ChannelMeter(1).findings())
    nobody.tell_apart(heard(stereo=False), sounded(*"ababab"))
    assert nobody_is_known(nobody)
    assert cast_roles(known(SILENT_PACK, FIRST))[:2] == [AGENT, CUSTOMER]
    assert cast_roles(known(SILENT_PACK, SECOND))[:2] == [CUSTOMER, AGENT]


def test_an_enrolled_voice_against_the_words_leaves_it_open(phrasebook: Phrasebook) -> None:
    assert cast_roles(known(phrasebook, FIRST))[:2] == [AGENT, CUSTOMER]
    assert nobody_is_known(known(phrasebook, SECOND))


@pytest.mark.parametrize(
    "voice", [np.eye(3, 256, dtype=np.float32)[2], (FIRST + SECOND) / np.sqrt(2), FIRST[:9]]
)
def test_an_enrolled_voice_that_is_none_of_theirs_or_both_tells_nothing(voice: np.ndarray) -> None:
    assert nobody_is_known(known(SILENT_PACK, voice))


def test_where_nobody_speaks_nobody_has_to_be_told_apart() -> None:
    cast = Casting(SILENT_PACK, Matcher(SILENT_PACK), ChannelMeter(1).findings())
    cast.tell_apart([], None)
    assert (cast.recast, cast.findings) == ({}, ())


def test_who_has_the_network_is_not_told_to_fetch_it() -> None:
    def told(voices: Voices) -> str:
        cast = Casting(SILENT_PACK, Matcher(SILENT_PACK), ChannelMeter(1).findings())
        cast.tell_apart(heard(stereo=False), voices)
        (found,) = cast.findings
        return found.message

    assert "models pull voices" in told(sounded(*"ababab"))
    assert "voices enrol" in told(replace(sounded(*"ababab"), centres=np.stack([FIRST, SECOND])))
