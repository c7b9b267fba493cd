"""One step as typed, or a `must` among the entries → `Step`."""

from __future__ import annotations

import re

from phrasebook.context import Context, Reference
from phrasebook.errors import Code
from phrasebook.excuses import read_unless
from phrasebook.model import Anchor, AnchorKind, Severity, Speaker, Step, Strictness, When
from phrasebook.nodes import Fields, Scalar
from phrasebook.reach import read_turns
from phrasebook.reader import FieldReader
from phrasebook.rule import (
    declare_rule,
    read_if,
    read_record_of,
    read_tests,
    read_window,
    rule_id,
    untitled,
)
from phrasebook.words import ANCHORS, SEVERITIES, SPEAKERS, STRICTNESS, nearest

_COMMON_KEYS = (
    *("id", "title", "source", "who", "when", "anchor", "from", "within", "after", "unless"),
    *("required", "prompt", "coach", "strict", "severity", "points", "fatal", "if"),
    *("record", "tests"),
)
STEP_KEYS = ("say", *_COMMON_KEYS)
MUST_KEYS = ("must", *_COMMON_KEYS)
DEFAULT_END_MS = -60_000

_START = Anchor(kind=AnchorKind.CALL_START)
_END = Anchor(kind=AnchorKind.CALL_END)


def build_step(fields: Fields, context: Context) -> Step:
    """Read one step; what is wrong with it is told to the context."""
    say_key = "must" if "must" in fields.values else "say"
    id_ = rule_id(fields, say_key)
    owner = f"step '{id_}'" if id_ else "a step"
    keys = MUST_KEYS if say_key == "must" else STEP_KEYS
    reader = FieldReader(fields, owner, keys, context)
    declare_rule(reader, id_, context.step_ids)
    say = reader.patterns(say_key, required=True)
    anchor, from_ms, within_ms = _read_span(reader)
    within_turns = _read_turns(reader, anchor)
    return Step(
        id=id_,
        title=reader.text("title", untitled(fields, id_, say)),
        say=say,
        who=reader.choice("who", SPEAKERS, Speaker.AGENT),
        anchor=anchor,
        from_ms=from_ms,
        within_ms=within_ms,
        within_turns=within_turns,
        after=_read_after(reader),
        unless=tuple(read_unless(reader, relations=False).patterns),
        required=reader.flag("required", True),
        prompt=reader.text("prompt"),
        coach=reader.text("coach"),
        strict=reader.choice("strict", STRICTNESS, Strictness.LOOSE),
        severity=reader.choice("severity", SEVERITIES, Severity.MEDIUM),
        points=reader.number("points", 0.0),
        fatal=reader.flag("fatal", False),
        source=reader.text("source"),
        condition=read_if(reader),
        record=read_record_of(reader),
        tests=read_tests(reader),
        where=fields.where,
    )


def _read_after(reader: FieldReader) -> tuple[str, ...]:
    names = reader.texts("after")
    for value in reader.items("after"):
        if isinstance(value, Scalar) and value.text.strip():
            use = Reference(value.text.strip(), value.where, reader.owner)
            reader.context.uses_of_steps.append(use)
    return names


def _read_span(reader: FieldReader) -> tuple[Anchor, int, int | None]:
    """The anchor and the window on it, in ms after it."""
    if reader.get("when") is not None:
        return _span_of_when(reader)
    anchor = _read_anchor(reader)
    from_ms = reader.duration("from")
    within_ms = None if _counts_turns_in(reader, "within") else reader.duration("within")
    if anchor.kind is AnchorKind.CALL_END:
        if from_ms is None:
            from_ms = DEFAULT_END_MS if not within_ms else -abs(within_ms)
            within_ms = 0
        within_ms = within_ms or 0
    from_ms = from_ms or 0
    wrong = ""
    if within_ms is not None and within_ms <= from_ms:
        wrong = f"the window closes {within_ms} ms after its anchor but opens at {from_ms} ms"
    elif anchor.kind is AnchorKind.CALL_START and from_ms < 0:
        wrong = "the window opens before the call starts"
    elif anchor.kind is AnchorKind.CALL_END and (within_ms or 0) > 0:
        wrong = "the window closes after the call's end"
    if wrong:
        place = reader.place("within" if reader.get("within") else "from")
        reader.tell(place, Code.BAD_WINDOW, f"{wrong}; expected 'from' before 'within'")
    return anchor, from_ms, within_ms


def _span_of_when(reader: FieldReader) -> tuple[Anchor, int, int | None]:
    """`first 30s` hangs on the call's start, `last 30s` on its end."""
    for key in ("anchor", "from", "within"):
        if reader.get(key) is not None:
            message = f"'when' and '{key}' both say the time; expected one of them"
            reader.tell(reader.place(key), Code.BAD_WINDOW, message)
    when = read_window(reader)
    if when is None or _first_turns(reader) is not None:
        return _START, 0, None
    if when.first_ms is not None and when.last_ms is None and not _counts_turns(reader):
        return _START, 0, when.first_ms
    if when.last_ms is not None and when.first_ms is None and not _counts_turns(reader):
        return _END, -when.last_ms, 0
    message = "'when' of a step says one of first or last, in seconds; expected such as first 30s"
    reader.tell(reader.place("when"), Code.BAD_WHEN, message)
    return _START, 0, None


def _read_turns(reader: FieldReader, anchor: Anchor) -> int | None:
    """`within: 2句`, or `when: 前2句`, which hangs on the call's start."""
    if not _counts_turns_in(reader, "within"):
        return _first_turns(reader)
    if anchor.kind is AnchorKind.CALL_END:
        message = "'within' counts turns from the call's end; expected a time such as 30s"
        reader.tell(reader.place("within"), Code.BAD_WINDOW, message)
    scalar = reader.scalar("within")
    return read_turns(scalar.text) if scalar else None


def _counts_turns_in(reader: FieldReader, key: str) -> bool:
    value = reader.get(key)
    return isinstance(value, Scalar) and read_turns(value.text) is not None


def _first_turns(reader: FieldReader) -> int | None:
    """Of a `when` that says nothing else."""
    when = read_window(reader) if reader.get("when") is not None else None
    alone = when is not None and when == When(first_turns=when.first_turns)
    return when.first_turns if when is not None and alone else None


def _counts_turns(reader: FieldReader) -> bool:
    when = read_window(reader)
    return when is not None and (when.first_turns or when.last_turns) is not None


def _read_anchor(reader: FieldReader) -> Anchor:
    scalar = reader.scalar("anchor")
    if scalar is None:
        return _START
    word, _, ref = (part.strip() for part in re.sub("[：:]", ":", scalar.text).partition(":"))
    kind = ANCHORS.get(word.lower())
    refs = tuple(filter(None, (part.strip() for part in re.split("[,，、]", ref))))
    if kind is None or (kind in ("step", "hit")) != bool(refs) or (len(refs) > 1 and kind != "hit"):
        expected = "expected call_start, call_end, step:ID, hit:ID or hit:ID,ID"
        message = f"'anchor' is '{scalar.text[:40]}'; {expected}{nearest(word, ANCHORS)}"
        reader.tell(scalar.where, Code.BAD_ANCHOR, message)
        return _START
    uses = reader.context.uses_of_steps if kind == "step" else reader.context.uses_of_entries
    uses += (Reference(ref, scalar.where, reader.owner) for ref in refs)
    return Anchor(kind=AnchorKind(kind), ref="".join(refs[:1]), also=refs[1:])
