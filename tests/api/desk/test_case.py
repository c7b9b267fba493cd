"""One call judged through the page and its requests."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select, update

from api.desk.desk import prepare_desk
from api.review.judging import reviews
from api.review.sampling import drawing, plans
from api.review.sound import listening
from api.review.tables import outcomes, tasks
from api.review.tables import people as people_table
from api.review.tables import reviews as reviews_table
from api.store import CallFiling, verdicts
from api.store.recording_cipher import KEY_VARIABLE, MAGIC
from api.store.seal import new_key
from api.store.tables import audit, calls, hits, utterances
from api.traces import HEARD
from models.recogniser import SAMPLE_RATE as RATE
from qa_engine.audio.decode import blocks
from tests.api.desk.conftest import Browser, Town
from tests.api.review.calls import put, report
from tests.api.review.sound import put_with_sound
from tests.qa_engine.report.sample_pack import pack
from tests.qa_engine.report.test_curves import REPORT

RULE = "s1-1-dont-know"


def sampled(town: Town, numbers: int = 1) -> None:
    prepare_desk(town.store, town.settings)
    for number in range(1, numbers + 1):
        put(town.store, number)
    since = datetime.now(UTC) - timedelta(days=31)
    plans.make_plan(town.store, name="all", kind="random", amount=99, by="lena")
    drawing.draw(town.store, since=since, by="lena")


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'id="case">(.*?)</script>', page, re.S)
    assert found
    return dict(json.loads(found.group(1)))


def opened(town: Town, login: str = "ines") -> tuple[Browser, dict[str, Any]]:
    browser = town.browser(login)
    where = browser.post("/desk/queue/next").headers["location"]
    return browser, data_of(browser.get(where).text)


def taken(browser: Browser, task: object) -> Any:
    """The page of a task that somebody takes."""
    assert browser.post(f"/desk/tasks/{task}/take").status_code == 303
    return browser.get(f"/desk/tasks/{task}")


def answers(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    items = {name: {"points": 1} for name in state["missing"]}
    return {"revision": state["revision"], "items": items, "comment": "", **more}


def test_a_call_is_judged_from_queue_to_outcome(each_town: Town) -> None:
    town = each_town
    sampled(town)
    browser, data = opened(town)
    review = data["review"]
    hit = next(iter(re.findall(r'data-hit="([^"]+)"', browser.page)))

    told = browser.send(
        "POST", f"/desk/api/reviews/{review['id']}/verdicts", {"hit": hit, "right": False}
    )
    assert told.status_code == 200
    assert told.json()["hits"] == {hit: False}
    saved = browser.send(
        "PUT", f"/desk/api/reviews/{review['id']}", answers(review, comment="还不错")
    )
    assert saved.json()["revision"] == 1
    done = browser.send(
        "POST", f"/desk/api/reviews/{review['id']}/submit", answers(review) | {"revision": 1}
    )

    assert done.json()["state"] == "submitted", done.text
    with town.store.reading() as connection:
        assert connection.scalar(select(outcomes.c.score)) == done.json()["total"]
        assert connection.scalar(select(tasks.c.state)) == "done"
        assert [v.right for v in verdicts.standing(connection)] == [False]


def test_a_submitted_review_changes_no_machine_score(town: Town) -> None:
    sampled(town)
    with town.store.reading() as connection:
        before = connection.scalar(select(calls.c.score))
    browser, data = opened(town)
    number = data["review"]["id"]

    browser.send("POST", f"/desk/api/reviews/{number}/submit", answers(data["review"]))

    with town.store.reading() as connection:
        assert connection.scalar(select(calls.c.score)) == before
        assert reviews.by_number(connection, number).machine_score == before


def test_nothing_is_submitted_with_an_item_unanswered(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)

    told = browser.send(
        "POST", f"/desk/api/reviews/{data['review']['id']}/submit", {"revision": 0, "items": {}}
    )

    assert told.status_code == 400
    assert told.json()["key"] == "missing"


def test_a_stale_write_is_refused_and_shown_what_is_kept(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    path = f"/desk/api/reviews/{data['review']['id']}"
    first = {"revision": 0, "items": {}, "comment": "from one window"}
    browser.send("PUT", path, first)

    told = browser.send("PUT", path, first | {"comment": "from another"})

    assert told.status_code == 409
    assert told.json()["kept"]["comment"] == "from one window"
    assert told.json()["kept"]["revision"] == 1
    assert browser.send("GET", path, None).json()["comment"] == "from one window"


def test_a_draft_outlives_the_browser_and_the_server(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    path = f"/desk/api/reviews/{data['review']['id']}"
    browser.send(
        "PUT", path, {"revision": 0, "items": {"tone": {"points": 2}}, "comment": "半截话"}
    )

    restarted = Town(town.store, town.settings)
    again = restarted.browser("ines")
    with town.store.reading() as connection:
        task = connection.scalar(select(tasks.c.id))

    state = data_of(taken(again, task).text)["review"]
    assert state["comment"] == "半截话"
    assert state["items"] == {"tone": {"points": 2.0}}


def test_a_second_inspector_cannot_open_what_is_locked(town: Town) -> None:
    sampled(town)
    opened(town)
    with town.store.reading() as connection:
        task = connection.scalar(select(tasks.c.id))

    told = town.browser("ian").get(f"/desk/tasks/{task}")

    assert told.status_code == 409
    assert '<p role="alert">Ines 正在处理这通电话。</p>' in told.text
    assert '<p><a href="/desk/queue">' in told.text


def test_whose_lock_ran_out_keeps_the_words_and_cannot_submit(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    path = f"/desk/api/reviews/{data['review']['id']}"
    with town.store.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        connection.execute(update(tasks).values(locked_until=long_ago))
    opened(town, "ian")

    kept = browser.send("PUT", path, answers(data["review"], comment="辛苦写的"))
    assert kept.status_code == 200
    told = browser.send("POST", f"{path}/submit", answers(data["review"]) | {"revision": 1})

    assert told.status_code == 409
    assert browser.send("GET", path, None).json()["comment"] == "辛苦写的"


def test_another_persons_review_cannot_be_reached(town: Town) -> None:
    sampled(town)
    _, data = opened(town)
    other = town.browser("ian")
    path = f"/desk/api/reviews/{data['review']['id']}"

    for method, tail, body in (
        ("GET", "", None),
        ("PUT", "", {"revision": 0, "items": {}}),
        ("POST", "/submit", {"revision": 0, "items": {}}),
        ("POST", "/verdicts", {"hit": "x", "right": True}),
        ("POST", "/missed", {"utterance": 0, "begin": 0, "end": 1, "rule": "x"}),
        ("POST", "/corrections", {"utterance": 0, "begin": 0, "end": 1, "said": "x"}),
    ):
        assert other.send(method, path + tail, body).status_code == 404, tail


def test_missed_words_and_corrections_show_on_the_page(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    path = f"/desk/api/reviews/{data['review']['id']}"
    span = {"utterance": 0, "begin": 0, "end": 2}

    marked = browser.send("POST", f"{path}/missed", span | {"rule": RULE})
    assert [mark["title"] for mark in marked.json()["missed_words"]] == ["推说不知道"]
    unknown = browser.send("POST", f"{path}/missed", span | {"rule": "nobody's"})
    assert (unknown.status_code, unknown.json()["key"]) == (400, "no_rule")
    fixed = {"utterance": 0, "begin": 3, "end": 5, "said": "<b>改</b>"}
    assert browser.send("POST", f"{path}/corrections", fixed).status_code == 200
    far = {"utterance": 0, "begin": 3, "end": 9_999, "said": "x"}
    assert browser.send("POST", f"{path}/corrections", far).status_code == 400

    with town.store.reading() as connection:
        task = connection.scalar(select(tasks.c.id))
        assert list(verdicts.standing(connection)) == []
    page = browser.get(f"/desk/tasks/{task}").text
    assert 'class="missed"' in page
    assert "&lt;b&gt;改" in page
    assert "<b>改" not in page
    taken_back = browser.send("DELETE", f"{path}/missed", span | {"rule": RULE})
    assert taken_back.json()["missed_words"] == []
    assert 'class="missed"' not in browser.get(f"/desk/tasks/{task}").text
    assert browser.send("DELETE", f"{path}/missed", span | {"rule": RULE}).status_code == 404


def test_a_step_is_judged_wrong_and_gives_its_points_back(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    path = f"/desk/api/reviews/{data['review']['id']}"
    assert 'data-hit="step:identity-check"' in browser.page
    before = data["review"]

    told = browser.send("POST", f"{path}/verdicts", {"hit": "step:identity-check", "right": False})

    after = told.json()
    assert after["total"] > before["total"]
    lost = [
        loss["text"] for losses in after["losses"].values() for loss in losses if loss["stands"]
    ]
    assert "核实身份 · 没有说" not in lost
    assert "等待前说明原因 · 没有说" in lost
    undone = browser.send("POST", f"{path}/verdicts", {"hit": "step:identity-check", "right": None})
    assert undone.json()["total"] == before["total"]


def test_leaving_a_page_gives_the_call_back_and_a_page_opened_since_keeps_it(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    leave = f"/desk/tasks/{data['task']}/leave"
    again = data_of(browser.get(f"/desk/tasks/{data['task']}").text)

    def locked() -> Any:
        with town.store.reading() as connection:
            return connection.scalar(select(tasks.c.locked_by))

    assert browser.post(leave, opened=data["opened"]).status_code == 204
    assert locked() == "ines"
    assert town.browser("ian").post(leave, opened=again["opened"]).status_code == 204
    assert locked() == "ines"
    browser.get("/desk/queue")
    assert browser.post(leave, opened=again["opened"]).status_code == 204

    assert locked() == ""
    assert data_of(taken(town.browser("ian"), data["task"]).text)


def test_reading_the_address_of_a_task_takes_nothing(each_town: Town) -> None:
    town = each_town
    sampled(town)
    reader, taker = town.browser("ian"), town.browser("ines")

    def state() -> Any:
        with town.store.reading() as connection:
            drafts = connection.scalar(select(func.count()).select_from(reviews_table))
            return connection.execute(select(tasks.c.locked_by, tasks.c.opened_at)).one(), drafts

    before = state()
    page = reader.get("/desk/tasks/1")
    assert page.status_code == 200
    assert "领取并开始" in page.text
    assert 'id="case"' not in page.text
    assert state() == before

    assert data_of(taken(taker, 1).text)["task"] == 1
    assert reader.get("/desk/tasks/1").status_code == 409
    assert reader.post("/desk/tasks/1/take").status_code == 409
    assert state()[0].locked_by == "ines"


def test_a_submission_is_taken_back_within_seconds(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    path = f"/desk/api/reviews/{data['review']['id']}"
    assert browser.send("POST", f"{path}/submit", answers(data["review"])).status_code == 200
    assert town.browser("ian").client.post(f"{path}/withdraw").status_code == 403

    told = browser.send("POST", f"{path}/withdraw", {})

    assert told.json() == {"task": data["task"]}
    state = data_of(browser.get(f"/desk/tasks/{data['task']}").text)["review"]
    assert (state["state"], state["items"]) == ("draft", {n: {"points": 1} for n in state["items"]})
    with town.store.reading() as connection:
        assert connection.execute(select(outcomes)).all() == []


def test_missed_words_may_be_of_any_rule_of_the_phrasebook(town: Town) -> None:
    sampled(town)
    rules = town.browser("ines").get("/desk/api/calls/call-1/rules").json()

    assert [rule for rule, _, _ in rules] == [entry.id for entry in pack().entries]
    assert [who for *_, who in rules] == [entry.who.value for entry in pack().entries]
    assert all(title for _, title, _ in rules)
    assert town.browser("ines").get("/desk/api/calls/nope/rules").status_code == 404


def test_a_rule_that_listens_to_the_other_side_is_no_missed_breach(town: Town) -> None:
    sampled(town)
    browser, data = opened(town)
    said = {one["role"]: one for one in reversed(report().to_dict()["utterances"])}
    agents = next(one.id for one in pack().entries if one.who.value == "agent")
    places = {
        role: {"utterance": one["id"], "begin": 0, "end": 2, "rule": agents}
        for role, one in said.items()
    }
    path = f"/desk/api/reviews/{data['review']['id']}/missed"

    refused = browser.send("POST", path, places["customer"])
    assert (refused.status_code, refused.json()["key"]) == (400, "other_speaker")
    assert browser.send("POST", path, places["agent"]).status_code == 200


EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("ines", "/desk/queue"),
        ("ines", "/desk/tasks/1"),
        ("ines", "/desk/calls/call-1"),
        ("ines", "/desk/search?q=alert"),
        ("ines", "/desk/appeals"),
        ("lena", "/desk/boards?view=agents&unit=quarter"),
        ("lena", "/desk/boards?view=phrases&unit=quarter"),
        ("lena", "/desk/boards?view=steps&unit=quarter"),
        ("lena", "/desk/calibrations?call=call-1"),
        ("lena", "/desk/plans"),
        ("adam", "/desk/audit"),
        ("adam", "/desk/people"),
    ],
)
def test_words_of_callers_and_colleagues_are_never_markup(
    town: Town, login: str, path: str
) -> None:
    """Transcript, names, titles, comments: whatever they hold, pages only show it."""
    sampled(town)
    with town.store.writing() as connection:
        connection.execute(update(calls).values(agent=EVIL, team=EVIL))
        connection.execute(update(utterances).values(text=EVIL))
        connection.execute(update(people_table).values(name=EVIL[:80]))
        hit = connection.execute(select(hits)).first()
        assert hit is not None
        connection.execute(update(hits).values(rest={**hit.rest, "title": EVIL, "suggest": [EVIL]}))
    browser = town.browser(login)

    page = browser.follow(path).text

    assert "alert(1)" in page or "alert" not in path
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_an_agents_not_right_is_a_flag_on_the_finding(town: Town) -> None:
    sampled(town)
    with town.store.reading() as connection:
        from api.store.tables import hits

        hit = connection.execute(select(hits).limit(1)).one()
    drawing.flag_not_right(town.store, "call-1", rule=hit.rule, begin_ms=hit.begin_ms, by="anna")

    browser, _ = opened(town)

    assert "坐席标记不准" in browser.page


def test_the_recording_comes_in_ranges_and_the_hearing_is_noted_once(
    town: Town, tmp_path: Path
) -> None:
    call = put_with_sound(town.store, tmp_path)
    browser = town.browser("ines")

    whole = browser.get(f"/desk/calls/{call}/audio")
    part = browser.get(f"/desk/calls/{call}/audio", headers={"Range": "bytes=100-199"})
    tail = browser.get(f"/desk/calls/{call}/audio", headers={"Range": "bytes=-10"})
    beyond = browser.get(f"/desk/calls/{call}/audio", headers={"Range": "bytes=99999999-"})

    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert tail.content == whole.content[-10:]
    assert beyond.status_code == 416
    with town.store.reading() as connection:
        heard = select(audit.c.who).where(audit.c.action == "audio.heard")
        assert connection.scalars(heard).all() == ["ines"]


def test_the_waveform_is_measured_once(town: Town, tmp_path: Path) -> None:
    call = put_with_sound(town.store, tmp_path)
    browser = town.browser("ines")

    first = browser.get(f"/desk/api/calls/{call}/wave").json()
    (tmp_path / "shelf").rename(tmp_path / "moved")

    assert browser.get(f"/desk/api/calls/{call}/wave").json() == first
    assert first["channels"] == 2


def test_without_a_recording_the_waveform_shows_who_spoke(town: Town) -> None:
    put(town.store)

    told = town.browser("ines").get("/desk/api/calls/call-1/wave")

    assert told.status_code == 200
    assert town.browser("ines").get("/desk/calls/call-1/audio").status_code == 503


@pytest.mark.parametrize("path", ["", "/audio"])
def test_an_agent_hears_only_their_own_calls(town: Town, tmp_path: Path, path: str) -> None:
    mine = put_with_sound(town.store, tmp_path, 1, agent="anna")
    other = put_with_sound(town.store, tmp_path, 2, agent="ada")
    nobodys = put_with_sound(town.store, tmp_path, 3, agent="")
    browser = town.browser("anna")

    assert browser.get(f"/desk/calls/{mine}{path}").status_code == 200
    for call in (other, nobodys, "call-404", "..%2f..%2fetc%2fpasswd"):
        assert browser.get(f"/desk/calls/{call}{path}").status_code == 404
    assert browser.get(f"/desk/api/calls/{other}/wave").status_code == 404


def test_a_page_is_light(town: Town) -> None:
    sampled(town)
    browser, _ = opened(town)
    where = [
        f"/desk/static/{name}"
        for name in (
            "desk.css",
            "case.js",
            "page.js",
            "wave.js",
            "player.js",
            "transcript.js",
            "draft.js",
            "icon.svg",
        )
    ]

    weight = 0
    with town.store.reading() as connection:
        task = connection.scalar(select(tasks.c.id))
    for path in [f"/desk/tasks/{task}", "/desk/api/calls/call-1/wave", *where]:
        with browser.client.stream("GET", path) as answer:
            weight += sum(len(piece) for piece in answer.iter_raw())

    assert weight < 60_000


def test_a_call_shows_how_it_sounded_and_one_that_was_not_measured_does_not(town: Town) -> None:
    prepare_desk(town.store, town.settings)
    filing = CallFiling(agent="anna", team="early", started_at=datetime.now(UTC))
    town.store.save(replace(REPORT, call=replace(REPORT.call, id="heard")), filing, book=pack())
    put(town.store, 2)
    browser = town.browser("ines")

    heard = browser.get("/desk/calls/heard").text

    assert heard.count('class="curve role-') == 6
    assert re.search(r'class="mood">.*客户情绪升温', heard)
    assert re.search(r'class="tense" [^>]*data-play="\d+"', heard)
    assert 'id="prosody"' not in browser.get("/desk/calls/call-2").text


def covered(town: Town, tmp_path: Path) -> None:
    """A call with its recording, in which a number is covered from 1.2 s to 5.6 s."""
    put_with_sound(town.store, tmp_path)
    with town.store.writing() as connection:
        first = connection.execute(select(utterances).where(utterances.c.n == 0)).one()
        words = [{**word, "text": "*"} for word in first.words]
        hidden = update(utterances).where(utterances.c.n == 0)
        connection.execute(hidden.values(text="*" * len(first.text), words=words))


@pytest.mark.parametrize(("login", "silent"), [("anna", True), ("ines", True), ("lena", False)])
def test_numbers_are_not_heard_by_those_who_may_not_know_them(
    town: Town, tmp_path: Path, login: str, silent: bool
) -> None:
    covered(town, tmp_path)

    heard = town.browser(login).get("/desk/calls/call-1/audio")

    path = tmp_path / "heard.audio"
    path.write_bytes(heard.content)
    sound = np.concatenate(list(blocks(path)), axis=-1)
    loudest = float(np.abs(sound[..., RATE * 2 : RATE * 5]).max())
    assert (loudest < 0.001) is silent
    assert float(np.abs(sound[..., RATE * 10 : RATE * 20]).max()) > 0.05


def test_an_encrypted_call_plays_and_is_drawn(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, new_key())
    put_with_sound(town.store, tmp_path)
    browser = town.browser("anna")

    answer = browser.get("/desk/calls/call-1/audio", headers={"Range": "bytes=0-99"})

    assert answer.status_code == 206
    assert len(answer.content) == 100
    assert browser.get("/desk/api/calls/call-1/wave").status_code == 200
    for copy in (town.settings.data_dir / HEARD).glob("*"):
        assert copy.read_bytes().startswith(MAGIC)
    sound = listening.open_sound(town.store, "call-1", town.settings.data_dir / HEARD)
    assert not sound.file.read(4).startswith(MAGIC)
    sound.file.close()
