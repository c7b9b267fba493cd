"""Every message of the live protocol, version 2. `api/README.md` tells them one by one.

    client → server     Auth · KeepAlive · Finalize · CloseStream · Feedback
    server → feeder     Listening · Received · Refusal, and with `events=true` all below
    server → watcher    Opened · UtteranceTold · HitTold · StepTold · ConductTold · PromptTold ·
                        AlertTold · SourceTold · StatsTold · Notice · Ended · Heartbeat · Refusal
    server → board      CallTold · CallGone · AlertTold · Heartbeat · Refusal

Each message of a call has `call_id`, `seq` (rising by call, from 1) and `at_ms` (call time). A gap
in `seq` means a newer revision of the same utterance stands in place of an older one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

PROTOCOL = 2
VALIDATION: Literal["validation"] = "validation"
Role = Literal["agent", "customer"]
Severity = Literal["low", "medium", "high", "critical"]
Conclusion = Literal["passed", "failed", "to_review", "not_judgeable"]


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def wire(self) -> str:
        """The JSON that goes over the socket."""
        return self.model_dump_json(exclude_none=True)


class OfCall(Message):
    call_id: str
    seq: int = 0
    at_ms: int = 0


class Word(Message):
    """A character, or a run of Latin letters or digits."""

    text: str
    begin_ms: int
    end_ms: int
    confidence: float


class Contour(Message):
    """A point every 80 ms from the utterance's `begin_ms` on."""

    pitch_hz: tuple[int, ...]
    """0: no pitch."""
    level_dbfs: tuple[int, ...]
    noise_dbfs: float | None = None
    """Of the line around it."""


class Utterance(Message):
    id: int
    role: Role
    channel: int
    begin_ms: int
    end_ms: int
    text: str
    stable_chars: int
    """Leading characters that will not change any more."""
    is_final: bool
    revision: int
    confidence: float
    intelligible: bool
    level_dbfs: float | None = None
    """How loud the speech was."""
    role_confidence: float = 1.0
    """How sure it is that `role` spoke; 0: the role is only assumed."""
    sent_ms: int | None = None
    """Of a chat: when it was sent."""
    words: tuple[Word, ...] | None = None
    """Of final texts."""
    contour: Contour | None = None
    """How it sounded, of final texts."""


class HitPart(Message):
    """The words of a hit in one utterance."""

    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int


class Hit(Message):
    """A phrase that was found; its own place is that of the first of its `parts`."""

    id: str
    rule: str
    source: str
    phrase: str
    role: Role
    utterance: int
    begin_char: int
    end_char: int
    begin_ms: int
    end_ms: int
    heard: str
    quote: str
    tier: Literal["exact", "homophone", "fuzzy", "meaning"]
    score: float
    confidence: float
    why: str
    suggest: tuple[str, ...]
    coach: str
    severity: Severity
    audience: Literal["agent", "supervisor", "review"]
    kind: Literal["forbidden", "trigger"]
    fatal: bool
    role_confidence: float = 1.0
    parts: tuple[HitPart, ...] = ()
    decision: Literal["kept", "doubtful"] = "kept"
    reason: str = ""
    reason_zh: str = ""
    effect: Literal["counted", "waiting", "not_counted"] = "counted"
    effect_reason: str = ""
    """Why it does not simply count."""


class ScriptStep(Message):
    id: str
    title: str
    prompt: str
    """The sentence to say."""
    required: bool
    due: bool
    """Required whatever happens; others are told of when something makes them due."""
    source: str


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


class Lag(Message):
    """Milliseconds from a word's end reaching the server to the message about it."""

    count: int
    p50_ms: int
    p95_ms: int


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


class Judgeable(Message):
    """Whether the call can be judged, and if not, why."""

    state: Literal["judgeable", "not_judgeable"] = "judgeable"
    reason: str = ""
    message_zh: str = ""


