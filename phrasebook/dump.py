"""A phrasebook → the YAML text that loads as the same phrasebook."""

from __future__ import annotations

from phrasebook.model import Phrasebook
from phrasebook.plain import plain


def to_yaml(book: Phrasebook) -> str:
    """One YAML document in Chinese words; `load` of it equals `book` but for line numbers."""
    import yaml

    content = {key: value for key, value in plain(book).items() if value}
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
