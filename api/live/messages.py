"""What is told of a call, live protocol version 2: to its feeder and to whoever watches it.

    client → server     `client_messages.py`: Auth · KeepAlive · Finalize · CloseStream · Feedback
    server → feeder     Listening · Received · Refusal, and with `events=true` all below
    server → watcher    Opened · UtteranceTold · HitTold · StepTold · ConductTold · PromptTold ·
                        AlertTold · SourceTold · StatsTold · Notice · Ended · Heartbeat · Refusal
    server → board      `board_messages.py`: CallTold · CallGone; AlertTold · Heartbeat · Refusal

Each message of a call has `call_id`, `seq` (rising by call, from 1) and `at_ms` (call time). A gap
in `seq` means a newer revision of the same utterance stands in place of an older one. Which way
each goes is in `protocol.py`; `api/README.md` tells them one by one.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.live.message_parts import (
    PROTOCOL,
    Conclusion,
    Hit,
    Judgeable,
    Lag,
    Message,
    OfCall,
    Role,
    ScriptStep,
    Severity,
    Sound,
    Utterance,
)


class Opened(OfCall):
    """The call has begun; always seq 1."""

    type: Literal["opened"] = "opened"
    protocol: int = PROTOCOL
    agent: str = ""
    script: str
    script_title: str = ""
    roles: tuple[Role, ...]
    basis: Literal["sound", "times", "words", "chat"] = "sound"
    """What the call came as: sound, or text with times, without, or typed."""
    roles_known: bool = True
    """False: both speakers share the one channel; its role is only assumed, nothing is charged."""
    steps: tuple[ScriptStep, ...]
    metadata: dict[str, str] = Field(default_factory=dict)
    began_at: str
    """UTC, ISO 8601."""
    versions: dict[str, str]
    synthetic_model: bool
    """True: the recogniser was trained on synthetic speech and is not for real callers."""
    hearing: Literal["live", "later"] = "live"
    """`later`: this machine has no time for the call now; it is kept and judged after its end."""


class UtteranceTold(OfCall):
    """Text of an utterance; the same id again supersedes it, until `is_final`."""

    type: Literal["utterance"] = "utterance"
    utterance: Utterance


class HitTold(OfCall):
    """A phrase was found (`provisional`), stands (`confirmed`) or was taken back (`retracted`)."""

    type: Literal["hit"] = "hit"
    state: Literal["provisional", "confirmed", "retracted"]
    amended: bool = False
    hit: Hit


class StepTold(OfCall):
    type: Literal["step"] = "step"
    step: str
    title: str = ""
    state: Literal["pending", "done", "late", "missed", "not_applicable"]
    source: str
    deadline_ms: int | None = None
    utterance: int | None = None
    unheard: bool = False
    """Speech in its window was not understood: it may have been said, nothing is prompted."""


class ConductTold(OfCall):
    type: Literal["conduct"] = "conduct"
    check: str
    role: Role | None = None
    value: float
    limit: float
    begin_ms: int
    end_ms: int


class PromptTold(OfCall):
    """What the agent's sidebar shows, one at a time, and what becomes of it."""

    type: Literal["prompt"] = "prompt"
    prompt_id: str
    kind: Literal["phrase", "step", "conduct"]
    state: Literal["shown", "confirmed", "withdrawn", "expired", "dismissed", "not_right"]
    severity: Severity
    title: str
    heard: str = ""
    by: Role = "agent"
    """Who said what it hangs on."""
    suggest: tuple[str, ...] = ()
    coach: str = ""
    rule: str
    hit: str | None = None
    provisional: bool = False


class AlertTold(OfCall):
    """For the supervisor: what a customer said that changes the call, or a critical hit."""

    type: Literal["alert"] = "alert"
    state: Literal["raised", "withdrawn"]
    severity: Severity
    title: str
    quote: str
    suggest: tuple[str, ...] = ()
    rule: str
    hit: str
    age_ms: int = 0
    """How long ago the words were said, where recognition is behind."""


class SourceTold(OfCall):
    """The state of the audio connection."""

    type: Literal["source"] = "source"
    state: Literal["live", "lost", "resumed", "gone"]
    reason: str = ""


class StatsTold(OfCall):
    """Where every millisecond of this call's audio went; per channel, summed."""

    type: Literal["stats"] = "stats"
    received_ms: int
    silent_ms: int
    decoded_ms: int
    coalesced_ms: int
    dropped_ms: dict[str, int]
    pending_ms: int
    partials_decoded: int
    partials_coalesced: int
    finals_decoded: int
    prompts: dict[str, int] = Field(default_factory=dict)
    """Prompts by what became of them: shown, held back and why."""
    lag: Lag | None = None


class Notice(OfCall):
    """Something a person should look into, such as a sample rate that cannot be right."""

    type: Literal["notice"] = "notice"
    code: str
    text: str
    retry_ms: int | None = None
    """With the code `restart`: when to come back; the call goes on then."""


class Ended(OfCall):
    """The last message of a call. The report is at `/v1/calls/{call_id}/report`.

    Without `score` the call is not judgeable; without `passed` a person decides first.
    """

    type: Literal["ended"] = "ended"
    reason: Literal["closed", "lost", "too_long", "server_stopped", "server_restarted", "failed"]
    duration_ms: int
    score: float | None = None
    to_give: float = 0.0
    """Points that a person has still to give; `score` is provisional, without them."""
    passed: bool | None = None
    conclusion: Conclusion = "not_judgeable"
    judgeable: Judgeable = Judgeable()
    sounds: tuple[Sound, ...] = ()
    """What stood on the line beside speech."""

    def wire(self) -> str:
        """With `null` where there is no score: a reader should not have to guess."""
        return self.model_dump_json()


class Heartbeat(OfCall):
    """Nothing new: `seq` and `at_ms` are those of the last message. Not kept, not replayed."""

    type: Literal["heartbeat"] = "heartbeat"
    source: Literal["waiting", "live", "lost", "kept", "ended"] = "live"
    """`kept`: the call is over, and is heard when there is time."""
    behind_ms: int = 0
    """How old the oldest sentence is that ended and is not recognised yet."""


class Refusal(Message):
    """The last message before the server closes a socket."""

    type: Literal["refusal"] = "refusal"
    code: str
    reason: str


class Listening(OfCall):
    """Ready for audio: send what follows `received_ms`. To resume, come back with `call_id`."""

    type: Literal["listening"] = "listening"
    received_ms: int
    resume_s: float
    hearing: Literal["live", "later"] = "live"
    """`later`: the sound is kept; nothing is prompted, and the call is judged after its end."""


class Received(OfCall):
    """Audio up to `received_ms` is in; a feeder that resumes goes on from there."""

    type: Literal["received"] = "received"
    received_ms: int
