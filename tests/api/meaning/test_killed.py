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
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from api.store import Store, audit, tables
from tests.api.batch.scripted import contents
from tests.api.meaning.scripted import Server, serving

EXAMPLES = Path(__file__).parents[3] / "phrasebook" / "examples"
CALLS = 34
"""Of each pack: a hundred and two of all three."""
GOALS = (8, 30, 44, 60, 75)
"""How much is filed and answered when it is killed."""


@dataclass(frozen=True, slots=True)
class Questioned:
    """A pack, the dialogue that its calls are made of, and by which words each question is
    answered with yes; without them it is answered with no."""

    pack: str
    lines: tuple[str, ...]
    keywords: dict[str, str]
    columns: str
    told: tuple[str, str]
    """What the telephone system tells of every other call."""


INSURANCE = Questioned(
    "insurance_sales",
    (
        "坐席：您好我是平安人寿的保险顾问工号八零零一占用您两分钟可以吗",
        "客户：你说吧",
        "坐席：您家里现在有几口人",
        "坐席：这款产品的保险责任主要是养老金您有十五天犹豫期",
        "客户：我没兴趣",
        "坐席：您再考虑一下",
        "坐席：头几年退保有损失祝您生活愉快再见",
    ),
    {
        "讲清犹豫期": "十五天",
        "先问需求": "您家里",
        "拒绝后仍推销": "再考虑",
        "讲明不利": "损失",
    },
    "产品,方向",
    ("年金险,呼出", "车险,呼出"),
)
COLLECTIONS = Questioned(
    "collections",
    (
        "坐席：您好请问是刘先生本人吗",
        "客户：是我你哪位",
        "坐席：您有一笔三千六百元的贷款昨天到期了",
        "客户：最近失业了实在拿不出来",
        "坐席：您的难处我记下来给您申请分期",
        "坐席：再不还就上征信一辈子坐不了高铁",
        "客户：那我下午就还上",
        "坐席：好那就说定下午还清再见",
    ),
    {
        "先核实后告知": "本人吗",
        "回应难处": "申请分期",
        "夸大后果": "一辈子",
        "谈定安排": "说定",
    },
    "接听人,方向",
    ("本人,呼出", "家人,呼出"),
)
RETURNS = Questioned(
    "ecommerce_returns",
    (
        "坐席：您好这里是优品商城售后请问有什么可以帮您",
        "客户：我买的鞋码数不对想退货退款",
        "坐席：真对不起您是想把鞋退掉把钱退回去对吗",
        "客户：对尾号三三零二",
        "坐席：我们收到货以后三个工作日内把钱退回您的账户",
        "坐席：退货已经给您申请好了",
        "坐席：感谢您的来电祝您生活愉快再见",
    ),
    {
        "听懂诉求": "您是想",
        "讲清退款": "三个工作日",
        "先致歉": "对不起",
        "一次解决": "申请好了",
    },
    "业务,会员等级",
    ("退货,1", "换货,2"),
)


def recordings(folder: Path, questioned: Questioned) -> None:
    """Dialogues as text, each another, with what the telephone system told beside them."""
    folder.mkdir()
    rows = [f"文件,{questioned.columns}"]
    for number in range(CALLS):
        left_out = number % len(questioned.lines) if number % 3 else 1
        said = [line for n, line in enumerate(questioned.lines) if n != left_out]
        said.append(f"客户：我姓{chr(0x8D75 + number)}")
        (folder / f"{number:03}.txt").write_text("\n".join(said), "utf-8")
        rows.append(f"{number:03}.txt,{questioned.told[number % 2]}")
    (folder / "manifest.csv").write_text("\n".join(rows), "utf-8")


def start(
    folder: Path, out: Path, server: Server, questioned: Questioned
) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "QA_ENGINE_MEANING_URL": server.url,
        "QA_ENGINE_MEANING_HOSTS": "127.0.0.1",
        "QA_ENGINE_MEANING_MODEL": "scripted-1",
        "QA_ENGINE_MEANING_CONCURRENCY": "4",
    }
    arguments = [str(folder / "manifest.csv"), "--transcript", "--out", str(out)]
    arguments += ["--phrasebook", str(EXAMPLES / questioned.pack), "--workers", "1"]
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


@pytest.mark.parametrize("questioned", [INSURANCE, COLLECTIONS, RETURNS], ids=lambda one: one.pack)
def test_killed_five_times_it_ends_the_same(tmp_path: Path, questioned: Questioned) -> None:
    recordings(tmp_path / "in", questioned)
    with serving(keywords=questioned.keywords) as server:
        calm = start(tmp_path / "in", tmp_path / "calm", server, questioned)
        told, _ = calm.communicate()
        assert calm.returncode == 0, told.decode()
    with serving(keywords=questioned.keywords, slow_s=0.05) as server:
        moments = random.Random(3)
        kills, out = 0, tmp_path / "killed"
        for goal in GOALS:
            batch = start(tmp_path / "in", out, server, questioned)
            while batch.poll() is None and progress(out / "calls.db") < goal:
                time.sleep(0.05)
            time.sleep(moments.random() / 5)
            if batch.poll() is None:
                os.killpg(batch.pid, signal.SIGKILL)
                kills += 1
            batch.communicate()
        last = start(tmp_path / "in", out, server, questioned)
        told, _ = last.communicate()
        assert last.returncode == 0, told.decode()

    assert kills == len(GOALS)
    one, other = everything(tmp_path / "calm"), everything(out)
    assert set(one["pages"]) == set(other["pages"])  # type: ignore[call-overload]
    assert one == other
    answers = [" ".join(row) for row in one["answers"]]  # type: ignore[attr-defined]
    assert not any("waiting" in row for row in answers)
    assert all(any(ask in row for row in answers) for ask in questioned.keywords)
