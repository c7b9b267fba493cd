"""`qa-engine token`: a signed token for whoever feeds or watches calls."""

from __future__ import annotations

from typing import Annotated

import typer

from api.auth import ANY_CALL, MAX_LIFE_S, Right, Tokens, open_secret
from api.settings_load import load_settings
from qa_engine.errors import QAError


def token(
    call: Annotated[str, typer.Argument(help="the call's id, or * for any")],
    role: Annotated[Right, typer.Option(help="what it allows")] = Right.FEED,
    life: Annotated[int, typer.Option(help="seconds it lasts", min=1, max=MAX_LIFE_S)] = 3_600,
    ticket: Annotated[
        bool, typer.Option("--ticket", help="for an address: one connection within a minute")
    ] = False,
) -> None:
    """Print a token signed with this site's secret (QA_ENGINE_SECRET, or the server's own)."""
    if role is Right.WATCH and call == ANY_CALL:
        raise QAError("a watch token is for one call: expected its id, or --role supervise for all")
    if ticket and call == ANY_CALL:
        raise QAError("a ticket is for one call: expected its id")
    tokens = Tokens(open_secret(load_settings()))
    mint = tokens.ticket if ticket else tokens.mint
    typer.echo(mint(call, role, life_s=life))
