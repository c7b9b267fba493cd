"""A phrasebook → plain lists and mappings, in the shape of a pack's YAML; defaults are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from phrasebook.ask import Answer, Ask
from phrasebook.build_score import ANATOMY_KEYS, CONDUCT_KEYS, JUDGEABLE_KEYS, MOOD_KEYS
from phrasebook.durations import write_duration, write_when
from phrasebook.limits import write_limit, write_times
from phrasebook.model import (
    ALL_FRAMES,
    AnatomyNames,
    Audience,
    ConductLimits,
    Entry,
    Exception_,
    Frame,
    JudgeableLimits,
    Kind,
    MoodRules,
    Phrasebook,
    Relation,
    Severity,
    Step,
    Strictness,
    Tests,
)
from phrasebook.pattern import Pattern
from phrasebook.scorecard import Charge, Scorecard
from phrasebook.spoken_record import write_spoken_record
from phrasebook.words import (
    AUDIENCES,
    CHARGES,
    FRAMES,
    KINDS,
    QUOTED,
    SEVERITIES,
    SPEAKERS,
    STRICTNESS,
    WRONG_ANSWERS,
    spell,
)

Plain = dict[str, Any]
Spell = Callable[[Pattern], str]


def as_typed(pattern: Pattern) -> str:
    """The line as its author typed it."""
    return pattern.source


def plain(book: Phrasebook, line: Spell = as_typed) -> Plain:
    """The whole pack as `yaml.dump` or `json.dumps` takes it; `line` spells a pattern."""
    conditions = {name: one.source for name, one in book.conditions.items()}
    moods = _moods(book.moods)
    return {
        "pack": _without_empty(
            {
                "name": book.name,
                "version": book.version.partition("+")[0],
                "default_script": book.default_script,
                "hotwords": book.hotwords,
            }
        ),
        # Left out where there are none, so that packs without keep their version.
        **({"conditions": conditions} if conditions else {}),
        "lists": {name: list(map(line, values)) for name, values in book.lists.items()},
        "entries": [plain_entry(entry, line) for entry in book.entries],
        "steps": [plain_step(step, line) for step in book.steps],
        # Left out where there are none, too.
        **({"asks": [plain_ask(ask) for ask in book.asks]} if book.asks else {}),
        "scripts": [
            _without_empty(
                {
                    "id": script.id,
                    "title": script.title,
                    "steps": list(script.steps),
                    "if": script.condition.source if script.condition else "",
                }
            )
            for script in book.scripts
        ],
        "conduct": _limits(book.conduct, CONDUCT_KEYS),
        "judgeable": _limits(book.judgeable, JUDGEABLE_KEYS),
        "anatomy": _names(book.anatomy),
        **({"moods": moods} if moods else {}),
        "scorecard": plain_scorecard(book.scorecard),
    }


def _names(anatomy: AnatomyNames) -> Plain:
    named = {key: getattr(anatomy, key) for key in ANATOMY_KEYS}
    return {key: name for key, name in named.items() if name}


def _moods(rules: MoodRules) -> Plain:
    named = {key: ", ".join(getattr(rules, key)) for key in MOOD_KEYS}
    return {key: names for key, names in named.items() if names}


def plain_scorecard(scorecard: Scorecard) -> Plain:
    items = [
        _without_empty(
            {
                "id": item.id,
                "title": item.title,
                "group": item.group,
                "points": item.points,
                "feeds": list(item.feeds),
                "charge": _unless_default(CHARGES, item.charge, Charge.EACH),
                "bonus": item.bonus,
                "by": "人工" if item.is_manual else "",
                "fatal": item.fatal,
            }
        )
        for item in scorecard.items
    ]
    caps = ", ".join(f"{group} = {points:g}" for group, points in scorecard.caps.items())
    # A pack may have none, but an empty list is a mistake of whoever typed it.
    return {
        "total": scorecard.total,
        "pass": scorecard.pass_score,
        **({"caps": caps} if caps else {}),
        **({"items": items} if items else {}),
    }


def plain_entry(entry: Entry, line: Spell = as_typed) -> Plain:
    return _without_empty(
        {
            "id": entry.id,
            "title": entry.title,
            "source": entry.source,
            "say": list(map(line, entry.say)),
            "maybe": list(map(line, entry.maybe)),
            "who": spell(SPEAKERS, entry.who),
            "kind": _unless_default(KINDS, entry.kind, Kind.FORBIDDEN),
            "when": write_when(entry.when) if entry.when else "",
            "unless": [
                *_exceptions(entry.unless, line),
                *_excusing("before", entry.before, line),
                *_excusing("after", entry.after, line),
            ],
            "before": [_relation(r, line) for r in entry.before if not r.excuses],
            "after": [_relation(r, line) for r in entry.after if not r.excuses],
            "quoted": _unless_default(QUOTED, entry.skip_quoted, True),
            "frames": _frames(entry.frames),
            "strict": _unless_default(STRICTNESS, entry.strict, Strictness.NORMAL),
            "severity": _unless_default(SEVERITIES, entry.severity, Severity.MEDIUM),
            "audience": _unless_default(AUDIENCES, entry.audience, Audience.AGENT),
            "suggest": list(entry.suggest),
            "coach": entry.coach,
            "points": entry.points,
            "fatal": entry.fatal,
            "voids_steps": entry.voids_steps,
            "if": entry.condition.source if entry.condition else "",
            "times": write_times(entry.times) if entry.times else "",
            "limit": write_limit(entry.limit) if entry.limit else "",
            "record": write_spoken_record(entry.record) if entry.record else "",
            "tests": _tests(entry.tests),
        }
    )


def plain_step(step: Step, line: Spell = as_typed) -> Plain:
    kind = step.anchor.kind
    within = "" if step.within_ms is None else write_duration(step.within_ms)
    if step.within_turns is not None:
        within = f"{step.within_turns}句"
    return _without_empty(
        {
            "id": step.id,
            "title": step.title,
            "source": step.source,
            "say": list(map(line, step.say)),
            "who": spell(SPEAKERS, step.who),
            "anchor": ":".join(filter(None, (str(kind), ",".join(step.anchor.refs)))),
            "from": write_duration(step.from_ms) if step.from_ms else "",
            "within": within,
            "after": list(step.after),
            "unless": _exceptions(step.unless, line),
            "required": "" if step.required else "否",
            "prompt": step.prompt,
            "coach": step.coach,
            "strict": _unless_default(STRICTNESS, step.strict, Strictness.LOOSE),
            "severity": _unless_default(SEVERITIES, step.severity, Severity.MEDIUM),
            "points": step.points,
            "fatal": step.fatal,
            "if": step.condition.source if step.condition else "",
            "record": write_spoken_record(step.record) if step.record else "",
            "tests": _tests(step.tests),
        }
    )


def plain_ask(ask: Ask) -> Plain:
    return _without_empty(
        {
            "id": ask.id,
            "title": ask.title,
            "source": ask.source,
            "ask": ask.question,
            "who": spell(SPEAKERS, ask.who),
            "if": ask.condition.source if ask.condition else "",
            "yes": ask.yes,
            "no": ask.no,
            "na": ask.na,
            "wrong": _unless_default(WRONG_ANSWERS, (ask.wrong,), (Answer.NO,)),
            "examples": _without_empty(
                {key: list(getattr(ask.examples, key)) for key in ("yes", "no", "na")}
            ),
            "suggest": list(ask.suggest),
            "coach": ask.coach,
            "severity": _unless_default(SEVERITIES, ask.severity, Severity.MEDIUM),
            "audience": _unless_default(AUDIENCES, ask.audience, Audience.REVIEW),
            "points": ask.points,
            "fatal": ask.fatal,
        }
    )


def _limits(limits: ConductLimits | JudgeableLimits, keys: Mapping[str, str]) -> Plain:
    return {
        key: write_duration(getattr(limits, name))
        if name.endswith("_ms")
        else getattr(limits, name)
        for key, name in keys.items()
    }


def _exceptions(unless: Iterable[Exception_], line: Spell) -> list[Any]:
    return [
        line(one.pattern)
        if one.near_chars is None
        else {"near": [line(one.pattern)], "within": one.near_chars}
        for one in unless
    ]


def _excusing(key: str, relations: Iterable[Relation], line: Spell) -> list[Plain]:
    return [{key: _relation(relation, line)} for relation in relations if relation.excuses]


def _relation(relation: Relation, line: Spell) -> Plain:
    return {
        "who": spell(SPEAKERS, relation.who),
        "say": list(map(line, relation.say)),
        "within": write_duration(relation.within_ms)
        if relation.within_turns is None
        else f"{relation.within_turns}句",
    }


def _frames(frames: frozenset[Frame]) -> list[str]:
    if frames == ALL_FRAMES:
        return []
    return [spell(FRAMES, frozenset({frame})) for frame in sorted(frames)] or ["无"]


def _tests(tests: Tests) -> Plain:
    return _without_empty({"hit": list(tests.hit), "miss": list(tests.miss)})


def _unless_default(words: Any, value: object, default: object) -> str:
    return "" if value == default else spell(words, value)


def _without_empty(fields: Plain) -> Plain:
    return {key: value for key, value in fields.items() if value}
