"""Text as the matcher reads it, with the way back to the text as it was written.

Width, case, Traditional characters and digits are folded, punctuation and space dropped.
Hesitation (嗯, 呃, 那个 …, a closed list) is left out of a second and third reading of the same
text, so that it is transparent inside a phrase and still there for a phrase that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa_engine.matching.characters import UNKNOWN, characters

_DECIMAL_POINT = re.compile(r"(?<=\d)[.．](?=\d)")
_MARKUP = re.compile(r"<(?:unk|UNK|noise|NOISE|s|/s)>")
_SOUNDS_OF_HESITATION = re.compile("[嗯呃额啊哦噢喔唉哎诶欸呀嘛哈]+")
_WORDS_OF_HESITATION = re.compile(
    "(?:[嗯呃额啊哦噢喔唉哎诶欸呀嘛哈]|那个|这个|就是说|就是|然后|怎么说呢|反正)+"
)
_HESITATION = re.compile("[嗯呃额啊哦噢喔唉哎诶欸呀嘛哈]|[那这]个|就是|然后|怎么说呢|反正")


@dataclass(frozen=True, slots=True)
class Normalised:
    """Folded characters; `offsets[i]` is where character i stands in the original text.

    `offsets` has one more entry than `text`: the end of the original of the last character.
    """

    text: str
    offsets: Sequence[int]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Characters begin:end of the folded text as begin:end of the original."""
        return self.offsets[begin], self.offsets[end - 1] + 1


def prepared(text: str) -> str:
    """The text with decimal points spelled and recogniser markup made one symbol; same length."""
    if "." in text or "．" in text:
        text = _DECIMAL_POINT.sub("点", text)
    if "<" in text:
        text = _MARKUP.sub(lambda m: UNKNOWN + " " * (len(m[0]) - 1), text)
    return text


def normalise(text: str) -> Normalised:
    """Folds the text and keeps the offset of every character that stays."""
    text = prepared(text)
    table = characters().fold
    folded = text.translate(table)
    if len(folded) == len(text) and table.growing.isdisjoint(text):
        return Normalised(folded, range(len(text) + 1))
    offsets = [i for i, c in enumerate(text) for _ in table[ord(c)]]
    return Normalised(folded, [*offsets, len(text)])


def fold(text: str) -> str:
    """Folded characters alone, for phrases."""
    return prepared(text).translate(characters().fold)


def readings_without_hesitation(heard: Normalised) -> list[Normalised]:
    """The same text with sounds, then words, of hesitation left out; empty when there are none."""
    if not _HESITATION.search(heard.text):
        return []
    found: list[Normalised] = []
    for pattern in (_SOUNDS_OF_HESITATION, _WORDS_OF_HESITATION):
        if not pattern.search(heard.text):
            continue
        kept = [True] * len(heard.text)
        for match in pattern.finditer(heard.text):
            kept[match.start() : match.end()] = [False] * (match.end() - match.start())
        indices = [i for i, keep in enumerate(kept) if keep]
        shorter = "".join(heard.text[i] for i in indices)
        if shorter and all(shorter != other.text for other in found):
            offsets = [heard.offsets[i] for i in indices] + [heard.offsets[-1]]
            found.append(Normalised(shorter, offsets))
    return found
