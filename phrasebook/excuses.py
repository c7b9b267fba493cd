"""What stands under `unless`, `before` and `after`: when a hit is excused, or needs company."""

from __future__ import annotations

from dataclasses import dataclass, field

from phrasebook.errors import Code
from phrasebook.model import Exception_, Relation, Speaker
from phrasebook.nodes import Fields, Scalar, Value
from phrasebook.reader import FieldReader, reader_of
from phrasebook.words import SPEAKERS

DEFAULT_NEAR_CHARS = 20
MAX_NEAR_CHARS = 200
DEFAULT_RELATION_MS = 60_000


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
    default = outer.duration("within", DEFAULT_RELATION_MS) if excuses else DEFAULT_RELATION_MS
    found = []
    for value in outer.items(key):
        inner = reader_of(outer, key, value, ("say", "who", "within"))
        if inner is None:
            continue
        within = inner.duration("within", default) or 0
        if within <= 0:
            place = inner.place("within") if inner.get("within") else outer.place("within")
            inner.tell(place, Code.BAD_WINDOW, "'within' is not positive; expected such as 60s")
        found.append(
            Relation(
                say=inner.patterns("say", required=True),
                who=inner.choice("who", SPEAKERS, Speaker.ANY),
                within_ms=within,
                excuses=excuses,
            )
        )
    return found
