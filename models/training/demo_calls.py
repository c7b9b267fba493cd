"""The four demo calls that the product carries: scripts in ``text/demo.txt``, audio rendered here.

They are spoken by voices, and say sentences, that training never met.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from models.training import grammar
from models.training.calls import Call, Caller, ScriptedTurn, SpeakerRole, render_call, write_flac
from models.training.channel import TelephoneLine
from models.training.espeak import VoiceManner

_MUST_FIND: dict[str, tuple[tuple[str, SpeakerRole, str], ...]] = {
    "good": (),
    "forbidden": (
        ("S1.1", "agent", "这个我不知道"),
        ("S1.2", "agent", "这不是我的工作"),
        ("S1.3", "agent", "我们做不到"),
        ("S1.4", "agent", "您搞错了"),
        ("S2.1", "agent", "公司就是这么规定的"),
        ("S2.1", "agent", "回头再说吧"),
        ("S4.6", "customer", "你们这个态度真是让人失望"),
    ),
    "hold_transfer": (
        ("S2.6", "agent", "应该是破损了吧"),
        ("S1.3", "agent", "我弄不了"),
        ("S6.3", "customer", "我又要从头再说一遍吗"),
        ("S2.7", "agent", "你快点说完"),
        ("S6.2", "customer", "你们这样也太不负责任了"),
        ("S2.7", "agent", "我挂了"),
    ),
    "complaint": (
        ("S6.3", "customer", "我已经打了四次电话了"),
        ("S6.3", "customer", "每次打过来都要重新讲一遍"),
        ("S6.2", "customer", "你们烦不烦"),
        ("S6.1", "customer", "我就去找电视台曝光"),
        ("S4.6", "customer", "要向银保监会投诉你们"),
    ),
}
_STEPS: dict[str, dict[str, str]] = {
    "good": {
        "opening": "done",
        "self-introduction": "done",
        "offer-help": "done",
        "recording-notice": "done",
        "identity-check": "done",
        "confirm-understanding": "done",
        "propose-solution": "done",
        "hold-request": "done",
        "hold-reason": "done",
        "hold-duration": "done",
        "hold-thanks": "done",
        "more-help": "done",
        "closing": "done",
    },
    "forbidden": {"opening": "done", "offer-help": "done", "more-help": "done", "closing": "done"},
    "hold_transfer": {
        "opening": "done",
        "offer-help": "done",
        "hold-request": "done",
        "hold-reason": "missed",
        "hold-duration": "missed",
        "hold-thanks": "missed",
        "transfer-request": "done",
        "transfer-consent": "missed",
        "transfer-department": "missed",
        "more-help": "missed",
        "closing": "missed",
    },
    "complaint": {
        "opening": "done",
        "offer-help": "done",
        "identity-check": "done",
        "confirm-understanding": "done",
        "more-help": "done",
        "closing": "done",
    },
}
_CALLERS: dict[str, Mapping[SpeakerRole, Caller]] = {
    "good": {
        "agent": Caller(voice="belinda", manner=VoiceManner(rate=188, pitch=52, pitch_range=55)),
        "customer": Caller(voice="Alicia", manner=VoiceManner(rate=215, pitch=50, pitch_range=50)),
    },
    "forbidden": {
        "agent": Caller(voice="Andy", manner=VoiceManner(rate=195, pitch=48, pitch_range=45)),
        "customer": Caller(voice="f4", manner=VoiceManner(rate=190, pitch=50, pitch_range=60)),
    },
    "hold_transfer": {
        "agent": Caller(voice="m5", manner=VoiceManner(rate=200, pitch=50, pitch_range=45)),
        "customer": Caller(voice="belinda", manner=VoiceManner(rate=190, pitch=55, pitch_range=60)),
    },
    "complaint": {
        "agent": Caller(voice="Alicia", manner=VoiceManner(rate=205, pitch=50, pitch_range=50)),
        "customer": Caller(voice="paul", manner=VoiceManner(rate=220, pitch=48, pitch_range=65)),
    },
}
CALLS = tuple(_CALLERS)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo call by name: its turns, sound and truth."""

    name: str
    turns: tuple[ScriptedTurn, ...]
    call: Call

    def truth(self) -> dict[str, object]:
        """``Call.truth`` and what an inspector would find."""
        return {
            "call": self.name,
            **self.call.truth(),
            "said": [
                {"source": source, "role": role, "text": text}
                for source, role, text in _MUST_FIND[self.name]
            ],
            "steps": [{"id": k, "state": v} for k, v in _STEPS[self.name].items()],
        }


def turns_of(name: str) -> tuple[ScriptedTurn, ...]:
    """The script of one demo call."""
    rows = (tuple(p.strip() for p in line.split("|")) for line in grammar.lines("demo"))
    return tuple(
        ScriptedTurn(role=cast("SpeakerRole", role), text=text, pause_ms=int(pause))
        for call, role, pause, text in rows
        if call == name
    )


def render(name: str) -> Demo:
    """Speak one demo call over a clean-ish line."""
    line = TelephoneLine(law="mu", level_db=-9, noise_db=52, noise="pink", low_hz=200, high_hz=3500)
    turns = turns_of(name)
    call = render_call(
        turns, _CALLERS[name], seed=CALLS.index(name), lines={"agent": line, "customer": line}
    )
    return Demo(name, turns, call)


def write_all(folder: Path) -> None:
    """Render every demo call to ``<name>.flac`` and ``<name>.truth.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in CALLS:
        demo = render(name)
        write_flac(demo.call, folder / f"{name}.flac")
        text = json.dumps(demo.truth(), ensure_ascii=False, indent=1)
        (folder / f"{name}.truth.json").write_text(text + "\n", "utf-8")
