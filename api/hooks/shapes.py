"""One item of news as it goes over the wire: ours, signed; or a line of text for a chat's robot."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from api.hooks.hook import Hook, NewsKind, Speaks

TIMESTAMP, SIGNATURE, DELIVERY = "X-QA-Timestamp", "X-QA-Signature", "X-QA-Delivery"
_CONCLUSIONS = {
    "passed": "合格",
    "failed": "不合格",
    "to_review": "待复核",
    "not_judgeable": "不可评",
}
_REVIEWS = {"submitted": "提交了复核", "withdrawn": "撤回了复核"}
_APPEALS = {"made": "提出申诉", "accepted": "申诉成立", "dismissed": "申诉不成立"}


def request(
    hook: Hook, told: Mapping[str, Any], *, secret: bytes, desk: str, now_s: float | None = None
) -> tuple[bytes, dict[str, str]]:
    """Body and headers. `desk`: where people see it, empty where nobody knows."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if hook.speaks is not Speaks.OURS:
        return _json(_robot(hook.speaks, _line(told, desk))), headers
    body = _json(told)
    stamp = str(int(time.time() if now_s is None else now_s))
    headers |= {
        DELIVERY: str(told["id"]),
        TIMESTAMP: stamp,
        SIGNATURE: f"sha256={signature(secret, stamp, body)}",
    }
    return body, headers


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the time stamp, a dot and the body, in hexadecimal digits."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _robot(speaks: Speaks, line: str) -> dict[str, Any]:
    if speaks is Speaks.FEISHU:
        return {"msg_type": "text", "content": {"text": line}}
    return {"msgtype": "text", "text": {"content": line}}


def _line(told: Mapping[str, Any], desk: str) -> str:
    """In the product's own language; robots of groups want a sentence, not an object."""
    agent = f"坐席 {told['agent']}" if told.get("agent") else "坐席未知"
    call_id = told.get("call_id", "")
    where = f" {desk}/desk/calls/{call_id}" if desk and call_id else ""
    match told["type"]:
        case NewsKind.CALL:
            score = "" if told["score"] is None else f"，{told['score']:g} 分"
            if told.get("to_give"):
                score += f"（另有 {told['to_give']:g} 分待人工打）"
            conclusion = _CONCLUSIONS.get(str(told["conclusion"]), str(told["conclusion"]))
            what = f"通话结束：{agent}{score}，{conclusion}，违规 {told['hits']} 处"
        case NewsKind.HIT:
            waits = "（待复核）" if told["effect"] == "waiting" else ""
            what = f"命中：{agent}，{told['title']}{waits}：“{told['quote']}”"
        case NewsKind.ALERT:
            what = f"实时告警：{agent}，{told['title']}"
        case NewsKind.APPEAL:
            what = f"申诉：{agent}，{_APPEALS[str(told['state'])]}"
        case NewsKind.REVIEW:
            score = "" if told["score"] is None else f"，{told['score']:g} 分"
            what = f"复核：{agent}，质检员{_REVIEWS[str(told['state'])]}{score}"
        case NewsKind.PURGED:
            what, where = "清除：一通通话已从质检系统清除", ""
        case _:
            what = f"辅导：{agent} 收到一条辅导记录"
    return f"【质检】{what}{where}"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
