"""A pack's version: its own number and the hash of what it says, however it is laid out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from phrasebook.ask import Ask
from phrasebook.model import Phrasebook
from phrasebook.plain import plain, plain_ask
from phrasebook.unparse import spelled

HASH_BYTES = 6


def content_hash(book: Phrasebook) -> str:
    """12 hex digits: the same for the same content in any order of files, entries and spaces."""
    content = plain(book, line=spelled)
    content["pack"].pop("version", None)
    for key in ("entries", "steps", "asks", "scripts"):
        content.get(key, []).sort(key=lambda item: item["id"])
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).hexdigest()


def ask_version(ask: Ask) -> str:
    """12 hex digits of what a question says: an answer to another wording is another answer."""
    told = {key: value for key, value in plain_ask(ask).items() if key in _ANSWERED_BY}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).hexdigest()


_ANSWERED_BY = ("id", "ask", "who", "yes", "no", "na", "examples")
"""What the one who answers is told; points and conditions are none of it."""


def with_version(book: Phrasebook) -> Phrasebook:
    """The pack with `1.0+a1b2c3d4e5f6` for its version."""
    own = book.version.partition("+")[0] or "0"
    return replace(book, version=f"{own}+{content_hash(book)}")
