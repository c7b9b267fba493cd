"""A live call's questions: never while somebody speaks, and in the background once it is filed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import phrasebook
from api.hearing import Hearing
from api.live.session_factory import SessionFactory
from qa_engine.matching import Matcher
from qa_engine.meaning.answers import AnswerState
from tests.api.live.servers import close_stream, feeding, play, running, settings_for, wait_for
from tests.api.live.speech import PACK, LoudnessVoice, ScriptedRecogniser
from tests.api.live.test_archive import stored
from tests.api.live.test_journey import AUDIO
from tests.api.meaning.scripted import serving

ASKED = """
asks:
  - {id: 安抚, ask: 客户要投诉时坐席是否安抚？, yes: 安抚了, no: 没有, wrong: 无}
"""


def hearing(folder: Path) -> Hearing:
    path = folder / "asking.yaml"
    path.write_text(PACK + ASKED, "utf-8")
    book = phrasebook.load(path)
    recogniser = ScriptedRecogniser()
    factory = SessionFactory(book, Matcher(book), recogniser, voice=LoudnessVoice())
    return Hearing(factory, recogniser, book)


def test_a_live_call_is_asked_about_only_when_it_is_over_and_filed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.meaning.task.EVERY_S", 0.05)
    with serving(keywords={"安抚": "放心"}) as model:
        settings = settings_for(
            tmp_path,
            meaning_url=model.url,
            meaning_hosts=("127.0.0.1",),
            meaning_model="scripted-1",
        )
        with running(settings, hearing(tmp_path)) as server:

            async def call() -> int:
                async with feeding(server, "live") as feeder:
                    await play(feeder, AUDIO, pause_s=0.01)
                    asked = len(model.received)
                    await close_stream(feeder)
                return asked

            def answered() -> bool:
                report = stored(server, "live")
                return bool(report and report.answers[0].state is AnswerState.YES)

            assert asyncio.run(call()) == 0
            wait_for(answered)
            report = stored(server, "live")
    assert len(model.received) == 1
    assert report is not None
    (answer,) = report.answers
    (quote,) = answer.quotes
    said = next(one for one in report.utterances if one.id == quote.utterance)
    assert said.text[quote.begin_char : quote.end_char] == "放心"
    assert said.begin_ms <= quote.begin_ms < quote.end_ms <= said.end_ms
