"""A phrasebook → the YAML text that loads as the same phrasebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phrasebook.model import Phrasebook
from phrasebook.plain import plain

WIDTH = 100


def to_yaml(book: Phrasebook) -> str:
    """One YAML document in Chinese words; `load` of it equals `book` but for line numbers."""
    content = {key: value for key, value in plain(book).items() if value}
    return yaml_of(content)


def yaml_of(content: Mapping[str, Any]) -> str:
    """The text of a pack, or of a piece of one."""
    import yaml

    # libyaml writes the same in a fifth of the time.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(dict(content), Dumper=dumper, allow_unicode=True, sort_keys=False, width=WIDTH)
