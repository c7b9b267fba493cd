"""Without a server, or without the part that speaks to it, calls are judged all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from api.batch.sheets.answers import ANSWER_HEADER
from api.cli.app import run
from api.meaning import endpoint as endpoints
from api.meaning.passes import PassResult, answer_waiting, count_waiting
from api.meaning.task import answering, endpoint_to_ask
from api.settings import Settings
from api.store import Store
from tests.api.live.servers import wait_for
from tests.api.meaning.scripted import serving
from tests.api.meaning.stored import asking, endpoint, fill, many, pack

CALL = "坐席：您好请问您想了解哪一方面\n客户：你说吧\n坐席：有犹豫期的\n客户：好的再见\n"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"{CALL}客户：{number}号\n", "utf-8")
    pack(tmp_path)
    return folder


def batch(calls: Path) -> int:
    where = calls.parent
    arguments = ["batch", str(calls), "--transcript", "--out", str(where / "out")]
    return run([*arguments, "--phrasebook", str(where / "asking.yaml"), "--workers", "1"])


def test_a_batch_without_a_server_judges_without_the_questions_and_says_so_once(
    calls: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(calls) == 0
    told = capsys.readouterr().out
    assert told.count("no meaning_url is set") == 1
    store = Store.open(str(calls.parent / "out" / "calls.db"))
    assert count_waiting(store) == 3
    store.close()


def test_a_batch_whose_server_is_down_says_so_once_and_goes_on_later(
    calls: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_MEANING_HOSTS", "127.0.0.1")
    monkeypatch.setenv("QA_ENGINE_MEANING_MODEL", "scripted-1")
    monkeypatch.setenv("QA_ENGINE_MEANING_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setattr("api.meaning.client.FIRST_WAIT_S", 0.0)
    assert batch(calls) == 0
    assert capsys.readouterr().out.count("127.0.0.1: cannot be reached") == 1

    page = next((calls.parent / "out" / "calls").iterdir())
    assert 'data-t="answer_waiting"' in page.read_text("utf-8")
    with serving() as server:
        monkeypatch.setenv("QA_ENGINE_MEANING_URL", server.url)
        assert batch(calls) == 0
    assert "0 calls wait" in capsys.readouterr().out
    assert 'data-t="answer_waiting"' not in page.read_text("utf-8")

    sheet = load_workbook(calls.parent / "out" / "calls.xlsx")["提问"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == ANSWER_HEADER
    told = {(row[2], row[3], row[5], row[7]) for row in rows}
    assert ("问过需求", "是", None, "您想") in told
    assert ("安抚", "否", "是", "您好请问您想了解哪一方面") in told
    assert len(rows) == 3 * 4


def test_a_batch_without_the_part_that_asks_judges_without_and_writes_its_sheets(
    calls: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_MEANING_HOSTS", "127.0.0.1")
    monkeypatch.setenv("QA_ENGINE_MEANING_MODEL", "scripted-1")
    monkeypatch.setenv("QA_ENGINE_MEANING_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setattr(endpoints, "find_spec", lambda name: None)
    assert batch(calls) == 0
    told = capsys.readouterr().out
    assert told.count("questions need httpx; install it with") == 1
    assert "3 calls wait" in told
    assert list((calls.parent / "out").glob("*.xlsx"))


def test_a_server_without_the_part_that_asks_starts_and_its_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        data_dir=tmp_path,
        meaning_url="http://127.0.0.1:9/v1",
        meaning_hosts=("127.0.0.1",),
        meaning_model="scripted-1",
    )
    assert endpoint_to_ask(settings) is not None
    monkeypatch.setattr(endpoints, "find_spec", lambda name: None)
    assert endpoint_to_ask(settings) is None
    assert "questions need httpx" in caplog.text


def test_without_httpx_there_is_one_sentence_that_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(str(tmp_path / "calls.db")).close()
    monkeypatch.setenv("QA_ENGINE_MEANING_HOSTS", "127.0.0.1")
    monkeypatch.setenv("QA_ENGINE_MEANING_MODEL", "scripted-1")
    monkeypatch.setenv("QA_ENGINE_MEANING_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setattr(endpoints, "find_spec", lambda name: None)
    assert run(["meaning", "run", "--store", str(tmp_path / "calls.db")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "questions need httpx; install it with: pip install 'qa-engine[meaning]'"
    ]


def test_a_server_asks_what_waits_in_the_background(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    book = pack(tmp_path)
    fill(store, book, list(many(book, 3)))

    async def serve(url: str) -> None:
        async with answering(store, endpoint(url), every_s=0.01):
            for _ in range(500):
                if not await asyncio.to_thread(count_waiting, store):
                    return
                await asyncio.sleep(0.02)

    with serving() as server:
        asyncio.run(serve(server.url))
    assert count_waiting(store) == 0
    store.close()


def test_a_server_whose_model_is_down_says_so_once_and_not_every_round(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.meaning.client.FIRST_WAIT_S", 0.0)
    store = Store.open(str(tmp_path / "calls.db"))
    book = pack(tmp_path)
    fill(store, book, list(many(book, 4)))
    rounds = []

    def counted(*given: Any, **more: Any) -> PassResult:
        rounds.append(answer_waiting(*given, **more))
        return rounds[-1]

    monkeypatch.setattr("api.meaning.task.answer_waiting", counted)

    async def serve() -> None:
        async with answering(store, endpoint("http://127.0.0.1:9/v1"), every_s=0.01):
            await asyncio.to_thread(wait_for, lambda: len(rounds) >= 3)

    asyncio.run(serve())
    store.close()
    assert all(one.stopped for one in rounds[:3])
    assert caplog.text.count("cannot be reached") == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("500", "1 calls were not answered, at last: 127.0.0.1: HTTP 500"),
        ("drip", "at last: 127.0.0.1: no whole answer within meaning_timeout_s"),
        ("wrong quote", "无法判断: what is quoted was not said 4"),
    ],
)
def test_a_pass_says_why_there_are_no_answers(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    told: str,
) -> None:
    monkeypatch.setattr("api.meaning.client.FIRST_WAIT_S", 0.0)
    store = Store.open(str(tmp_path / "calls.db"))
    fill(store, pack(tmp_path), list(many(pack(tmp_path), 1)))
    store.close()
    monkeypatch.setenv("QA_ENGINE_MEANING_HOSTS", "127.0.0.1")
    monkeypatch.setenv("QA_ENGINE_MEANING_MODEL", "scripted-1")
    monkeypatch.setenv("QA_ENGINE_MEANING_TIMEOUT_S", "1")
    with serving(lambda number: fault) as server:
        monkeypatch.setenv("QA_ENGINE_MEANING_URL", server.url)
        run(["meaning", "run", "--store", str(tmp_path / "calls.db")])
    assert told in capsys.readouterr().out.replace("\n", " ")


def test_without_a_server_what_waits_is_told_and_what_names_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    fill(store, pack(tmp_path), list(many(pack(tmp_path), 2)))
    store.close()
    assert run(["meaning", "status", "--store", str(tmp_path / "calls.db")]) == 0
    told = capsys.readouterr().out
    assert "2 calls wait" in told
    assert "QA_ENGINE_MEANING_URL" in told


def test_what_was_spent_and_what_waits_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    book = pack(tmp_path)
    fill(store, book, list(many(book, 2)))
    where = str(tmp_path / "calls.db")
    with serving() as server, asking(store, endpoint(server.url)):
        monkeypatch.setenv("QA_ENGINE_MEANING_HOSTS", "127.0.0.1")
        monkeypatch.setenv("QA_ENGINE_MEANING_MODEL", "scripted-1")
        monkeypatch.setenv("QA_ENGINE_MEANING_URL", server.url)
        assert run(["meaning", "status", "--store", where]) == 0
        assert "2 calls wait; today 0 requests" in capsys.readouterr().out
        assert run(["meaning", "run", "--store", where]) == 0
        assert run(["meaning", "status", "--store", where]) == 0
        assert "0 calls wait; today 2 requests, 2200 of" in capsys.readouterr().out
        assert run(["meaning", "replay", "--store", where]) == 0
        assert "8 of 8 answers are as they were" in capsys.readouterr().out.replace("\n", " ")
    store.close()
