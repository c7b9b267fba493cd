"""A PostgreSQL of our own for the tests: on a socket in a temporary folder, gone with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps them off the PATH."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda p: int(p.parts[4].split(".")[0]),
    )
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def server(binaries: Path) -> Iterator[str]:
    """The URL of a fresh server, with the user `qa` and the database `postgres`."""
    # Not pytest's own folder: its path may be too long for a socket, and closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="qa-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        # initdb refuses to run as root.
        shutil.chown(folder, "nobody")
        as_user = ["setpriv", "--reuid=nobody", "--clear-groups"]
    data = folder / "data"

    def run(program: str, *arguments: object) -> None:
        command = [*as_user, "env", "LC_ALL=C", str(binaries / program), *map(str, arguments)]
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}")

    try:
        # In the C locale no Chinese character is a letter, and the trigram index stays empty.
        run(
            *("initdb", "-D", data, "-U", "qa", "-E", "UTF8", "--lc-ctype=C.UTF-8"),
            *("-A", "trust", "--no-sync"),
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=40"
        # Its output goes to a file: a server that holds our pipe would keep us waiting for its end.
        run("pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "-t", 120, "start")
        try:
            yield f"postgresql://qa@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
