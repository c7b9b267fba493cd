"""Does an upgrade lose anything, and does its backup lead back? As api/deploy/README.md says it.

The wheel of an older commit is installed in a virtual environment of its own and serves: live
calls, a batch with kept sound, verdicts, an account. While one more call runs, the backup is made,
this commit's wheel is installed over the old one and the server is started anew. Then everything
that was there must be there, unchanged, and the call must have gone on. At last the old wheel goes
back: it must refuse the new data, and take the backup.

    python -m benchmarks.upgrade [--old COMMIT] [--json FILE]

Dependencies are those of the interpreter that runs this. About two minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import re
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.upgrade_site import ROOT, Rows, Site, backed_up, content, put_back, until, wheel_of

OLD = "b7b51c527ee5458b654f2c9cc880660b696032fc"
"""The last one whose store ends with migration v0028."""
PASSWORD = "a pass phrase of the inspector"
PAGES = ("/desk", "/desk/search", "/sidebar", "/board")
MAY_CHANGE = {"alembic_version", "checkpoint", "filed", "attempts", "sessions"}
"""Tables of the moment: who is logged in, which migration came last, what runs."""


def recordings(folder: Path) -> list[str]:
    return [str(path) for path in sorted((folder / "api" / "demo").glob("*.flac"))]


def fill(site: Site, demos: list[str]) -> None:
    """Live calls, a batch of recordings with their sound, verdicts on its hits, a person."""
    site.say("replay", "--url", f"ws://127.0.0.1:{site.port}", "--speed", "10",
             "--calls", "3", "--offset", "0", *demos[:3])  # fmt: skip
    store = str(site.data / "calls.db")
    until(lambda: sqlite3.connect(store).execute("SELECT count(*) FROM calls").fetchone()[0] == 3)
    site.say("batch", str(Path(demos[0]).parent), "--out", "out", "--store", store,
             "--audio", str(site.data / "sound"))  # fmt: skip
    (hits,) = (site.folder / "out").glob("命中.csv")
    with hits.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), list(reader)
    (verdict,) = (name for name in names if name.startswith("复核"))
    for number, row in enumerate(rows):
        row[verdict] = "错" if number % 3 == 0 else "对"
    with hits.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    site.say("store", "verdicts", str(hits), "--store", store, "--by", "ines")


def new_person(site: Site, client: httpx.Client) -> None:
    """Made by the command, with a password of her own."""
    told = site.say("people", "add", "ines", "--role", "lead", "--name", "王质检")
    first = re.findall(r"\S{8,}", told)[-1]
    logged_in(client, first)
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', client.get("/desk/password").text))
    said = {"old": first, "new": PASSWORD, "again": PASSWORD, "csrf": csrf}
    client.post("/desk/password", data=said)
    if not logged_in(client, PASSWORD):
        raise RuntimeError("the password was not changed")


def logged_in(client: httpx.Client, password: str) -> bool:
    client.cookies.clear()
    said = {"login": "ines", "password": password, "next": "/desk"}
    answer = client.post("/desk/login", data=said)
    return answer.status_code == 303 and "login" not in answer.headers["location"]


def calls(client: httpx.Client, bearer: dict[str, str]) -> list[Any]:
    """The newest first, those that run among them."""
    answer = client.get("/v1/calls", headers=bearer)
    return list(answer.json()["past"]) if answer.status_code == 200 else []


def end_of(client: httpx.Client, bearer: dict[str, str], call_id: str) -> dict[str, Any]:
    last = client.get(f"/v1/calls/{call_id}", headers=bearer).json()[-1]
    return {"type": last["type"], "reason": last.get("reason"), "ms": last.get("duration_ms")}


def sound_of(client: httpx.Client, data: Path) -> list[int]:
    """What an inspector gets who plays the recordings."""
    with contextlib.closing(sqlite3.connect(data / "calls.db")) as store:
        kept = store.execute("SELECT id FROM calls WHERE audio_hash IN (SELECT hash FROM audio)")
        ids = [str(row[0]) for row in kept]
    return [client.get(f"/desk/calls/{one}/audio").status_code for one in ids]


def open_calls(data: Path) -> int:
    """Those that run, or are not in the store yet."""
    with contextlib.closing(sqlite3.connect(data / "live.sqlite")) as log:
        sql = "SELECT count(*) FROM call WHERE call_id NOT IN (SELECT call_id FROM filed)"
        return int(log.execute(sql).fetchone()[0])


def version(data: Path) -> str:
    with contextlib.closing(sqlite3.connect(data / "calls.db")) as store:
        return str(store.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def head() -> str:
    told = subprocess.run(["git", "rev-parse", "--short=7", "HEAD"], cwd=ROOT, capture_output=True)
    return told.stdout.decode().strip()


def lost(before: Rows, after: Rows) -> dict[str, list[str]]:
    """Rows that were there, in columns that are still there, and are not; by table."""
    return {
        key: [str(row)[:200] for row in sorted(rows - after.get(key, set()), key=str)]
        for key, rows in before.items()
        if key.partition(":")[2] not in MAY_CHANGE and rows - after.get(key, set())
    }


def upgrade(folder: Path, old: str) -> dict[str, Any]:
    wheels = [wheel_of(commit, folder / commit[:7]) for commit in (old, "HEAD")]
    site, backup = Site(folder), folder / "backup"
    demos = recordings(folder / old[:7] / "source")
    site.install(wheels[0])
    told: dict[str, Any] = {"from": old[:7], "to": head()}
    with site.serving() as client:
        new_person(site, client)
        fill(site, demos)
        token = site.say("token", "*", "--role", "supervise").split()[-1]
        bearer = {"Authorization": f"Bearer {token}"}
        running = site.start("replay", "--url", f"ws://127.0.0.1:{site.port}", demos[3])
        until(lambda: len(calls(client, bearer)) > 3)
        newest = calls(client, bearer)[0]["call_id"]
        time.sleep(20.0)
        backed_up(site, backup)
    before, columns = content(backup)
    site.install(wheels[1])
    check = site.run("serve", "--check")
    told["check"] = check.returncode
    with site.serving() as client:
        told["old_password"] = logged_in(client, PASSWORD)
        told["old_token"] = len(calls(client, bearer)) > 3
        told["running_call"] = {
            "exit": running.wait(300),
            **end_of(client, bearer, newest),
        }
        told["desk_pages"] = [client.get(page).status_code for page in PAGES]
        told["sound"] = sound_of(client, site.data)
        until(lambda: not open_calls(site.data))
    after, _ = content(site.data, columns)
    told["rows"] = {key: len(rows) for key, rows in before.items() if rows}
    told["lost"] = lost(before, after)
    told["migration"] = version(site.data)
    told["audit"] = audit(site)
    told["back"] = back(site, wheels[0], backup, before)
    return told


def back(site: Site, wheel: Path, backup: Path, before: Rows) -> dict[str, Any]:
    """The old version refuses the new data in one sentence, and takes the backup."""
    site.install(wheel)
    refused = site.run("serve", "--port", "0", timeout=120)
    put_back(site, backup)
    with site.serving() as client:
        logged = logged_in(client, PASSWORD)
        until(lambda: not open_calls(site.data))
    after, _ = content(site.data)
    return {
        "refused": refused.returncode,
        "says": refused.stderr.strip().splitlines()[-1:],
        "old_password": logged,
        "migration": version(site.data),
        "lost": lost(before, after),
        "audit": audit(site),
    }


def audit(site: Site) -> int:
    """0: nobody changed the trail, and its end is the one that was noted."""
    store, head = str(site.data / "calls.db"), str(site.data / "audit-head.json")
    return site.run("store", "audit", "--store", store, "--head", head).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--old", default=OLD)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = upgrade(Path(folder), asked.old)
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    print(text)
    if asked.json:
        asked.json.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
