"""A server of the real protocol on loopback that answers by rote, and has every fault on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = Callable[[int], str]
"""The number of a request (from 0) → what goes wrong with it; empty: nothing."""

KEYWORDS = {"讲清犹豫期": "十五天", "问过需求": "您想", "催促": "赶紧", "安抚": "理解"}
"""Item → what an agent says where the honest answer is yes."""


class Server:
    """What it was sent is in `received`, byte for byte."""

    def __init__(self, fault: Fault, keywords: dict[str, str], slow_s: float) -> None:
        self.received: list[bytes] = []
        self.heads: list[str] = []
        """Request lines and headers."""
        self.fault = fault
        self.keywords = keywords
        self.slow_s = slow_s
        self.at_once = self.most_at_once = 0
        self.forms: tuple[str, ...] = ("json_schema", "json_object", "")
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.url = ""

    @contextmanager
    def busy(self) -> Iterator[None]:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield
        finally:
            with self.lock:
                self.at_once -= 1

    def count(self, body: bytes, head: str) -> int:
        with self.lock:
            self.received.append(body)
            self.heads.append(head)
            return len(self.received) - 1


def answers(server: Server, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The honest ones: yes where the keyword was said, no (quoting the agent's first line) else."""
    system, user = (message["content"] for message in asked["messages"][:2])
    items = [json.loads(line)["item"] for line in system.splitlines() if line.startswith('{"item"')]
    lines = [line for line in json.loads(user)["transcript"] if "text" in line]
    agent = [line for line in lines if line["who"] == "agent"]
    found = []
    for item in items:
        word = server.keywords.get(item, "无此话")
        said = next((line for line in agent if word in line["text"]), None)
        quoted = {"id": said["id"], "text": word} if said else agent[0] if agent else None
        quotes = [{"id": quoted["id"], "text": quoted["text"]}] if quoted else []
        answer = "yes" if said else "no" if quotes else "not_applicable"
        reason = f"坐席{'说到了' if said else '没有说到'}。"
        found.append(
            {
                "item": item,
                "answer": answer,
                "quotes": quotes,
                "reason": reason,
                "confidence": 0.9,
            }
        )
    return found


NOTES = {
    "summary": [
        "客户信息：张先生",
        "问题类型：咨询 优先级：中",
        "问题描述：客户询问犹豫期",
        "已采取措施：已为客户说明犹豫期",
        "下一步：客户考虑后再联系，跟进时间：2026-11-22 15:00",
    ],
    "reason": "询问犹豫期",
    "solved": "yes",
    "coaching": [
        {"advice": "不要催促", "quotes": [{"id": 4, "text": "赶紧定吧"}]},
        {"advice": "语气可以更温和", "quotes": [{"id": 3, "text": "从来没人说过"}]},
    ],
}
"""What is written of any call."""


def _content(server: Server, asked: dict[str, Any], fault: str) -> str:
    if "summary" in asked["messages"][0]["content"]:
        return "好的。" if fault == "invalid" else json.dumps(NOTES, ensure_ascii=False)
    found = answers(server, asked)
    match fault:
        case "invalid":
            return "好的，我的回答是：是。"
        case "fenced":
            return f"```json\n{json.dumps({'answers': found})}\n```"
        case "wrong quote":
            for one in found:
                one["quotes"] = [{"id": q["id"], "text": "从来没人说过的话"} for q in one["quotes"]]
        case "unknown id":
            for one in found:
                one["quotes"] = [{**q, "id": 9_999} for q in one["quotes"]]
        case "no quote":
            for one in found:
                one["quotes"] = []
        case "talked round":
            last = json.loads(asked["messages"][1]["content"])["transcript"][-1]
            for one in found:
                quotes = [{"id": last["id"], "text": last["text"]}]
                one |= {"answer": "yes", "confidence": 1, "quotes": quotes}
        case "left out":
            found = found[:1]
        case "odd":
            found[0]["answer"] = ["yes"]
    return json.dumps({"answers": found}, ensure_ascii=False)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: Server

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""

    def do_POST(self) -> None:
        server = self.scripted
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number = server.count(body, f"{self.requestline}\n{self.headers}")
        asked = json.loads(body)
        fault = server.fault(number)
        with server.busy():
            time.sleep(server.slow_s)
        form = asked.get("response_format", {}).get("type", "")
        if self.path != "/v1/chat/completions":
            return self._send(404, {"error": "no such path"})
        if form not in server.forms:
            return self._send(400, {"error": "response_format is not supported"})
        status, _, after = fault.partition(" after ")
        if status.isdigit():
            headers = {"Retry-After": after or "0"} if status == "429" else {}
            return self._send(int(status), {"error": "as told"}, headers)
        if fault == "slow":
            server.stopping.wait(5)
        if fault in ("cut off", "endless", "drip"):
            return self._break(fault)
        if fault == "no completion":
            return self._send(200, {"hello": "world"})
        if fault == "redirect":
            return self._send(302, {}, {"Location": "http://127.0.0.2:1/v1/chat/completions"})
        message: dict[str, Any] = {"role": "assistant", "content": _content(server, asked, fault)}
        if fault == "refusal":
            message = {"role": "assistant", "content": None, "refusal": "我不能回答"}
        reply = {
            "id": "c-1",
            "object": "chat.completion",
            "model": asked["model"],
            "system_fingerprint": "fp-1",
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "finish_reason": "length" if fault == "length" else "stop",
                }
            ],
            "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100},
        }
        return self._send(200, reply)

    def _send(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _break(self, fault: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5000000")
        self.end_headers()
        self.close_connection = True
        piece = (
            b'{"choices": [' if fault == "cut off" else b" " * (60_000 if fault == "endless" else 1)
        )
        try:
            while not self.scripted.stopping.is_set():
                self.wfile.write(piece)
                if fault == "cut off":
                    return
                if fault == "drip":
                    time.sleep(0.05)
        except OSError:
            return


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error of ours."""


@contextmanager
def serving(
    fault: Fault = lambda number: "", *, keywords: dict[str, str] = KEYWORDS, slow_s: float = 0.0
) -> Iterator[Server]:
    server = Server(fault, keywords, slow_s)
    handler = type("Handler", (_Handler,), {"scripted": server})
    listener = _Listener(("127.0.0.1", 0), handler)
    server.url = f"http://127.0.0.1:{listener.server_address[1]}/v1"
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
