"""What a call's points went to, and how it was spoken, line by line: score items and conduct."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.spreadsheet import Cell
from phrasebook.build_score import CONDUCT_CHECKS

__all__ = ["CONDUCT_HEADER", "ITEM_HEADER", "conduct_rows", "item_rows"]

ITEM_HEADER = ("通话", "坐席", "维度", "评分项", "满分", "得分", "扣分", "待复核扣分", "扣分原因")
CONDUCT_HEADER = ("通话", "坐席", "检查", "标准", "结果", "数值", "单位", "下限", "上限")

_STATES = {"ok": "正常", "breach": "超限", "not_applicable": "不适用"}
_UNITS = {"cpm": "字/分钟", "ms": "秒", "count": "次", "share": "%", "dbfs": "dBFS"}
_SCALES = {"ms": 0.001, "share": 100.0}


def item_rows(call_id: str, agent: str, report: Mapping[str, Any]) -> Iterator[Sequence[Cell]]:
    """Every line of the score sheet of a call that has a score."""
    for item in (report.get("score") or {}).get("items", ()):
        earned = item["earned"]
        lost = [one["title"] for one in item["deductions"]]
        waiting = sum(float(one["points"]) for one in item.get("waiting", ()))
        yield (
            call_id,
            agent,
            item["group"],
            item["title"],
            float(item["points"]),
            "不适用" if earned is None else float(earned),
            0.0 if earned is None else round(float(item["points"]) - float(earned), 2),
            round(waiting, 2),
            "；".join(dict.fromkeys(lost)),
        )


def conduct_rows(call_id: str, agent: str, report: Mapping[str, Any]) -> Iterator[Sequence[Cell]]:
    """Every conduct check, measured or not."""
    for check in (report.get("conduct") or {}).get("checks", ()):
        unit = check["unit"]
        scale = _SCALES.get(unit, 1.0)
        value, low, high = (_scaled(check.get(key), scale) for key in ("value", "low", "high"))
        title = CONDUCT_CHECKS.get(check["id"].removeprefix("conduct."), check["id"])
        state = _STATES.get(check["state"], check["state"])
        yield (
            call_id,
            agent,
            title,
            check["source"],
            state,
            value,
            _UNITS.get(unit, unit),
            low,
            high,
        )


def _scaled(value: float | None, scale: float) -> Cell:
    return "" if value is None else round(float(value) * scale, 1)
