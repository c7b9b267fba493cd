"""The tree of what was typed, from YAML or from sheets → a checked `Phrasebook`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from phrasebook.ask import Ask
from phrasebook.build_ask import build_ask
from phrasebook.build_entry import build_entry
from phrasebook.build_score import (
    build_anatomy,
    build_conduct,
    build_judgeable,
    build_moods,
    build_scorecard,
)
from phrasebook.build_step import build_step
from phrasebook.condition_order import check_circles
from phrasebook.conditions import Condition, Named, walk
from phrasebook.context import Context, Reference
from phrasebook.errors import Code, Problems
from phrasebook.model import (
    AnatomyNames,
    ConductLimits,
    Entry,
    JudgeableLimits,
    MoodRules,
    Phrasebook,
    Script,
    Step,
    Where,
)
from phrasebook.nodes import Fields, Items, Scalar, Value, kind_of
from phrasebook.pattern import Pattern
from phrasebook.reader import FieldReader
from phrasebook.references import check_references
from phrasebook.rule import condition_of, read_if
from phrasebook.scorecard import Scorecard
from phrasebook.slots import BUILTIN_LISTS, is_plain
from phrasebook.version import with_version

TOP_KEYS = (
    "pack",
    "lists",
    "entries",
    "steps",
    "asks",
    "scripts",
    "conditions",
    "conduct",
    "judgeable",
    "anatomy",
    "moods",
    "scorecard",
)
PACK_KEYS = ("name", "version", "default_script", "hotwords")
SCRIPT_KEYS = ("id", "title", "steps", "if")

_BETWEEN_WORDS = re.compile("[,，、;；]")

Built = TypeVar("Built")


def build(parts: Sequence[Fields], *, name: str, problems: Problems, whole: bool) -> Phrasebook:
    """Read the parts (one a file) as one pack, called `name` unless it says otherwise.

    `whole=False` says that some part could not be read, so that names it may have held are not
    missed. Raises `PhrasebookErrors` with everything that is wrong.
    """
    context = Context(problems)
    readers = [FieldReader(part, "the file", TOP_KEYS, context) for part in parts]
    lists = _build_lists(readers, context)
    conditions = _section(readers, "conditions", _build_conditions) or {}
    entries: list[Entry] = []
    steps: list[Step] = []
    asks: list[Ask] = []
    for fields in _mappings(readers, "entries"):
        if "must" in fields.values:
            steps.append(build_step(fields, context))
        elif "ask" in fields.values:
            asks.append(build_ask(fields, context))
        else:
            entries.append(build_entry(fields, context))
    steps += [build_step(fields, context) for fields in _mappings(readers, "steps")]
    asks += [build_ask(fields, context) for fields in _mappings(readers, "asks")]
    scripts = [_build_script(fields, context) for fields in _mappings(readers, "scripts")]
    conduct = _section(readers, "conduct", build_conduct) or ConductLimits()
    judgeable = _section(readers, "judgeable", build_judgeable) or JudgeableLimits()
    anatomy = _section(readers, "anatomy", build_anatomy) or AnatomyNames()
    moods = _section(readers, "moods", build_moods) or MoodRules()
    scorecard = _section(readers, "scorecard", build_scorecard) or Scorecard()
    pack = _section(readers, "pack", _build_pack) or Phrasebook(name="", version="", entries=())
    if whole:
        check_references(context, steps, scripts)
    check_circles(context, entries, conditions)
    problems.raise_any()
    return with_version(
        replace(
            pack,
            name=pack.name or name,
            entries=tuple(entries),
            steps=tuple(steps),
            asks=tuple(asks),
            scripts=tuple(scripts),
            lists=lists,
            conditions=conditions,
            conduct=conduct,
            judgeable=judgeable,
            anatomy=anatomy,
            moods=moods,
            scorecard=scorecard,
            default_script=pack.default_script or (scripts[0].id if scripts else ""),
        )
    )


def _mappings(readers: Sequence[FieldReader], key: str) -> list[Fields]:
    """Every mapping of the lists under a key, over all files."""
    found: list[Fields] = []
    for reader in readers:
        value = reader.get(key)
        if value is None:
            continue
        if not isinstance(value, Items):
            message = f"'{key}' is {kind_of(value)}; expected a list (lines that begin with '- ')"
            reader.tell(value.where, Code.WRONG_TYPE, message)
            continue
        for item in value.values:
            if isinstance(item, Fields):
                found.append(item)
            else:
                message = f"'{key}' holds {kind_of(item)}; expected a mapping such as '- id: …'"
                reader.tell(item.where, Code.WRONG_TYPE, message)
    return found


def _section(
    readers: Sequence[FieldReader], key: str, read: Callable[[Fields, Context], Built]
) -> Built | None:
    """What stands once in a pack."""
    found: Built | None = None
    for reader in readers:
        value = reader.get(key)
        if value is None:
            continue
        if not isinstance(value, Fields):
            message = f"'{key}' is {kind_of(value)}; expected a mapping"
            reader.tell(value.where, Code.WRONG_TYPE, message)
        elif found is not None:
            message = f"'{key}' stands in another file too; expected it once in a pack"
            reader.tell(reader.place(key), Code.SECOND_SECTION, message)
        else:
            found = read(value, reader.context)
    return found


def _build_pack(fields: Fields, context: Context) -> Phrasebook:
    reader = FieldReader(fields, "pack", PACK_KEYS, context)
    default_script = reader.text("default_script")
    if default_script:
        use = Reference(default_script, reader.place("default_script"), "pack")
        context.uses_of_scripts.append(use)
    return Phrasebook(
        name=reader.text("name"),
        version=reader.text("version"),
        entries=(),
        default_script=default_script,
        hotwords=" ".join(_BETWEEN_WORDS.sub(" ", reader.text("hotwords")).split()),
    )


def _build_conditions(fields: Fields, context: Context) -> dict[str, Condition]:
    """Named conditions; one may use those that stand above it."""
    reader = FieldReader(fields, "conditions", tuple(fields.values), context)
    found: dict[str, Condition] = {}
    for name, value in fields.values.items():
        if not isinstance(value, Scalar):
            message = f"condition '{name[:40]}' is {kind_of(value)}; expected one line"
            reader.tell(value.where, Code.WRONG_TYPE, message)
        elif condition := condition_of(reader, value):
            below = [
                node.name
                for node in walk(condition.root)
                if isinstance(node, Named) and node.name not in found
            ]
            if below:
                message = f"condition '{name[:40]}' uses '{below[0][:40]}', which stands below it"
                reader.tell(value.where, Code.UNKNOWN_CONDITION, message)
            context.conditions[name] = value.where
            found[name] = condition
    return found


def _build_script(fields: Fields, context: Context) -> Script:
    typed = fields.values.get("id")
    id_ = typed.text.strip() if isinstance(typed, Scalar) else ""
    reader = FieldReader(fields, f"script '{id_}'", SCRIPT_KEYS, context)
    if id_:
        context.declare(context.scripts, id_, reader.place("id"), reader.owner)
    else:
        reader.missing("id")
    if reader.get("steps") is None:
        reader.missing("steps")
    for value in reader.items("steps"):
        if isinstance(value, Scalar):
            use = Reference(value.text.strip(), value.where, reader.owner)
            context.uses_of_steps.append(use)
    return Script(
        id=id_,
        title=reader.text("title", id_),
        steps=reader.texts("steps"),
        condition=read_if(reader),
        where=fields.where,
    )


def _build_lists(
    readers: Sequence[FieldReader], context: Context
) -> dict[str, tuple[Pattern, ...]]:
    """The pack's own lists; their names are known before anything uses them."""
    typed: list[tuple[str, FieldReader]] = []
    places: dict[str, Where] = {}
    for outer in readers:
        value: Value | None = outer.get("lists")
        if value is None:
            continue
        if not isinstance(value, Fields):
            message = f"'lists' is {kind_of(value)}; expected a mapping of names"
            outer.tell(value.where, Code.WRONG_TYPE, message)
            continue
        reader = FieldReader(value, "lists", tuple(value.values), context)
        for name in value.values:
            context.declare(places, name, value.place_of(name), f"list '{name[:40]}'")
            if name in BUILTIN_LISTS:
                message = f"'{name}' is a built-in list; expected another name"
                reader.tell(value.place_of(name), Code.BUILTIN_LIST, message)
            typed.append((name, reader))
    context.lists = {name for name, _ in typed}
    return {name: _list_values(name, reader) for name, reader in typed}


def _list_values(name: str, reader: FieldReader) -> tuple[Pattern, ...]:
    patterns = reader.patterns(name, required=True)
    if not all(map(is_plain, patterns)):
        message = f"'{name}' holds a value with a list, a gap or '&'; expected words, [ ] and ( | )"
        reader.tell(reader.place(name), Code.LIST_TOO_RICH, message)
    return patterns
