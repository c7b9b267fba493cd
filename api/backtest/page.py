"""A backtest as one page: what changes, with the words that prove it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.backtest.diff import Backtest
from api.review.boards.wilson import Share


def render_backtest(result: Backtest) -> str:
    """Self-contained HTML; quotes are redacted as they are stored."""
    environment = Environment(
        loader=PackageLoader("api.backtest"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["share"] = share_text
    was, now = result.hits_a_day()
    return environment.get_template("backtest.html").render(result=result, was=was, now=now)


def to_json(result: Backtest) -> str:
    """The differences as indented JSON."""
    return json.dumps(as_plain(result), ensure_ascii=False, indent=2)


def as_plain(value: object) -> Any:
    """Mappings, lists and values, as JSON has them."""
    if isinstance(value, Share):
        return value.to_dict()
    if dataclasses.is_dataclass(value):
        return {f.name: as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    return value


def share_text(share: Share) -> str:
    """Such as 92 % (81-97, n=40); a dash where nothing was judged."""
    if share.value is None:
        return "—"
    return f"{share.value:.0%} ({100 * share.low:.0f}-{share.high:.0%}, n={share.whole})"
