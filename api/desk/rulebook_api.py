"""`/desk/api/rules/…`: pieces checked as they are typed, kept as drafts, tried on past calls."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

import phrasebook
from api.desk.access import LEADS, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.pages import catalogue, language_of
from api.desk.review_http import Body, PathNumber
from api.desk.scorecards_http import KEEPERS
from api.meaning.trying import asked_of_calls
from api.review.errors import ReviewError
from api.rulebook import drafts, trials
from api.rulebook.evidence import places
from api.rulebook.forms import fields_of, with_fields
from api.rulebook.in_force import InForce, in_force
from api.rulebook.trying import CheckedPiece, check, recall, try_lines
from phrasebook import PhrasebookErrors
from phrasebook.messages import speaking
from phrasebook.model import Entry
from phrasebook.pieces import pieces_of, section_of

Key = Annotated[str, Field(min_length=1, max_length=100)]
PieceText = Annotated[str, Field(max_length=drafts.MOST_CHARS)]
MOST_FILE = 4 * 1_024 * 1_024
SUFFIXES = (".yaml", ".yml", ".xlsx")


class TypedPiece(Body):
    """`fields`: of the form, where that was typed in; they go into the text."""

    key: Key
    text: PieceText
    fields: dict[Annotated[str, Field(max_length=20)], PieceText] | None = None

    @property
    def whole_text(self) -> str:
        return with_fields(self.key, self.text, self.fields) if self.fields else self.text


class TriedPiece(TypedPiece):
    """`sentences`: one a line, to see what the piece makes of them."""

    sentences: Annotated[str, Field(max_length=8_000)] = ""


class Kept(Body):
    key: Key
    text: PieceText
    revision: Annotated[int, Field(ge=0, lt=2**31)]


class TrialSize(Body):
    said: Annotated[int, Field(ge=1, le=trials.MOST_SAID)]


def rulebook_api(desk: Desk) -> APIRouter:
    router = APIRouter(route_class=ruled(desk))

    @router.post("/desk/api/rules/check")
    @rule(KEEPERS)
    def typed(request: Request, said: TriedPiece) -> dict[str, Any]:
        """Mistakes and remarks of one piece, and what it makes of some sentences."""
        return _checked(desk, request, said)

    @router.post("/desk/api/rules/asked")
    @rule(LEADS)
    def asked(request: Request, said: TypedPiece) -> dict[str, Any]:
        """A question as it is typed, put to the site's language model on the newest calls."""
        return _asked(desk, request, said)

    @router.put("/desk/api/rules/draft")
    @rule(KEEPERS)
    def keep(request: Request, said: Kept) -> dict[str, Any]:
        """Keep what was typed; 409 with what is kept when it was changed in another window."""
        return _kept(desk, request, said)

    @router.post("/desk/api/rules/import")
    @rule(KEEPERS)
    async def take_in(
        request: Request, name: Annotated[str, Query(max_length=120)] = ""
    ) -> dict[str, Any]:
        """A pack as one YAML file or a workbook becomes this person's draft."""
        changeable(desk)
        return _taken_in(desk, request, await request.body(), Path(name).suffix.lower())

    @router.post("/desk/api/rules/trials")
    @rule(LEADS)
    def begin(request: Request, wanted: TrialSize) -> dict[str, Any]:
        """Try the draft on the newest utterances; told by the next route."""
        return {"trial": _begun(desk, request, wanted)}

    @router.get("/desk/api/rules/trials/{number}")
    @rule(LEADS)
    def progress(request: Request, number: PathNumber) -> dict[str, Any]:
        with desk.store.reading() as connection:
            one = trials.trial(connection, person_of(request).login, number)
        return {"state": one.state.value, "done": one.done, "whole": one.whole}

    @router.post("/desk/api/rules/trials/{number}/stop")
    @rule(LEADS)
    def stop(request: Request, number: PathNumber) -> dict[str, Any]:
        trials.stop_trial(desk.store, person_of(request).login, number)
        return {"state": "stopped"}

    return router


def merged_draft(desk: Desk, request: Request, rules: InForce) -> dict[str, str]:
    """The pieces in force with this person's draft over them."""
    with desk.store.reading() as connection:
        own = drafts.drafts_of(connection, person_of(request).login)
    return dict(drafts.merged(rules.book, own).pieces)


