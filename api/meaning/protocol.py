"""The part of the chat-completions protocol that is used, as pydantic reads it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Completion", "Reply"]


class _Loose(BaseModel):
    """Servers add fields of their own."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class ReplyMessage(_Loose):
    content: str | None = None
    refusal: str | None = None


class ModelChoice(_Loose):
    message: ReplyMessage
    finish_reason: str | None = None


class Usage(_Loose):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Reply(_Loose):
    choices: list[ModelChoice]
    usage: Usage | None = None
    system_fingerprint: str | None = None


class Completion(_Loose):
    """What one request came to; `sent`: sha256 of its very bytes. Tokens None: not told."""

    content: str
    refused: bool
    cut: bool
    fingerprint: str
    tokens_in: int | None
    tokens_out: int | None
    sent: str
    ms: int
