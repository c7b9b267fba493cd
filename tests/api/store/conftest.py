"""A fresh store on each database: SQLite always, PostgreSQL where a server's programs are found."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.store import Store


def postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of our own on a socket in a temporary directory."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("postgresql: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="psycopg: pip install 'qa-engine[postgres]'")
    folder = tmp_path_factory.mktemp("pg")
    as_user: list[str] = []
    if os.getuid() == 0:
        # initdb refuses to run as root.
        for path in (folder, *folder.parents[:3]):
            path.chmod(0o755)
        shutil.chown(folder, "nobody")
        as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
    data = folder / "data"
    run = [*as_user, "env", "LC_ALL=C"]
    quiet = {"check": True, "capture_output": True, "cwd": folder}
    subprocess.run(
        [*run, programs / "initdb", "-D", data, "-U", "qa", "-E", "UTF8", "-A", "trust"], **quiet
    )  # type: ignore[call-overload]
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    log = folder / "log"
    subprocess.run(
        [*run, programs / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start"], **quiet
    )  # type: ignore[call-overload]
    yield f"postgresql://qa@/postgres?host={folder}"
    subprocess.run([*run, programs / "pg_ctl", "-D", data, "-m", "fast", "stop"], **{**quiet, "check": False})  # type: ignore[call-overload]


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "calls.db")
    server: str = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store.open(store_url)
    yield opened
    opened.close()
