"""Words to expect, as sherpa-onnx takes them: those that the model can write, parted by `/`."""

from __future__ import annotations

from collections.abc import Container, Sequence

__all__ = ["spelled"]


def spelled(words: Sequence[str], known: Container[str]) -> str:
    """Words in Latin letters are left to the model's own pieces; a character that it does not
    know would make it pass over all of them."""
    return "/".join(word for word in dict.fromkeys(words) if _writable(word, known))


def _writable(word: str, known: Container[str]) -> bool:
    if "/" in word:
        return False
    return all(character.isascii() or character in known for character in word)
