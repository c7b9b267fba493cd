"""`/desk/rules`: the rules in force and what is known of each; edited, published, undone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

import phrasebook
from api.desk.access import LISTENERS, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.learned_page import learned_page
from api.desk.pages import catalogue, language_of, page
from api.desk.rulebook_api import changeable
from api.desk.rulebook_rows import Shown, difference, rows_of
from api.desk.scorecards_http import KEEPERS
from api.desk.sheets import XLSX
from api.meaning.agreement import answered_so_far
from api.review.accounts import people
from api.review.boards.precision import PrecisionPolicy
from api.review.errors import NotThere, ReviewError
from api.review.scores import scorecards
from api.rulebook import drafts, trials, versions
from api.rulebook.evidence import DAYS, JudgedSide, evidence, places
from api.rulebook.forms import FIELDS, fields_of, new_text
from api.rulebook.in_force import in_force
from api.rulebook.versions import version_number
from phrasebook import Phrasebook, PhrasebookErrors
from phrasebook.messages import speaking
from phrasebook.model import Kind
from phrasebook.pieces import pieces_of, section_of
from phrasebook.sheets import export

Key = Annotated[str, Query(max_length=100)]
PARTS = ("entries", "steps", "asks", "lists", "conditions", "scripts", "other")
SAID = (10_000, 50_000, 100_000, 200_000)


def rulebook_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk/rules")
    @rule(KEEPERS)
    def listed(request: Request, part: Annotated[str, Query(max_length=20)] = "") -> Response:
        return _listed(desk, request, part if part in PARTS else PARTS[0])

    @router.get("/desk/rules/piece")
    @rule(KEEPERS)
    def one(request: Request, key: Key = "") -> Response:
        return _one(desk, request, key)

    @router.get("/desk/rules/draft")
    @rule(KEEPERS)
    def draft(request: Request) -> Response:
        return _draft(desk, request)

    @router.get("/desk/rules/history")
    @rule(KEEPERS)
    def history(request: Request) -> Response:
        return _history(desk, request)

    @router.get("/desk/rules/learned")
    @rule(KEEPERS)
    def learned(request: Request, on: Annotated[str, Query(max_length=20)] = "") -> Response:
        return learned_page(desk, request, on)

    @router.get("/desk/rules.{kind}")
    @rule(KEEPERS)
    def take_out(
        request: Request,
        kind: Literal["yaml", "xlsx"],
        number: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    ) -> Response:
        return _file(desk, request, kind, number)

    @router.post("/desk/rules/publish")
    @rule(KEEPERS)
    def publish(request: Request) -> Response:
        return _published(desk, request)

    @router.post("/desk/rules/rollback")
    @rule(KEEPERS)
    def roll_back(request: Request) -> Response:
        return _rolled_back(desk, request)

    @router.post("/desk/rules/settle")
    @rule(KEEPERS)
    def settle(request: Request) -> Response:
        """A piece that others changed too: `mine` or theirs. `additions`: nothing is deleted."""
        form, me = form_of(request), person_of(request).login
        key = form.get("key", "")
        now = pieces_of(in_force(desk.store, desk.settings.phrasebook).book).get(key, "")
        drafts.decide(desk.store, me, key, form.get("take", ""), now=now)
        return RedirectResponse("/desk/rules/draft", 303)

    return router


def _published(desk: Desk, request: Request) -> Response:
    changeable(desk)
    form = form_of(request)
    try:
        rules = in_force(desk.store)
        note, me = form.get("note", ""), person_of(request).login
        follows = version_number(form.get("follows", ""))
        drafts.publish_draft(desk.store, me, rules.book, note=note, follows=follows)
    except (ReviewError, PhrasebookErrors) as error:
        return _draft(desk, request, problem=error, note=form.get("note", ""))
    return RedirectResponse("/desk/rules/history", 303)


def _rolled_back(desk: Desk, request: Request) -> Response:
    changeable(desk)
    form = form_of(request)
    try:
        if not form.get("note", "").strip():
            raise ReviewError("a note says why", key="no_note")
        versions.roll_back(
            desk.store,
            version_number(form.get("number", "")),
            note=form.get("note", ""),
            by=person_of(request).login,
            follows=version_number(form.get("follows", "")),
        )
    except ReviewError as error:
        return _history(desk, request, problem=error)
    return RedirectResponse("/desk/rules/history", 303)


def _listed(desk: Desk, request: Request, part: str) -> Response:
    rules = in_force(desk.store, desk.settings.phrasebook)
    me = person_of(request)
    with desk.store.reading() as connection:
        known = evidence(connection, rules.book)
        mine_ = {one.piece for one in drafts.drafts_of(connection, me.login)}
        names = people.names(connection)
    return page(
        request,
        "rules",
        rules=rules,
        part=part,
        parts=PARTS,
        rows=rows_of(rules.book, part, known, mine_, catalogue("rules", language_of(request))),
        changed=len(mine_),
        days=DAYS,
        names=names,
    )


def _one(desk: Desk, request: Request, key: str) -> Response:
    section, name = section_of(key)
    if section not in drafts.SECTIONS or (section in FIELDS and not name):
        raise NotThere("no such piece of the rules", key="not_there")
    rules = in_force(desk.store, desk.settings.phrasebook)
    me = person_of(request)
    with desk.store.reading() as connection:
        own = {one.piece: one for one in drafts.drafts_of(connection, me.login)}
        is_rule = section in ("entries", "steps", "asks")
        found = places(connection, name) if is_rule and me.role in LISTENERS else {}
        known = evidence(connection, rules.book).get(name) if is_rule else None
        past = versions.of_piece(connection, key)
        names = people.names(connection)
        answered = answered_so_far(connection, name) if section == "asks" else {}
        unfed = scorecards.not_fed(connection, name) if _takes_points(rules.book, name) else 0
    now = pieces_of(rules.book).get(key, "")
    kept = own.get(key)
    text = (kept.text if kept else now) or ("" if kept else new_text(section, name))
    return page(
        request,
        "rule",
        rules=rules,
        key=key,
        section=section,
        own_name=name,
        title=Shown.title_of(rules.book, key),
        text=text,
        now=now,
        revision=kept.revision if kept else 0,
        form=FIELDS.get(section, ()),
        fields=fields_of(key, text) or {},
        known=known,
        places=found,
        sides=list(JudgedSide),
        past=[(one, difference(change.before, change.after)) for one, change in past],
        names=names,
        answered=answered,
        proof=PrecisionPolicy(),
        unfed=unfed,
    )


def _takes_points(book: Phrasebook, name: str) -> bool:
    """Of an entry or a question of the rules in force: whether a finding may cost points."""
    entries = any(one.id == name and one.kind is Kind.FORBIDDEN for one in book.entries)
    return entries or any(one.id == name and one.wrong is not None for one in book.asks)


def _draft(
    desk: Desk,
    request: Request,
    *,
    problem: ReviewError | PhrasebookErrors | None = None,
    note: str = "",
) -> Response:
    rules = in_force(desk.store, desk.settings.phrasebook)
    me = person_of(request)
    with desk.store.reading() as connection:
        own = drafts.drafts_of(connection, me.login)
        last = trials.last_trial(connection, me.login)
    merged = drafts.merged(rules.book, own)
    now = pieces_of(rules.book)
    wrong: list[tuple[str, str]] = []
    drafted = ""
    with speaking(language_of(request)):
        try:
            # What is in force was checked when it was published.
            if merged.changed:
                book = merged.book(rules.book.name)
                drafted = f"{book.name} {book.version}"
        except PhrasebookErrors as errors:
            wrong = [(one.path, f"[{one.code.value}] {one.sentence()}") for one in errors.errors]
    status = 200 if problem is None else getattr(problem, "status", 400)
    return page(
        request,
        "rules_draft",
        status=status,
        rules=rules,
        changes=[
            (
                one,
                Shown.title_of(rules.book, one.piece),
                difference(now.get(one.piece, ""), one.text),
            )
            for one in own
            if one.piece in merged.changed
        ],
        conflicts=[
            (one, difference(one.base, now.get(one.piece, "")), difference(one.base, one.text))
            for one in own
            if one.piece in merged.conflicts
        ],
        wrong=wrong,
        problem=problem if isinstance(problem, ReviewError) else None,
        note=note,
        trial=last,
        trial_is_of_this=last is not None and last.result.get("after") == drafted,
        said=SAID,
        hears=me.role in LISTENERS,
    )


def _history(desk: Desk, request: Request, *, problem: ReviewError | None = None) -> Response:
    rules = in_force(desk.store, desk.settings.phrasebook)
    with desk.store.reading() as connection:
        found: list[Any] = []
        for one in versions.history(connection):
            changes = versions.changes_of(connection, one.number)
            found.append((one, [(c.piece, difference(c.before, c.after)) for c in changes]))
        names = people.names(connection)
    return page(
        request,
        "rules_history",
        status=problem.status if problem else 200,
        rules=rules,
        versions=found,
        problem=problem,
        names=names,
    )


def _file(desk: Desk, request: Request, kind: str, number: int) -> Response:
    if number:
        with desk.store.reading() as connection:
            book = versions.book_of(connection, versions.version(connection, number))
    else:
        book = in_force(desk.store, desk.settings.phrasebook).book
    if kind == "yaml":
        body, media = phrasebook.to_yaml(book).encode(), "application/yaml"
    else:
        with tempfile.TemporaryDirectory() as folder, speaking(language_of(request)):
            path = Path(folder) / "rules.xlsx"
            export(book, path)
            body, media = path.read_bytes(), XLSX
    name = quote(f"{book.name}-{book.version}.{kind}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(body, media_type=media, headers=headers)
