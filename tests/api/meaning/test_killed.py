"""A batch of calls with questions, killed again and again, ends as one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from api.store import Store, audit, tables
from tests.api.batch.scripted import contents
from tests.api.meaning.scripted import Server, serving

PACK = Path(__file__).parents[3] / "phrasebook" / "examples" / "insurance_sales"
CALLS = 100
KEYWORDS = {
    "讲清犹豫期": "十五天",
    "先问需求": "您家里",
    "拒绝后仍推销": "再考虑",
    "讲明不利": "损失",
}
_LINES = (
    "坐席：您好我是平安人寿的保险顾问工号八零零一占用您两分钟可以吗",
    "客户：你说吧",
    "坐席：您家里现在有几口人",
    "坐席：这款产品的保险责任主要是养老金您有十五天犹豫期",
    "客户：我没兴趣",
    "坐席：您再考虑一下",
    "坐席：头几年退保有损失祝您生活愉快再见",
)


def recordings(folder: Path) -> None:
    """Dialogues as text, each another, with what the telephone system told beside them."""
    folder.mkdir()
    rows = ["文件,产品,方向"]
    for number in range(CALLS):
        left_out = number % len(_LINES) if number % 3 else 1
        said = [line for n, line in enumerate(_LINES) if n != left_out]
        said.append(f"客户：我姓{chr(0x8D75 + number)}")
        (folder / f"{number:03}.txt").write_text("\n".join(said), "utf-8")
        rows.append(f"{number:03}.txt,{'年金险' if number % 2 else '车险'},呼出")
    (folder / "manifest.csv").write_text("\n".join(rows), "utf-8")


def start(folder: Path, out: Path, server: Server) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "QA_ENGINE_MEANING_URL": server.url,
        "QA_ENGINE_MEANING_HOSTS": "127.0.0.1",
        "QA_ENGINE_MEANING_MODEL": "scripted-1",
        "QA_ENGINE_MEANING_CONCURRENCY": "4",
    }
    arguments = [str(folder / "manifest.csv"), "--transcript", "--out", str(out)]
    arguments += ["--phrasebook", str(PACK), "--workers", "1"]
    program = Path(sys.executable).with_name("qa-engine")
    return subprocess.Popen(
        [str(program), "batch", *arguments],
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def progress(store: Path) -> int:
    """Calls that are filed, and questions that are answered."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store, timeout=10)) as connection:
        try:
            (filed,) = connection.execute("SELECT count(*) FROM calls").fetchone()
            (asked,) = connection.execute("SELECT count(*) FROM asked").fetchone()
        except sqlite3.OperationalError:
            # Its tables are being made.
            return 0
    return int(filed) + int(asked)


def everything(out: Path) -> dict[str, object]:
    store = str(out / "calls.db")
    opened = Store.open(store)
    with opened.reading() as connection:
        answers = connection.execute(select(tables.answers)).all()
        assert list(audit.broken_links(connection)) == []
    opened.close()
    pages = {page.name: page.read_bytes() for page in sorted((out / "calls").iterdir())}
    told = sorted(tuple(map(str, row)) for row in answers)
    return {**contents(store), "answers": told, "pages": pages}


def test_killed_five_times_it_ends_the_same(tmp_path: Path) -> None:
    recordings(tmp_path / "in")
    with serving(keywords=KEYWORDS) as server:
        calm = start(tmp_path / "in", tmp_path / "calm", server)
        told, _ = calm.communicate()
        assert calm.returncode == 0, told.decode()
    with serving(keywords=KEYWORDS, slow_s=0.05) as server:
        moments = random.Random(3)
        kills, out = 0, tmp_path / "killed"
        goals = (30, 90, 110, 160, 210)
        for goal in goals:
            batch = start(tmp_path / "in", out, server)
            while batch.poll() is None and progress(out / "calls.db") < goal:
                time.sleep(0.05)
            time.sleep(moments.random() / 5)
            if batch.poll() is None:
                os.killpg(batch.pid, signal.SIGKILL)
                kills += 1
            batch.communicate()
        last = start(tmp_path / "in", out, server)
        told, _ = last.communicate()
        assert last.returncode == 0, told.decode()

    assert kills == len(goals)
    one, other = everything(tmp_path / "calm"), everything(out)
    assert set(one["pages"]) == set(other["pages"])  # type: ignore[call-overload]
    assert one == other
    states = [row for row in one["answers"] if "waiting" in row]  # type: ignore[attr-defined]
    assert states == []
