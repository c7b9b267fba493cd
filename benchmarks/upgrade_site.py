"""An installed server for `upgrade.py`: wheel, data directory, backup, and what is in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.api.live.test_restart import free_port

ROOT = Path(__file__).parent.parent
DATABASES = ("live.sqlite", "calls.db")
FILES = ("secret", "audit-head.json")
Rows = dict[str, set[tuple[Any, ...]]]
OF_THE_MOMENT = {"live.sqlite:call": ["ended_s"], "live.sqlite:event": ["slot"]}
"""Columns that the end of a running call changes."""
RECOUNTED = {
    "calls.db:calls": ["hit_count"],
    "calls.db:sheets": ["hit_count"],
    "calls.db:outcomes": ["hit_count"],
    "calls.db:hits": ["effect", "rest"],
    "calls.db:sheet_findings": ["counts", "state"],
}
"""What migration v0029 counts anew on purpose; scores and what people said are not among it."""


class Site:
    """An installation, its settings and its data directory."""

    def __init__(self, folder: Path) -> None:
        self.data, self.opt, self.port = folder / "var", folder / "opt", free_port()
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("QA_ENGINE_")}
        self.environment["QA_ENGINE_CONFIG"] = str(folder / "qa-engine.toml")
        (folder / "qa-engine.toml").write_text(
            f'data_dir = "{self.data}"\nport = {self.port}\nrestart_s = 1\n'
        )
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", self.opt], check=True)
        (packages,) = (self.opt / "lib").glob("python*/site-packages")
        here = [p for p in sys.path if p.endswith("site-packages")]
        (packages / "dependencies.pth").write_text("\n".join(here) + "\n")

    def install(self, wheel: Path) -> None:
        """As the page says for a wheel."""
        pip = [str(self.opt / "bin" / "pip"), "install", "-q", "--no-index", "--no-deps"]
        subprocess.run([*pip, "--force-reinstall", str(wheel)], check=True)

    def run(self, *command: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.opt / "bin" / "qa-engine"), *command],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, **more,
        )  # fmt: skip

    def say(self, *command: str) -> str:
        """What it prints, which must be all well."""
        done = self.run(*command)
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            program = str(self.opt / "bin" / "qa-engine")
            return subprocess.Popen(
                [program, *command], cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )

    @contextlib.contextmanager
    def serving(self) -> Iterator[httpx.Client]:
        process = self.start("serve", "--drain", "1s")
        url = f"http://127.0.0.1:{self.port}"
        try:
            with httpx.Client(base_url=url, headers={"Origin": url}) as client:
                until(lambda: answers(client))
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def answers(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/readyz").status_code == 200
    return False


def until(true: Any, within_s: float = 180.0) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > end_s:
            raise TimeoutError("it did not come about")
        time.sleep(0.2)


def wheel_of(commit: str, folder: Path) -> Path:
    source = folder / "source"
    source.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "x"], cwd=source, input=archive.stdout, check=True)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def backed_up(site: Site, where: Path) -> None:
    """The commands of api/deploy/README.md."""
    where.mkdir()
    for name in DATABASES:
        subprocess.run(["sqlite3", site.data / name, f".backup '{where / name}'"], check=True)
    shutil.copytree(site.data / "sound", where / "sound")
    for name in FILES:
        shutil.copy2(site.data / name, where / name)


def put_back(site: Site, where: Path) -> None:
    for name in DATABASES:
        for path in site.data.glob(f"{name}-*"):
            path.unlink()
        shutil.copy2(where / name, site.data / name)
    shutil.copytree(where / "sound", site.data / "sound", dirs_exist_ok=True)
    for name in FILES:
        shutil.copy2(where / name, site.data / name)


def content(folder: Path, columns: dict[str, list[str]] | None = None) -> tuple[Rows, Any]:
    """Every row of every table of both databases; of those columns, if they are given."""
    rows: Rows = {}
    found: dict[str, list[str]] = {}
    for name in DATABASES:
        with contextlib.closing(sqlite3.connect(folder / name)) as database:
            tables = database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' "
                "AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            for (table,) in tables:
                here = [one[1] for one in database.execute(f"PRAGMA table_info('{table}')")]
                key = f"{name}:{table}"
                found[key] = here
                asked = columns.get(key, []) if columns is not None else here
                if "_fts_" in table:
                    continue
                passing = [*OF_THE_MOMENT.get(key, []), *RECOUNTED.get(key, [])]
                if kept := [one for one in asked if one in here and one not in passing]:
                    picked = ", ".join(f'"{one}"' for one in kept)
                    # A text that was not final goes when its call ends.
                    which = "WHERE slot = ''" if "slot" in passing else ""
                    told = database.execute(f'SELECT {picked} FROM "{table}" {which}')
                    rows[key] = set(map(tuple, told))
    return rows, found
