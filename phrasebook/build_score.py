"""Limits, names and the scorecard as typed → `ConductLimits`, `AnatomyNames`, `Scorecard` …"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any

from phrasebook.context import Context, Reference
from phrasebook.errors import Code
from phrasebook.model import AnatomyNames, ConductLimits, JudgeableLimits, MoodRules
from phrasebook.nodes import Fields, Scalar
from phrasebook.reader import FieldReader
from phrasebook.scorecard import Charge, Scorecard, ScoreItem
from phrasebook.words import CHARGES, SCORERS, nearest

CONDUCT_CHECKS: Mapping[str, str] = {
    "rate": "坐席平均语速",
    "silence": "最长静默",
    "interruption": "打断客户",
    "talk_share": "坐席说话占比",
    "volume": "坐席音量",
    "turn": "最长一次发言",
    "overload": "一次说的要点",
    "repeat": "同一句话重复",
    "handle_time": "通话时长",
    "hold": "等待时长",
    "response": "在线响应时长",
}
"""What a score item may name after `conduct.`."""

_ALSO_CALLED: Mapping[str, str] = {
    "conduct.speech_rate": "conduct.rate",
    "conduct.interruptions": "conduct.interruption",
    "conduct.repetition": "conduct.repeat",
}

CONDUCT_KEYS: Mapping[str, str] = {
    field.name.removesuffix("_ms"): field.name for field in dataclass_fields(ConductLimits)
}
"""Keys as typed (`silence: 15s`) to the fields they fill (`silence_ms`)."""

JUDGEABLE_KEYS: Mapping[str, str] = {
    field.name.removesuffix("_ms"): field.name for field in dataclass_fields(JudgeableLimits)
}

ANATOMY_KEYS = tuple(field.name for field in dataclass_fields(AnatomyNames))
MOOD_KEYS = tuple(field.name for field in dataclass_fields(MoodRules))
_NAMES = re.compile(r"[^\s,，、;；]+")
SCORECARD_KEYS = ("total", "pass", "caps", "items")
ITEM_KEYS = ("id", "title", "group", "points", "feeds", "charge", "bonus", "by", "fatal")


def build_conduct(fields: Fields, context: Context) -> ConductLimits:
    """`conduct:` of a pack. Mistakes are told to the reader, none raises."""
    reader = FieldReader(fields, "conduct", CONDUCT_KEYS, context)
    defaults = ConductLimits()
    found: dict[str, Any] = {}
    for key, name in CONDUCT_KEYS.items():
        default = getattr(defaults, name)
        if name.endswith("_ms"):
            found[name] = reader.duration(key, default)
        elif name.endswith("_dbfs"):
            found[name] = reader.number(key, default, -120.0, 0.0)
        elif isinstance(default, float):
            found[name] = reader.number(key, default, 0.0, 1.0)
        else:
            found[name] = reader.integer(key, default, 1)
        if name.endswith("_ms") and found[name] <= 0:
            reader.tell(reader.place(key), Code.BAD_WINDOW, f"'{key}' is not positive")
    limits = ConductLimits(**found)
    for low, high in (("rate_low_cpm", "rate_high_cpm"), ("volume_low_dbfs", "volume_high_dbfs")):
        if getattr(limits, low) >= getattr(limits, high):
            message = f"'{low}' is not below '{high}'; expected the low limit below the high one"
            reader.tell(reader.place(high), Code.BAD_WINDOW, message)
    return limits


def build_judgeable(fields: Fields, context: Context) -> JudgeableLimits:
    """`judgeable:` of a pack. Mistakes are told to the reader, none raises."""
    reader = FieldReader(fields, "judgeable", JUDGEABLE_KEYS, context)
    defaults = JudgeableLimits()
    found: dict[str, Any] = {}
    for key, name in JUDGEABLE_KEYS.items():
        default = getattr(defaults, name)
        if name.endswith("_ms"):
            found[name] = reader.duration(key, default)
            if found[name] < 0:
                reader.tell(reader.place(key), Code.BAD_WINDOW, f"'{key}' is negative")
        else:
            found[name] = reader.number(key, default, 0.0, 1.0)
    return JudgeableLimits(**found)


def build_anatomy(fields: Fields, context: Context) -> AnatomyNames:
    """`anatomy:` of a pack. Mistakes are told to the reader, none raises."""
    reader = FieldReader(fields, "anatomy", ANATOMY_KEYS, context)
    found = AnatomyNames(**{key: reader.text(key, "") for key in ANATOMY_KEYS})
    for key in ANATOMY_KEYS:
        name = getattr(found, key)
        if name and key == "hold":
            context.uses_of_steps.append(Reference(name, reader.place(key), "'anatomy'"))
        elif name:
            context.knows_list(name, reader.place(key), "'anatomy'")
    return found


def build_moods(fields: Fields, context: Context) -> MoodRules:
    """`angry: anger, complaint`: ids separated by commas, so that a cell can hold them too."""
    reader = FieldReader(fields, "moods", MOOD_KEYS, context)
    found = {key: tuple(_NAMES.findall(reader.text(key, ""))) for key in MOOD_KEYS}
    for key, names in found.items():
        context.feeds += [Reference(name, reader.place(key), "'moods'") for name in names]
    return MoodRules(**found)


def build_scorecard(fields: Fields, context: Context) -> Scorecard:
    """`scorecard:` of a pack. Mistakes are told to the reader, none raises."""
    reader = FieldReader(fields, "scorecard", SCORECARD_KEYS, context)
    total = reader.number("total", 100.0, 1.0)
    items = []
    for value in reader.items("items"):
        if isinstance(value, Fields):
            items.append(_build_item(value, context))
        else:
            message = "an item is no mapping; expected keys such as title:"
            reader.tell(value.where, Code.WRONG_TYPE, message)
    points = sum(item.points for item in items)
    if items and abs(points - total) > 1e-6:
        place = reader.place("total" if reader.get("total") else "items")
        message = f"the items' points add up to {points:g}; expected the total, {total:g}"
        reader.tell(place, Code.SCORE_SUM, message)
    return Scorecard(
        total=total,
        pass_score=reader.number("pass", 0.85 * total, 0.0, total),
        items=tuple(items),
        caps=_read_caps(reader, {item.group for item in items if item.group}),
    )


def _read_caps(reader: FieldReader, groups: set[str]) -> dict[str, float]:
    """`caps: 情绪管理 = 10, 流程掌握 = 20`."""
    scalar = reader.scalar("caps")
    found: dict[str, float] = {}
    for part in re.split(r"[,，、;；\n]", scalar.text if scalar else ""):
        group, _, points = part.replace("＝", "=").partition("=")
        name, cap = group.strip(), points.strip()
        if not part.strip() or scalar is None:
            continue
        if name not in groups or not re.fullmatch(r"\d+(\.\d+)?", cap):
            message = f"'caps' holds '{part.strip()[:40]}'; expected such as 情绪管理 = 10"
            reader.tell(scalar.where, Code.BAD_CAPS, message + nearest(name, groups))
        else:
            found[name] = float(cap)
    return found


def _build_item(fields: Fields, context: Context) -> ScoreItem:
    typed = fields.values.get("id")
    id_ = typed.text.strip() if isinstance(typed, Scalar) else ""
    reader = FieldReader(fields, f"score item '{id_}'", ITEM_KEYS, context)
    if id_:
        context.declare(context.score_items, id_, reader.place("id"), reader.owner)
    else:
        reader.missing("id")
    manual = reader.choice("by", SCORERS, False)
    fatal = reader.flag("fatal", False)
    is_bonus = reader.get("bonus") is not None
    for key, other in (("points", is_bonus or (manual and fatal)), ("feeds", manual)):
        if other and reader.get(key) is not None:
            message = f"'{key}' stands beside 'bonus' or 'by: 人工'; expected one of them"
            reader.tell(reader.place(key), Code.BAD_ITEM, message)
        elif not other and reader.get(key) is None:
            reader.missing(key)
    if (manual and is_bonus) or (fatal and not manual):
        message = "a bonus has feeds, and 'fatal' is for items that a person scores"
        reader.tell(reader.place("fatal" if fatal else "bonus"), Code.BAD_ITEM, message)
    feeds = tuple(_ALSO_CALLED.get(feed, feed) for feed in reader.texts("feeds"))
    places = (value.where for value in reader.items("feeds"))
    context.feeds += [Reference(f, w, reader.owner) for f, w in zip(feeds, places, strict=False)]
    return ScoreItem(
        id=id_,
        title=reader.text("title", id_),
        group=reader.text("group"),
        points=0.0 if is_bonus else reader.number("points", 0.0),
        feeds=feeds,
        charge=reader.choice("charge", CHARGES, Charge.EACH),
        bonus=reader.number("bonus", 0.0),
        fatal=fatal,
        where=fields.where,
    )
