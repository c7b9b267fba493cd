"""Why a hit is a hit, in one Chinese sentence for a QA lead.

听到“我不之道”，匹配“我不知道”：之=知（zhi）
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_engine.events import Tier
from qa_engine.matching.patterns.assemble import PieceHit
from qa_engine.matching.patterns.pieces import PatternPiece
from qa_engine.matching.text.characters import characters


def why(
    heard: str,
    phrase: str,
    tier: Tier,
    folded: str,
    hits: Sequence[PieceHit],
    book: list[PatternPiece],
) -> str:
    """The sentence; `folded` is the text the hits' positions count in."""
    if tier is Tier.EXACT:
        return f"听到“{heard}”，与“{phrase}”一致"
    notes = [
        note
        for hit in hits
        if hit.tier is not Tier.EXACT
        for note in differences(folded[hit.begin : hit.end], book[hit.piece])
    ]
    return f"听到“{heard}”，匹配“{phrase}”：{'，'.join(dict.fromkeys(notes))}"


def differences(heard: str, piece: PatternPiece) -> list[str]:
    """What was misheard, left to right: 之=知（zhi）, 馆≈管（guan/guan）, 少“的”, 多“呃”."""
    table = characters()
    notes: list[str] = []
    for i, j in aligned(heard, piece):
        if i is None and j is not None:
            notes.append(f"少“{piece.text[j]}”")
        elif j is None and i is not None:
            notes.append(f"多“{heard[i]}”")
        elif i is not None and j is not None and heard[i] != piece.text[j]:
            said, wanted = table.readings.get(heard[i], (0,)), piece.sounds[j]
            if wanted in said:
                notes.append(f"{heard[i]}={piece.text[j]}（{table.names[wanted]}）")
            else:
                notes.append(
                    f"{heard[i]}≈{piece.text[j]}（{table.names[said[0]]}/{table.names[wanted]}）"
                )
    return notes


Pairs = list[tuple[int | None, int | None]]


def aligned(heard: str, piece: PatternPiece) -> Pairs:
    """Pairs of positions, left to right; None where one side has no partner (at most one has)."""
    size = len(piece.text)
    if len(heard) == size:
        return [(i, i) for i in range(size)]
    extra = len(heard) > size
    breaks = range(len(heard) if extra else size)
    rows: list[Pairs] = [
        [
            *((i, i) for i in range(at)),
            (at, None) if extra else (None, at),
            *((i + extra, i + (not extra)) for i in range(at, min(len(heard), size))),
        ]
        for at in breaks
    ]
    return min(rows, key=lambda row: sum(_differs(heard, piece, i, j) for i, j in row))


def _differs(heard: str, piece: PatternPiece, i: int | None, j: int | None) -> float:
    if i is None or j is None or heard[i] == piece.text[j]:
        return 0.0
    return 0.1 if piece.sounds[j] in characters().readings.get(heard[i], ()) else 1.0
