"""Which espeak-ng variants speak in training, which only in tests, and how they may speak."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from models.training.espeak import MANDARIN, VoiceManner

HELD_OUT_VOICES = ("f4", "m5", "Alicia", "Andy", "Mario", "belinda", "paul", "victor")
"""Never heard in training; the evaluation speaks with these alone."""

_EFFECTS = ("robosoft", "whisper", "UniRobot", "anikaRobot", "Demonic", "Storm", "croak", "fast")
# espeak-ng 1.51 dies of a segmentation fault in this variant, sooner or later.
_CRASHES = ("rob",)
_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu/espeak-ng-data/voices/!v",
    "/usr/lib/aarch64-linux-gnu/espeak-ng-data/voices/!v",
    "/usr/share/espeak-ng-data/voices/!v",
    "/usr/local/share/espeak-ng-data/voices/!v",
)


@cache
def variants() -> tuple[str, ...]:
    """Usable variants of this machine's espeak-ng, sorted; effects without a clear voice left out.

    A name with a blank cannot be chosen through the library.
    """
    for folder in map(Path, _FOLDERS):
        if folder.is_dir():
            names = sorted(p.name for p in folder.iterdir() if " " not in p.name)
            return tuple(n for n in names if not n.startswith(_EFFECTS) and n not in _CRASHES)
    return ("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7")


@cache
def training_voices() -> tuple[str, ...]:
    """Variants minus the held-out ones; the plain voice counts as one ("")."""
    return ("", *(v for v in variants() if v not in HELD_OUT_VOICES))


def full_name(variant: str, language: str = MANDARIN) -> str:
    """``f3`` to ``cmn-latn-pinyin+f3``."""
    return f"{language}+{variant}" if variant else language


def draw_manner(r: random.Random) -> VoiceManner:
    """Slow to hurried, low to high, flat to sing-song."""
    rate = r.randint(150, 260) if r.random() < 0.75 else r.randint(120, 340)
    return VoiceManner(rate=rate, pitch=r.randint(15, 85), pitch_range=r.randint(20, 85))


def draw_tract(r: random.Random) -> float:
    """A resampling factor: above 1 a shorter vocal tract (higher formants, faster)."""
    return 1.0 if r.random() < 0.3 else r.uniform(0.88, 1.14)
