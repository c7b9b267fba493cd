"""A running server takes up what is published; a call that has begun keeps what it began with."""

from __future__ import annotations

import asyncio
from pathlib import Path

from api.desk.desk import store_of
from api.hearing import Hearing
from api.live.changing_rules import ChangingSessions
from api.live.session_factory import SessionFactory
from api.live.wire_audio import Encoding, encode
from api.rulebook.in_force import in_force, record_of
from api.rulebook.versions import Origin, publish
from api.store import Store
from phrasebook import Phrasebook, load_text
from phrasebook.pieces import assembled, pieces_of
from qa_engine.matching import Matcher
from tests.api.live.servers import (
    Json,
    close_stream,
    feeding,
    of,
    play,
    running,
    settings_for,
    wait_for,
)
from tests.api.live.speech import LoudnessVoice, record, scripted_hearing

CALL = [(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道")]
AUDIO = encode(record(CALL, 16_000), Encoding.LINEAR16)


def changing(folder: Path, store: Store) -> Hearing:
    """A hearing of the scripted recogniser whose rules are the store's."""
    scripted = scripted_hearing(folder)
    assert scripted.book is not None
    publish(store, scripted.book, note="", by="lena", follows=0, origin=Origin.IMPORT)

    def make(book: Phrasebook) -> SessionFactory:
        return SessionFactory(book, Matcher(book), scripted.recogniser, voice=LoudnessVoice())

    sessions = ChangingSessions(scripted.book, make, store)
    return Hearing(sessions, scripted.recogniser, scripted.book)


def deaf(book: Phrasebook) -> Phrasebook:
    """The same pack, the rule that the call breaks listening to the customer now."""
    pieces = pieces_of(book)
    pieces["entries:dont-know"] = pieces["entries:dont-know"].replace("who: 坐席", "who: 客户")
    return assembled(pieces, name=book.name)


def hits(told: list[Json]) -> list[str]:
    return [m["hit"]["rule"] for m in of(told, "hit") if m["state"] == "confirmed"]


def test_a_call_begun_before_keeps_its_rules_and_one_after_has_the_new(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    store = store_of(settings)
    hearing = changing(tmp_path, store)
    sessions = hearing.sessions
    assert isinstance(sessions, ChangingSessions)
    first = in_force(store)

    async def journey() -> None:
        async with feeding(server, "before", "&events=true") as before:
            await play(before, AUDIO[: len(AUDIO) // 2])
            await asyncio.to_thread(
                publish, store, deaf(first.book), note="改", by="lena", follows=1
            )
            await asyncio.to_thread(wait_for, lambda: sessions.version != first.named, 20)
            await play(before, AUDIO[len(AUDIO) // 2 :])
            told = await close_stream(before)
        async with feeding(server, "after", "&events=true") as after:
            await play(after, AUDIO)
            later = await close_stream(after)
        assert len(hits(told)) == 1
        assert of(told, "opened")[0]["versions"]["phrasebook"] == first.named
        assert hits(later) == []
        assert of(later, "opened")[0]["versions"]["phrasebook"] == in_force(store).named

    with running(settings, hearing) as server:
        asyncio.run(journey())
        wait_for(lambda: store.load("after") is not None and store.load("before") is not None)
    filed = {name: store.load(name) for name in ("before", "after")}
    assert {name: len(report.hits) for name, report in filed.items() if report} == {
        "before": 1,
        "after": 0,
    }
    assert filed["before"] is not None
    assert filed["before"].versions.phrasebook == first.named
    store.close()


def test_a_batch_judges_by_the_rules_of_its_store(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    assert record_of(store) is None
    book = load_text("entries:\n- {say: 我不知道, suggest: 我查一下}\n", "own")
    publish(store, book, note="", by="lena", follows=0, origin=Origin.IMPORT)

    found = record_of(store)

    assert found is not None
    assert found.version == book.version
    store.close()
