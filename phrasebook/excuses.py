"""What stands under `unless`, `before` and `after`: when a hit is excused, or needs company."""

from __future__ import annotations

from dataclasses import dataclass, field

from phrasebook.durations import MAX_MS
from phrasebook.errors import Code
from phrasebook.model import Exception_, Relation, Speaker
from phrasebook.nodes import Fields, Scalar, Value
from phrasebook.reach import read_turns
from phrasebook.reader import FieldReader, reader_of
from phrasebook.words import SPEAKERS

Within = tuple[int, int | None]
"""In ms; or in turns, and then any time will do."""

DEFAULT_NEAR_CHARS = 20
MAX_NEAR_CHARS = 200
DEFAULT: Within = (60_000, None)


@dataclass(slots=True)
class Excuses:
    """What stands under `unless`."""

    patterns: list[Exception_] = field(default_factory=list)
    before: list[Relation] = field(default_factory=list)
    after: list[Relation] = field(default_factory=list)


def read_unless(reader: FieldReader, *, relations: bool = True) -> Excuses:
    """Lines that cover the hit, `near`, and (for entries) utterances `before` or `after` it."""
    excuses = Excuses()
    for value in reader.items("unless"):
        if not _is_excuse(value):
            if pattern := reader.pattern("unless", value):
                excuses.patterns.append(Exception_(pattern=pattern))
            continue
        inner = reader_of(reader, "unless", value, ("near", "before", "after", "within"))
        if inner is None:
            continue
        kinds = [key for key in ("near", "before", "after") if key in inner.fields.values]
        if len(kinds) != 1:
            message = f"found {' and '.join(kinds) or 'none'}; expected near, before or after"
            inner.tell(value.where, Code.WRONG_TYPE, message)
        elif kinds == ["near"]:
            excuses.patterns += _near(inner)
        elif not relations:
            message = "a step cannot be excused by another utterance; expected a line or near"
            inner.tell(value.where, Code.STEP_RELATION, message)
        else:
            into = excuses.before if kinds == ["before"] else excuses.after
            into.extend(read_relations(inner, kinds[0], excuses=True))
    return excuses


def _is_excuse(value: Value) -> bool:
    """`{near: …}` rather than a line such as {部门} that YAML took for a mapping."""
    if not isinstance(value, Fields):
        return False
    return not all(isinstance(v, Scalar) and v.is_null for v in value.values.values())


def _near(inner: FieldReader) -> list[Exception_]:
    chars = inner.integer("within", DEFAULT_NEAR_CHARS, 1, MAX_NEAR_CHARS)
    return [Exception_(pattern=line, near_chars=chars) for line in inner.patterns("near")]


def read_relations(outer: FieldReader, key: str, *, excuses: bool = False) -> list[Relation]:
    """`{who, say, within}` or a list of such; `within` may stand one level up under `unless`."""
    default = _within(outer, DEFAULT) if excuses else DEFAULT
    found = []
    for value in outer.items(key):
        inner = reader_of(outer, key, value, ("say", "who", "within"))
        if inner is None:
            continue
        within_ms, turns = _within(inner, default)
        if within_ms <= 0:
            place = inner.place("within") if inner.get("within") else outer.place("within")
            inner.tell(place, Code.BAD_WINDOW, "'within' is not positive; expected such as 60s")
        found.append(
            Relation(
                say=inner.patterns("say", required=True),
                who=inner.choice("who", SPEAKERS, Speaker.ANY),
                within_ms=within_ms,
                within_turns=turns,
                excuses=excuses,
            )
        )
    return found


def _within(reader: FieldReader, default: Within) -> Within:
    """`within: 60s` or `within: 3句`."""
    value = reader.get("within")
    turns = read_turns(value.text) if isinstance(value, Scalar) else None
    if turns is not None:
        return MAX_MS, turns
    ms = reader.duration("within")
    return default if ms is None else (ms, None)
