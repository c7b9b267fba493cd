"""Running calls survive a restart: the log gives a live call back that waits for its feeder.

Everything that was told stands. What was said and not recognised when the server stopped is asked
for again: the feeder that resumes is told from where.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from api.live.call import LiveCall
from api.live.call_handle import CallHandle
from api.live.call_info import CallInfo
from api.live.call_record import filing_details
from api.live.event_log import EventLog, LoggedCall
from api.live.feed import Feed
from api.live.interrupted import end_interrupted
from api.live.kept_sounds import KeptSounds
from api.live.refusals import Refused
from api.live.reporting import as_utterance
from api.live.sessions import HitKey, Past, Session, Sessions
from api.live.watchers import CallWatchers
from api.live.wire_audio import Encoding, WireFormat
from qa_engine.dialogue import Basis
from qa_engine.events import Role
from qa_engine.hearing.accounting import Account
from qa_engine.line.missing import MissingSound

log = logging.getLogger("qa_engine.restoring")

ToldMessage = Mapping[str, Any]


def details(info: CallInfo, audio_format: WireFormat) -> dict[str, str]:
    """What the log keeps of a call beside its messages."""
    return {
        "agent": info.agent,
        "script": info.script,
        "began_at": info.began_at,
        "roles": ",".join(role.value for role in info.roles),
        "roles_known": "yes" if info.roles_known else "",
        "hotwords": info.hotwords,
        "encoding": audio_format.encoding.value,
        "sample_rate": str(audio_format.sample_rate),
        "hearing": info.hearing,
        **filing_details(info.metadata),
    }


async def restored(
    event_log: EventLog,
    sessions: Sessions,
    watchers: CallWatchers,
    sounds: KeptSounds,
    call_id: str = "",
) -> list[CallHandle]:
    """The calls that a stop cut off, or only that one. One that cannot go on ends with its log.

    One that is over and kept is not among them: no feeder is awaited.
    """
    calls = []
    for record in await event_log.take_over(call_id):
        try:
            if not is_closed(await event_log.checkpoint(record.call_id)):
                calls.append(await _restored(event_log, record, sessions, watchers, sounds))
        except (Refused, KeyError, ValueError, IndexError) as error:
            log.warning("call %s cannot go on (%s)", record.call_id, type(error).__name__)
            await end_interrupted(event_log, record.call_id)
    return calls


def missing_of(saved: Mapping[str, Any]) -> MissingSound:
    """What a call lacks of its sound, by its checkpoint."""
    missing = MissingSound()
    missing.restore(saved.get("missing", ()))
    return missing


def is_closed(checkpoint: str) -> bool:
    """Whether the call is over, and kept to be heard later."""
    return bool(checkpoint) and bool(json.loads(checkpoint).get("closed"))


def told_call(
    record: LoggedCall, told: Sequence[ToldMessage], begin_ms: int = 0
) -> tuple[CallInfo, Feed]:
    """A call of the log, and its feed from that moment on."""
    info = _info(record, told[0])
    audio_format = WireFormat(
        encoding=Encoding(record.details["encoding"]),
        sample_rate=int(record.details["sample_rate"]),
        channels=len(info.roles),
    )
    return info, Feed(audio_format, begin_ms=begin_ms)


async def _restored(
    event_log: EventLog,
    record: LoggedCall,
    sessions: Sessions,
    watchers: CallWatchers,
    sounds: KeptSounds,
) -> CallHandle:
    entries = await event_log.entries(record.call_id)
    saved = json.loads(await event_log.checkpoint(record.call_id))
    told = [json.loads(entry.body) for entry in entries]
    if told[-1]["type"] == "ended":
        raise ValueError("its end is in the log")
    info = _info(record, told[0])
    standing: frozenset[HitKey] = frozenset()
    if info.hearing == "later":
        session: Session = sounds.session(info.call_id, len(info.roles))
        known_ms = tuple(session.known_ms)
    else:
        accounts = tuple(Account(**account) for account in saved["accounts"])
        known_ms = tuple(saved["known_ms"])
        session, standing = sessions.continue_session(info, _past(told, known_ms, accounts))
    live = LiveCall(info, session, sessions.playbook(info))
    live.accounts.restore(saved["coalesced_ms"], saved["gaps"])
    live.restore(told, standing, known_ms, missing_of(saved))
    _, feed = told_call(record, told, min(known_ms))
    # As long ago as it began by the clock on the wall: how fast it was fed counts from there.
    ago_s = max(time.time() - record.began_s, 0.0)
    handle = CallHandle(
        live, feed, watchers.of(record.call_id), time.monotonic() - ago_s, restored=True
    )
    handle.stats_s = time.monotonic()
    return handle


def _info(record: LoggedCall, opened: ToldMessage) -> CallInfo:
    kept = record.details
    return CallInfo(
        call_id=record.call_id,
        roles=tuple(Role(name) for name in kept["roles"].split(",")),
        roles_known=bool(kept["roles_known"]),
        began_at=opened["began_at"],
        agent=kept["agent"],
        script=kept["script"],
        hotwords=kept["hotwords"],
        basis=Basis(opened.get("basis", "sound")),
        metadata=opened["metadata"],
        rules=opened.get("versions", {}).get("phrasebook", ""),
        judge=opened.get("versions", {}).get("judge", ""),
        hearing="later" if kept.get("hearing") == "later" else "live",
    )


def _past(
    told: Sequence[ToldMessage], known_ms: tuple[int, ...], accounts: tuple[Account, ...]
) -> Past:
    said = [message["utterance"] for message in told if message["type"] == "utterance"]
    ids: dict[HitKey, str] = {}
    for message in told:
        if message["type"] == "hit":
            hit = message["hit"]
            ids[hit["rule"], hit["utterance"], hit["begin_char"]] = hit["id"]
    return Past(
        finals=tuple(as_utterance(one) for one in said if one["is_final"]),
        utterances=max((one["id"] for one in said), default=-1) + 1,
        known_ms=known_ms,
        accounts=accounts,
        hit_ids=ids,
    )