class Sound(Message):
    """Tones (`ring`), `music`, a recorded voice that says the same again (`ivr`), or lost sound
    (`missing`).
    """

    kind: str
    channel: int | None = None
    begin_ms: int
    end_ms: int


class Ended(OfCall):
    """The last message of a call. The report is at `/v1/calls/{call_id}/report`.

    Without `score` the call is not judgeable; without `passed` a person decides first.
    """

    type: Literal["ended"] = "ended"
    reason: Literal["closed", "lost", "too_long", "server_stopped", "server_restarted", "failed"]
    duration_ms: int
    score: float | None = None
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


class CallTold(Message):
    """One line of the supervisor's board; replaces the line of the same call."""

    type: Literal["call"] = "call"
    call_id: str
    seq: int
    at_ms: int
    agent: str
    script: str
    state: Literal["live", "lost", "kept", "ended"]
    """`kept`: it is over, and is heard when there is time."""
    began_at: str
    hearing: Literal["live", "later"] = "live"
    duration_ms: int
    alerts: dict[Severity, int]
    """Confirmed or still open hits and alerts, by severity."""
    last_role: Role | None = None
    last_text: str = ""
    steps_done: int
    steps_late: int
    steps_total: int
    score: float | None = None
    conclusion: Conclusion | None = None
    """None while the call runs."""
    unjudgeable: str = ""
    """Why it cannot be judged, as a code."""
    behind_ms: int = 0
    """How old the oldest sentence is that ended and is not recognised yet."""


class CallGone(Message):
    """A call left the board."""

    type: Literal["call_gone"] = "call_gone"
    call_id: str


class Auth(Message):
    """The first message of a socket that brought no token in its handshake."""

    type: Literal["Auth"]
    token: str = Field(max_length=1_024)


class KeepAlive(Message):
    type: Literal["KeepAlive"]


class Finalize(Message):
    """Finish what is being said now, without waiting for a pause."""

    type: Literal["Finalize"]


class CloseStream(Message):
    """The call is over; `ended` follows when everything is decided."""

    type: Literal["CloseStream"]


class Feedback(Message):
    """The agent's word on a prompt; `mute` and `unmute` are about all of them."""

    type: Literal["Feedback"]
    action: Literal["dismiss", "not_right", "mute", "unmute"]
    prompt_id: str = Field("", max_length=64)


FromFeeder = Annotated[Auth | KeepAlive | Finalize | CloseStream, Field(discriminator="type")]
FromWatcher = Annotated[Auth | KeepAlive | Feedback, Field(discriminator="type")]
ToWatcher = Annotated[
    Opened
    | UtteranceTold
    | HitTold
    | StepTold
    | ConductTold
    | PromptTold
    | AlertTold
    | SourceTold
    | StatsTold
    | Notice
    | Ended
    | Heartbeat
    | Refusal,
    Field(discriminator="type"),
]
ToFeeder = Annotated[Listening | Received | ToWatcher, Field(discriminator="type")]
ToBoard = Annotated[
    CallTold | CallGone | AlertTold | Heartbeat | Refusal, Field(discriminator="type")
]

from_feeder: TypeAdapter[Auth | KeepAlive | Finalize | CloseStream] = TypeAdapter(FromFeeder)
from_watcher: TypeAdapter[Auth | KeepAlive | Feedback] = TypeAdapter(FromWatcher)


def schema() -> dict[str, Any]:
    """JSON Schema of every message, by direction."""
    directions: dict[str, TypeAdapter[Any]] = {
        "from_feeder": from_feeder,
        "from_watcher": from_watcher,
        "to_feeder": TypeAdapter(ToFeeder),
        "to_watcher": TypeAdapter(ToWatcher),
        "to_board": TypeAdapter(ToBoard),
    }
    inputs = [(name, VALIDATION, adapter) for name, adapter in directions.items()]
    by_key, definitions = TypeAdapter.json_schemas(inputs)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "qa-engine live protocol",
        "version": PROTOCOL,
        "properties": {name: by_key[(name, VALIDATION)] for name in directions},
        **definitions,
    }
