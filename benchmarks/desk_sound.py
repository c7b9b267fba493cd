"""How soon after a click on a flag is there sound, and how heavy is each page of the desk?

    python -m benchmarks.desk_sound [--json FILE]

A generated call of one hour, stereo at 8 kHz, kept as FLAC and as WAV, with 30 flags; the desk on
a real socket; a real Chromium (CHROMIUM names one). From the click to the first moment at which
the playhead moves: on a freshly loaded page and after jumps all over the hour, backwards too, the
median and the worst. The target is 300 ms. Then the bytes of each page as they came over the wire
with an empty cache, without the sound: the target is 60 kB. Also the time of the first waveform
of an hour, measured when the recording is filed, and of the page that then only reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
import wave
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import insert

from api.desk.desk import prepare_desk
from api.review.sound import waves
from api.settings import Settings
from api.store import Store
from api.store.audio import AudioShelf
from api.store.tables import calls, hits, utterances
from benchmarks import desk_calls, desk_centre
from tests.api.desk.visitor import serving

HOUR_MS = 3_600_000
RATE = 8_000
FLAGS = 30
KINDS = ("flac", "wav")
PAGES = (
    ("queue", "/desk/queue"),
    ("an hour's call", "/desk/calls/hour-flac"),
    ("a task of it", "/desk/tasks/1"),
    ("board, agents", "/desk/boards?view=agents&unit=quarter"),
    ("board, phrases", "/desk/boards?view=phrases&unit=quarter"),
    ("board, steps", "/desk/boards?view=steps&unit=quarter"),
    ("plans", "/desk/plans"),
    ("search", "/desk/search?q=很高兴"),
    ("appeals", "/desk/appeals"),
    ("calibrations", "/desk/calibrations"),
    ("scorecards", "/desk/scorecards"),
)
CLICK = """number => new Promise(heard => {
  const audio = document.getElementById('audio');
  const flag = document.querySelector(`.flag[data-finding="${number}"]`);
  const begin = performance.now();
  flag.dispatchEvent(new MouseEvent('click', {bubbles: true}));
  const from = audio.currentTime;
  const look = () => (!audio.seeking && audio.currentTime > from)
    ? heard(performance.now() - begin) : setTimeout(look, 2);
  look();
})"""


def recordings(folder: Path) -> dict[str, Path]:
    """An hour of two voices that take turns, as FLAC and as WAV."""
    import av

    random = np.random.default_rng(7)
    n = HOUR_MS * RATE // 1_000
    loud = np.sin(np.arange(n) / RATE * 0.7)
    envelope = np.stack([np.clip(loud, 0, 1), np.clip(-loud, 0, 1)]).astype(np.float32)
    pcm = (envelope * random.normal(0, 4_000, (2, n))).astype("<i2").T
    paths = {kind: folder / f"hour.{kind}" for kind in KINDS}
    with wave.open(str(paths["wav"]), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    with av.open(str(paths["flac"]), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="stereo")
        for first in range(0, n, 4_096):
            piece = np.ascontiguousarray(pcm[first : first + 4_096]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return paths


def fill(store: Store, folder: Path) -> float:
    """Two long calls among 300 short ones; returns the seconds one waveform took."""
    desk_calls.fill(store, 300, days=60)
    random, shelf, took = Random(3), AudioShelf(folder / "shelf"), 0.0
    for kind, path in recordings(folder).items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        shelf.keep(path, digest)
        began = time.perf_counter()
        peaks = waves.measure(path)
        took = max(took, time.perf_counter() - began)
        call = f"hour-{kind}"
        made = desk_calls.call_rows(random, 0, datetime.now(UTC), call=call)
        made["calls"][0] |= {"duration_ms": HOUR_MS, "audio_hash": digest}
        made["utterances"] = [_said(call, i) for i in range(600)]
        made["hits"] = [_flagged(call, i) for i in range(FLAGS)]
        with store.writing() as connection:
            for table in (calls, utterances, hits):
                connection.execute(insert(table), made[table.name])
            shelf.note(connection, digest, path.stat().st_size)
            waves.save_peaks(connection, digest, peaks)
    return took


def _said(call: str, n: int) -> dict[str, Any]:
    begin_ms = n * HOUR_MS // 600
    row = desk_calls.utterance(Random(n), call, n)
    return row | {"begin_ms": begin_ms, "end_ms": begin_ms + 4_000}


def _flagged(call: str, n: int) -> dict[str, Any]:
    begin_ms = (n + 1) * HOUR_MS // (FLAGS + 2)
    row = desk_calls.hit(call, n, desk_calls.RULES[n % 6])
    return row | {"begin_ms": begin_ms, "end_ms": begin_ms + 1_500, "utterance": n * 19}


def log_in(browser: Any, base: str) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{base}/desk/login")
    page.fill("[name=login]", "lead")
    page.fill("[name=password]", desk_centre.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/desk/boards*")
    return page


def clicks(browser: Any, base: str, kind: str) -> dict[str, float]:
    """Milliseconds from click to sound: the first on a fresh page, then jumps."""
    first, jumps = [], []
    for turn in range(5):
        page = log_in(browser, base)
        page.goto(f"{base}/desk/calls/hour-{kind}")
        page.wait_for_selector("#lane-1 path", state="attached")
        order = [*[27, 3, 20, 9, 30, 1, 15][turn:], 12, 25]
        times = [page.evaluate(CLICK, number) for number in order]
        first.append(times[0])
        jumps += times[1:]
        page.context.close()
    return {
        "first_median": statistics.median(first),
        "first_worst": max(first),
        "jump_median": statistics.median(jumps),
        "jump_worst": max(jumps),
    }


def weights(browser: Any, base: str) -> dict[str, float]:
    """kB of each page with an empty cache: the page, its styles, scripts and data, no sound."""
    found = {}
    for name, path in PAGES:
        page = log_in(browser, base)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": True})
        sound: set[str] = set()
        sizes: dict[str, float] = {}
        network.on(
            "Network.responseReceived",
            lambda e, sound=sound: (
                e["response"]["url"].endswith("/audio") and sound.add(e["requestId"])
            ),
        )
        network.on(
            "Network.loadingFinished",
            lambda e, sizes=sizes: sizes.update({e["requestId"]: e["encodedDataLength"]}),
        )
        page.goto(base + path)
        if page.query_selector("#take"):
            page.click("#take button")
        page.wait_for_load_state("networkidle")
        kept = sum(size for request, size in sizes.items() if request not in sound)
        found[name] = round(kept / 1_000, 1)
        page.context.close()
    return found


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    store = Store.open(str(folder / "calls.db"))
    settings = Settings(data_dir=folder / "data")
    desk_centre.settle(store)
    prepare_desk(store, settings)
    result: dict[str, Any] = {"waveform_of_an_hour_s": round(fill(store, folder), 2)}
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    with sync_playwright() as playwright, serving(store, settings) as base:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        for kind in KINDS:
            result[f"click_to_sound_ms_{kind}"] = {
                name: round(ms) for name, ms in clicks(browser, base, kind).items()
            }
        result["page_kb"] = weights(browser, base)
        browser.close()
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
