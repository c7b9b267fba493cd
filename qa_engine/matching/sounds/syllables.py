"""A pinyin syllable as it is heard: an initial and a final, spelling conventions undone.

    yu → ("", "v")   jue → ("j", "ve")   wei → ("", "uei")   shi → ("sh", "ih")   si → ("s", "ic")

So that 'same initial' and 'same final' mean sounds, not letters.
"""

from __future__ import annotations

from functools import cache

INITIALS = (
    *("zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l"),
    *("g", "k", "h", "j", "q", "x", "z", "c", "s", "r", "y", "w"),
)
_WRITTEN_SHORT = {"un": "uen", "ui": "uei", "iu": "iou"}


@cache
def parts(syllable: str) -> tuple[str, str] | None:
    """Initial and final of a toneless syllable; None for a letter or a sign."""
    if len(syllable) < 2 and syllable not in ("a", "e", "o"):
        return None
    initial = next((i for i in INITIALS if syllable.startswith(i)), "")
    final = syllable[len(initial) :]
    if initial == "y":
        initial, final = "", _after_y(final)
    elif initial == "w":
        initial, final = "", final if final == "u" else "u" + final
    elif initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    elif final == "i" and initial in ("zh", "ch", "sh", "r"):
        final = "ih"
    elif final == "i" and initial in ("z", "c", "s"):
        final = "ic"
    return initial, _WRITTEN_SHORT.get(final, final)


def _after_y(final: str) -> str:
    if final.startswith("u"):
        return "v" + final[1:]
    if final.startswith("i"):
        return final
    return "iou" if final == "ou" else "i" + final


_COARSE_INITIAL = {"zh": "z", "ch": "c", "sh": "s", "r": "l", "n": "l"}
_COARSE_FINAL = {
    **{"ing": "in", "eng": "en", "ang": "an", "iang": "ian", "uang": "uan", "ih": "ic"},
    "ueng": "uen",
}


def coarse(syllable: str) -> str:
    """The class in which accents fall together (zh/z, n/l/r, an/ang …): only for finding seeds."""
    split = parts(syllable)
    if split is None:
        return syllable
    initial, final = split
    return f"{_COARSE_INITIAL.get(initial, initial)}-{_COARSE_FINAL.get(final, final)}"
