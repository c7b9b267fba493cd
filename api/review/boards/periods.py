"""日, 周, 月, 季 (service-standard S8.7): where each begins on the site's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from api import clock


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `begin` up to but not with `end`."""

    unit: Unit
    begin: datetime
    end: datetime

    @property
    def name(self) -> str:
        if self.unit is Unit.DAY:
            return self.begin.strftime("%Y-%m-%d")
        if self.unit is Unit.WEEK:
            year, week, _ = self.begin.isocalendar()
            return f"{year}-W{week:02}"
        if self.unit is Unit.MONTH:
            return self.begin.strftime("%Y-%m")
        return f"{self.begin.year}-Q{(self.begin.month + 2) // 3}"


def holding(unit: Unit, moment: datetime) -> Period:
    """The period a moment lies in."""
    day = clock.local(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit is Unit.DAY:
        begin = day
        end = day + timedelta(days=1)
    elif unit is Unit.WEEK:
        begin = day - timedelta(days=day.weekday())
        end = begin + timedelta(days=7)
    else:
        months = 1 if unit is Unit.MONTH else 3
        begin = day.replace(day=1, month=(day.month - 1) // months * months + 1)
        after = begin.month - 1 + months
        end = begin.replace(year=begin.year + after // 12, month=after % 12 + 1)
    return Period(unit=unit, begin=begin, end=end)


def before(period: Period, steps: int = 1) -> Period:
    """The period `steps` earlier."""
    for _ in range(steps):
        period = holding(period.unit, period.begin - timedelta(hours=12))
    return period


def after(period: Period) -> Period:
    return holding(period.unit, period.end + timedelta(hours=12))


def last(period: Period, count: int) -> list[Period]:
    """That many periods up to this one, the oldest first."""
    found = [period]
    while len(found) < count:
        found.insert(0, before(found[0]))
    return found
