"""What may and must be said: the packs that people edit, read and checked."""

from phrasebook.dump import to_yaml
from phrasebook.errors import Code, PatternError, PhrasebookError, PhrasebookErrors
from phrasebook.loader import bundled, load, load_text
from phrasebook.model import Phrasebook
from phrasebook.parse import parse
from phrasebook.pattern import Pattern
from phrasebook.slots import BUILTIN_LISTS
from phrasebook.unparse import unparse
from phrasebook.variants import MAX_VARIANTS, Variant, count_variants, expand

__all__ = [
    "BUILTIN_LISTS",
    "MAX_VARIANTS",
    "Code",
    "Pattern",
    "PatternError",
    "Phrasebook",
    "PhrasebookError",
    "PhrasebookErrors",
    "Variant",
    "bundled",
    "count_variants",
    "expand",
    "load",
    "load_text",
    "parse",
    "to_yaml",
    "unparse",
]
