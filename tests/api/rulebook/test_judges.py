"""Judges of sentences are versions as rules are: published, taken up by running servers, undone."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import select

from api.desk.desk import store_of
from api.live.changing_rules import ChangingSessions
from api.review.errors import NotThere, ReviewError, Taken
from api.rulebook import judges
from api.rulebook.judges import publish_judge, roll_back_judge, use_published_judge
from api.store import Store
from api.store.tables import audit as audit_trail
from models.judging import SentenceJudge, judging_by, open_judge
from models.judging.opening import OF_STORE, VARIABLE
from tests.api.live.servers import close_stream, feeding, of, play, running, settings_for, wait_for
from tests.api.rulebook.test_taken_up import AUDIO, changing


@pytest.fixture(autouse=True)
def own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(OF_STORE, "")
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def body(tmp_path: Path) -> bytes:
    """A judge that knows no rule: it is told from the bundled one by its version alone."""
    path = tmp_path / "new.npz"
    SentenceJudge({}).save(path)
    return path.read_bytes()


def test_what_is_published_is_in_force_and_undone_by_another_version(
    store: Store, body: bytes
) -> None:
    assert judges.judge_in_force(store) == judges.BUNDLED
    made = publish_judge(store, body, note="新一轮裁定", by="lena", follows=0)

    assert use_published_judge(store) == made.judge
    first = open_judge()
    assert first is not None
    assert first.version == made.judge
    back = roll_back_judge(store, 0, note="", by="adam", follows=1)
    assert use_published_judge(store) == judges.BUNDLED
    assert OF_STORE not in os.environ
    again = roll_back_judge(store, 1, note="", by="adam", follows=2)
    assert use_published_judge(store) == again.judge == made.judge
    with store.reading() as connection:
        told = judges.history_of_judges(connection)
        trail = list(connection.scalars(select(audit_trail.c.action)))
    assert [(one.number, one.made_by, one.returns_to) for one in told] == [
        (3, "adam", 1),
        (2, "adam", 0),
        (1, "lena", None),
    ]
    assert (back.note, told[-1].note) == ("", "新一轮裁定")
    assert trail.count("judge.published") == 3


@pytest.mark.parametrize("wrong", [b"", b"PK\x03\x04 no archive", b"x" * 100])
def test_a_file_that_is_no_judge_is_refused_and_nothing_is_kept(store: Store, wrong: bytes) -> None:
    with pytest.raises(ReviewError) as caught:
        publish_judge(store, wrong, note="", by="lena", follows=0)

    assert caught.value.key == "no_judge"
    assert judges.judge_in_force(store) == judges.BUNDLED


def test_of_two_who_publish_at_once_the_second_is_told(store: Store, body: bytes) -> None:
    publish_judge(store, body, note="", by="lena", follows=0)

    with pytest.raises(Taken):
        roll_back_judge(store, 0, note="", by="adam", follows=0)
    with pytest.raises(ReviewError) as caught:
        publish_judge(store, body, note="", by="lena", follows=1)
    assert caught.value.key == "same_judge"
    with pytest.raises(NotThere):
        roll_back_judge(store, 9, note="", by="lena", follows=1)


def test_the_judge_that_a_site_names_is_not_overruled(
    store: Store, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_judge(store, body, note="", by="lena", follows=0)
    monkeypatch.setenv(VARIABLE, "off")

    assert use_published_judge(store) == judges.BUNDLED
    assert open_judge() is None


def test_a_file_that_was_changed_on_this_machine_is_fetched_again(
    store: Store, body: bytes, tmp_path: Path
) -> None:
    made = publish_judge(store, body, note="", by="lena", follows=0)
    use_published_judge(store)
    kept = tmp_path / "cache" / "judges" / f"{made.judge}.npz"
    kept.write_bytes(b"spoilt")

    found = judges.judge_of(store, made.judge)

    assert found is not None
    assert found.version == made.judge
    assert kept.read_bytes() == body


def test_inside_a_call_its_own_judge_judges_whatever_is_in_force() -> None:
    own = SentenceJudge({})
    with judging_by(own):
        assert open_judge() is own
    with judging_by(None):
        assert open_judge() is None
    assert open_judge() is not own


def test_a_running_call_keeps_its_judge_and_the_next_has_the_new(
    tmp_path: Path, body: bytes
) -> None:
    settings = settings_for(tmp_path)
    store = store_of(settings)
    hearing = changing(tmp_path, store)
    sessions = hearing.sessions
    assert isinstance(sessions, ChangingSessions)
    bundled = open_judge()
    assert bundled is not None
    named: dict[str, str] = {}

    async def journey() -> None:
        async with feeding(server, "before", "&events=true") as before:
            await play(before, AUDIO[: len(AUDIO) // 2])
            made = await asyncio.to_thread(
                publish_judge, store, body, note="", by="lena", follows=0
            )
            await asyncio.to_thread(wait_for, lambda: sessions.judge == made.judge, 20)
            async with feeding(server, "after", "&events=true") as after:
                await play(after, AUDIO)
                named["after"] = of(await close_stream(after), "opened")[0]["versions"]["judge"]
            await play(before, AUDIO[len(AUDIO) // 2 :])
            named["before"] = of(await close_stream(before), "opened")[0]["versions"]["judge"]
        assert named == {"before": bundled.version, "after": made.judge}

    with running(settings, hearing) as server:
        asyncio.run(journey())
        wait_for(lambda: store.load("after") is not None and store.load("before") is not None)
    filed = {name: store.load(name) for name in ("before", "after")}
    assert {name: one.versions.judge for name, one in filed.items() if one} == named
