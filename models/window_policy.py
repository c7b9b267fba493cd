"""How much sound a stock Whisper model is shown at once, and what silence goes with it.

Whisper was trained on 30 s. Padding every utterance to that is three quarters of its price and,
measured on human Mandarin, buys nothing; too little silence after the speech, and it ends its
text early or runs on without an end. What is safe differs from model to model: it is measured
(`qa-engine models measure`) and kept beside the weights.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from models.errors import CorruptModel

__all__ = ["FILE_NAME", "MEASURED", "WHOLE_MS", "WindowPolicy", "read", "write"]

FILE_NAME: Final = "windows.json"
WHOLE_MS: Final = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowPolicy:
    """The defaults are those of a model that nobody measured: padded as it was trained."""

    least_ms: int = WHOLE_MS
    """A window is padded to this."""
    after_ms: int = 0
    """So much silence follows the sound in any case, as far as 30 s go."""
    pack_ms: int = 26_000
    """Neighbouring utterances of a channel are heard together up to this; 0: each alone."""

    def shown_ms(self, sound_ms: int) -> int:
        """How long the encoder's window is for so much sound."""
        return min(WHOLE_MS, max(self.least_ms, sound_ms + self.after_ms))


MEASURED: Final = {512: WindowPolicy(least_ms=15_000, after_ms=2_000, pack_ms=13_000)}
"""By the width of the network; 512 is base. Two people's sentences over a telephone line, 486 s, in
one run: packs of 13 s SER .072 at .044 CPU-seconds a second of speech, packs of 26 s .071 at .072,
faster-whisper's BatchedInferencePipeline .084 at .058."""


def read(directory: Path, width: int) -> WindowPolicy:
    """What was measured for this directory, else for its size, else the cautious default.

    Raises `CorruptModel`.
    """
    path = directory / FILE_NAME
    if not path.is_file():
        return MEASURED.get(width, WindowPolicy())
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        return WindowPolicy(
            least_ms=int(stated["least_ms"]),
            after_ms=int(stated["after_ms"]),
            pack_ms=int(stated["pack_ms"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        expected = "least_ms, after_ms and pack_ms"
        raise CorruptModel(path, "a window policy that cannot be read", expected) from error


def write(directory: Path, policy: WindowPolicy) -> None:
    """Beside the weights."""
    text = json.dumps(asdict(policy), indent=2, sort_keys=True)
    (directory / FILE_NAME).write_text(text + "\n", encoding="utf-8")