def changeable(desk: Desk) -> None:
    """Raises ReviewError where a directory of the site's own rules."""
    if desk.settings.phrasebook is not None:
        raise ReviewError("the rules are those of a directory", key="rules_of_directory")


def _checked(desk: Desk, request: Request, said: TriedPiece) -> dict[str, Any]:
    rules = in_force(desk.store, desk.settings.phrasebook)
    text = said.whole_text
    pieces = merged_draft(desk, request, rules)
    if text.strip():
        pieces[said.key] = text
    else:
        pieces.pop(said.key, None)
    with speaking(language_of(request)):
        found = check(pieces, said.key, name=rules.book.name)
    return {
        "text": text,
        "fields": fields_of(said.key, text),
        "problems": [asdict(one) for one in found.problems],
        "good": found.is_good,
        "tried": _tried(found, said.sentences, catalogue("rule", language_of(request))),
        "recalled": _recalled(desk, found),
    }


def _asked(desk: Desk, request: Request, said: TypedPiece) -> dict[str, Any]:
    section, name = section_of(said.key)
    if section != "asks":
        raise ReviewError("that is no question", key="not_there")
    rules = in_force(desk.store, desk.settings.phrasebook)
    pieces = {**merged_draft(desk, request, rules), said.key: said.whole_text}
    found = check(pieces, said.key, name=rules.book.name, lint=False)
    if found.book is None:
        raise ReviewError("the draft has mistakes", key="draft_wrong")
    return {"rows": asked_of_calls(desk.store, desk.settings, found.book, name)}


def _kept(desk: Desk, request: Request, said: Kept) -> dict[str, Any]:
    changeable(desk)
    rules = in_force(desk.store, desk.settings.phrasebook)
    base = pieces_of(rules.book).get(said.key, "")
    login = person_of(request).login
    revision = drafts.save(
        desk.store, login, said.key, base=base, text=said.text, revision=said.revision
    )
    return {"revision": revision, "changed": bool(revision)}


def _begun(desk: Desk, request: Request, wanted: TrialSize) -> int:
    """The number of the trial that was begun."""
    rules = in_force(desk.store, desk.settings.phrasebook)
    login = person_of(request).login
    with desk.store.reading() as connection:
        merged = drafts.merged(rules.book, drafts.drafts_of(connection, login))
    if not merged.changed:
        raise ReviewError("nothing is changed", key="nothing_changed")
    try:
        after = merged.book(rules.book.name)
    except PhrasebookErrors:
        raise ReviewError("the draft has mistakes", key="draft_wrong") from None
    return trials.begin_trial(
        desk.store, login, rules.book, after, number=rules.number, said=wanted.said
    )


def _tried(found: CheckedPiece, sentences: str, words: dict[str, str]) -> list[dict[str, Any]]:
    if found.book is None or found.rule is None or not sentences.strip():
        return []
    told = [asdict(one) for one in try_lines(found.book, found.rule, sentences)]
    for hit in (hit for line in told for hit in line["hits"]):
        hit["told"] = words[f"effect_{hit['reason']}"] if hit["reason"] else ""
    return told


def _recalled(desk: Desk, found: CheckedPiece) -> list[dict[str, Any]]:
    """Counts only, so that roles that may not hear calls may see them."""
    if found.book is None or not isinstance(found.rule, Entry):
        return []
    with desk.store.reading() as connection:
        judged = places(connection, found.rule.id)
    return [asdict(one) for one in recall(found.book, found.rule, judged)]


def _taken_in(desk: Desk, request: Request, body: bytes, suffix: str) -> dict[str, Any]:
    if suffix not in SUFFIXES:
        raise ReviewError(f"expected one of {', '.join(SUFFIXES)}", key="import_kind")
    with tempfile.TemporaryDirectory() as folder, speaking(language_of(request)):
        path = Path(folder) / f"import{suffix}"
        path.write_bytes(body)
        try:
            book = phrasebook.load(path)
        except PhrasebookErrors as errors:
            wrong = [
                f"{one.cell or one.line or ''} [{one.code.value}] {one.sentence()}".strip()
                for one in errors.errors
            ]
            return {"wrong": wrong, "changed": 0}
    rules = in_force(desk.store, desk.settings.phrasebook)
    changed = drafts.take_in(desk.store, person_of(request).login, rules.book, book)
    return {"wrong": [], "changed": changed}
