"""What does a second of a call cost, stage by stage?

One demo call (stereo) goes through the live path piece by piece in one thread, 40 ms at a time,
partials as often as live without load; each stage's processor time is summed and divided by the
call's seconds. The QA core (normalise, match, rules) runs over the very revisions that the
recogniser gave, against a phrasebook of the bundled pack plus `--phrases` generated ones, and
`--rules` that use every construct of the rule language over what agents must not say.

    python -m benchmarks.per_second [--phrases 10000] [--rules 200] [--model NAME] [--json FILE]

With a slow model partials are as rare as the live scheduler makes them: `--partials none` leaves
them out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import models
import phrasebook
from api.live.call import LiveCall
from api.live.call_handle import as_entry
from api.live.call_info import CallInfo
from api.live.message_parts import OfCall
from api.live.session_factory import LIVE_PARTIALS, SessionFactory
from api.live.sound_account import SoundAccount
from api.live.sqlite_log import SqliteEventLog
from api.live.wire_audio import WireAudio
from benchmarks.bars import bars
from benchmarks.conditional_rules import RECORD, with_rules
from benchmarks.live_line import Recording, machine, recordings
from benchmarks.match_speed import phrases, sentences
from benchmarks.stage_clock import CORE, Clock, ClockedMatcher, ClockedNetwork, ClockedVoice, table
from models.recogniser import Transcript
from phrasebook.model import Entry, Phrasebook, Where
from qa_engine.analysis import Analysis
from qa_engine.events import DecodeWanted, Role, SessionEvent, Utterance, UtteranceHeard
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.record import CallRecord
from qa_engine.session import CallSession

FRAME_MS = 40
ROUNDS = 5
"""The QA core is so quick that one reading of the clock says little: the median counts."""
ROLES = (Role.AGENT, Role.CUSTOMER)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phrases", type=int, default=10_000)
    parser.add_argument("--rules", type=int, default=0)
    parser.add_argument("--call", default="forbidden")
    parser.add_argument("--model", help="a name or a directory; nano_zh without it")
    parser.add_argument("--partials", choices=("often", "none"), default="often")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    (recording,) = recordings([options.call])
    book = larger(phrasebook.load(phrasebook.bundled()), options.phrases)
    plain = book if options.rules else None
    if options.rules:
        book = with_rules(book, options.rules)
    partials = options.partials == "often"
    result = measure(recording, book, plain=plain, model=options.model, partials=partials)
    table(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if options.svg:
        options.svg.write_text(
            bars(
                result["ms_per_second_of_stereo"],
                f"CPU ms per second of a stereo call ({result['phrases']} phrases, "
                f"{result['model']})",
                marked=CORE,
            ),
            "utf-8",
        )


def larger(book: Phrasebook, count: int) -> Phrasebook:
    """The pack with `count` generated phrases beside its own."""
    text = sentences(max(10_000, 12 * count), seed=7)
    more = tuple(
        Entry(
            id=f"generated-{number}",
            title=phrase,
            say=(phrasebook.parse(phrase),),
            where=Where(path="generated", line=number),
        )
        for number, phrase in enumerate(phrases(text, count, seed=7))
    )
    return replace(book, entries=book.entries + more)


def measure(
    recording: Recording,
    book: Phrasebook,
    *,
    plain: Phrasebook | None = None,
    model: str | None = None,
    partials: bool = True,
) -> dict[str, Any]:
    """`plain`: the same without the rules that are asked about, measured turn by turn with it."""
    clock = Clock()
    matcher = Matcher(book)
    recogniser = models.open_recogniser(model, threads=1, partial_beams=1)
    heard = hear(recording, clock, recogniser, partials=partials)
    watching = ClockedMatcher(book)
    judge(heard, recording, Clock(), book, watching)  # what a server does once, at its first call
    beside = ClockedMatcher(plain) if plain else None
    rounds, without = [], []
    for _ in range(ROUNDS):
        core = Clock()
        events = judge(heard, recording, core, book, watching)
        rounds.append(core.spent)
        if plain and beside:
            core = Clock()
            judge(heard, recording, core, plain, beside)
            without.append(sum(core.spent[stage] for stage in CORE))
    for stage in CORE:
        clock.spent[stage] = median(spent[stage] for spent in rounds)
    publish(events, recording, clock, SessionFactory(book, matcher, recogniser))
    seconds = recording.audio.duration_ms / 1_000
    per_second = {stage: round(spent * 1_000 / seconds, 3) for stage, spent in clock.spent.items()}
    times = {}
    if without:
        alone = median(without) * 1_000 / seconds
        core_ms = sum(per_second[stage] for stage in CORE)
        times = {
            "qa_core_ms_without_the_rules": round(alone, 3),
            "times_without": round(core_ms / alone, 2),
        }
    return (
        machine()
        | times
        | {
            "call": recording.name,
            "call_s": seconds,
            "phrases": sum(len(entry.say) for entry in book.entries),
            "conditional_rules": sum(entry.id.startswith("rule-") for entry in book.entries),
            "model": recogniser.name,
            "partials": partials,
            "ms_per_second_of_stereo": per_second,
            "qa_core_ms": round(sum(per_second[stage] for stage in CORE), 3),
            "qa_core_ms_per_second_of_one_channel": round(
                sum(per_second[stage] for stage in CORE) / len(ROLES), 3
            ),
            "all_ms": round(sum(per_second.values()), 3),
            "revisions": len(heard),
        }
    )


def hear(recording: Recording, clock: Clock, recogniser: Any, *, partials: bool) -> list[Utterance]:
    """Bytes to the revisions of every utterance; sound and recogniser are on the clock."""
    session = CallSession(
        ROLES,
        voice=ClockedVoice(clock),
        partials=LIVE_PARTIALS if partials else None,
        max_window_ms=recogniser.max_window_ms,
    )
    wire = WireAudio(recording.audio.format)
    told: list[Utterance] = []
    for at_ms in range(0, recording.audio.duration_ms, FRAME_MS):
        piece = recording.audio.data[
            recording.audio.at(at_ms) : recording.audio.at(at_ms + FRAME_MS)
        ]
        samples = clock.run("resample", partial(wire.push, piece))
        began = clock.spent["voice activity"]
        events = clock.run("endpoint", partial(session.hear, samples))
        clock.spent["endpoint"] -= clock.spent["voice activity"] - began
        told += _answered(events, session, recogniser, clock)
    told += _answered(session.close(), session, recogniser, clock)
    return told


def _answered(
    events: list[SessionEvent], session: CallSession, recogniser: Any, clock: Clock
) -> list[Utterance]:
    told: list[Utterance] = []
    for event in events:
        if isinstance(event, UtteranceHeard):
            told.append(event.utterance)
        elif isinstance(event, DecodeWanted):
            transcript = _recognise(event, recogniser, clock)
            told += _answered(
                session.decoded(event.window_id, transcript), session, recogniser, clock
            )
    return told


def _recognise(wanted: DecodeWanted, recogniser: Any, clock: Clock) -> Transcript:
    """One window; what the encoder takes is told apart from the rest."""
    decoder, spent = getattr(recogniser, "_decoder", None), 0.0
    if decoder is None:
        (whole,) = clock.run(
            "decode", lambda: recogniser.transcribe([wanted.samples], final=wanted.final)
        )
        return whole
    network = decoder._network
    encode = network.encode

    def clocked(features: Any) -> Any:
        nonlocal spent
        began_s = time.process_time()
        encoded = encode(features)
        spent += time.process_time() - began_s
        return encoded

    decoder._network = ClockedNetwork(network, clocked)
    try:
        (transcript,) = clock.run(
            "decode", lambda: recogniser.transcribe([wanted.samples], final=wanted.final)
        )
    finally:
        decoder._network = network
    clock.spent["decode"] -= spent
    clock.spent["encode"] += spent
    return transcript


def judge(
    heard: list[Utterance],
    recording: Recording,
    clock: Clock,
    book: Phrasebook,
    matching: ClockedMatcher,
) -> list[SessionEvent]:
    """The QA core over every revision; the matcher's part is what `find` alone takes."""
    ClockedMatcher.clock = clock
    record = CallRecord(direction="inbound", data=RECORD)
    analysis = Analysis(book, matching, record=record)
    events: list[SessionEvent] = []
    began_s = time.process_time()
    ticked_ms = 0
    for utterance in heard:
        while ticked_ms + 1_000 <= utterance.begin_ms:
            ticked_ms += 1_000
            events += analysis.tick(ticked_ms)
        events.append(UtteranceHeard(at_ms=utterance.end_ms, utterance=utterance))
        events += analysis.feed(utterance)
    events += analysis.close(recording.audio.duration_ms)
    spent = time.process_time() - began_s
    clock.spent["rules"] += spent - clock.spent["normalise + match"]
    return events


def publish(
    events: list[SessionEvent], recording: Recording, clock: Clock, engine: SessionFactory
) -> None:
    """Messages, prompts, accounts, and the log on disk."""
    info = CallInfo(call_id="per-second", roles=ROLES, began_at="")
    live = LiveCall(info, engine.open_session(info), engine.playbook(info))
    live.accounts = SoundAccount(len(ROLES))
    live.open(0.0)

    async def tell() -> None:
        messages: list[OfCall] = []
        for event in events:
            messages += clock.run("publish", partial(live._follow, [event], 0.0)).messages
        for at in range(0, len(messages), 3):
            some = messages[at : at + 3]
            entries = clock.run("publish", lambda: [as_entry(m) for m in some])  # noqa: B023
            began_s = time.process_time()
            await log.append(entries)
            clock.spent["publish"] += time.process_time() - began_s

    with tempfile.TemporaryDirectory() as folder:
        log = SqliteEventLog(Path(folder) / "live.sqlite")
        asyncio.run(tell())
        log.close()


if __name__ == "__main__":
    main()
