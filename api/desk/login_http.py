"""`/desk`, `/desk/login`, `/desk/logout`, `/desk/password`, `/desk/second-step`, static files."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response
from markupsafe import Markup
from starlette.responses import RedirectResponse

from api.desk.access import EVERYBODY, PUBLIC, address_of, form_of, person_of, rule, ruled
from api.desk.desk import Desk
from api.desk.identity import COOKIE
from api.desk.pages import asset, page
from api.review.accounts import passwords, people, second_step, sessions
from api.review.accounts.people import AccountRole
from api.review.accounts.sessions import LoginSession, TooManyAttempts
from api.review.errors import NotAllowed, ReviewError
from api.review.tables import people as people_table

HOME = {
    AccountRole.AGENT: "/desk/my",
    AccountRole.INSPECTOR: "/desk/queue",
    AccountRole.LEAD: "/desk/boards",
    AccountRole.ADMIN: "/desk/people",
}
_INSIDE = re.compile(r"(/board|/desk(/[\w./%-]*)?)(\?[^\\\r\n]*)?")


def login_router(desk: Desk) -> APIRouter:
    router = APIRouter(include_in_schema=False, route_class=ruled(desk))

    @router.get("/desk")
    @rule(EVERYBODY)
    def home(request: Request) -> Response:
        return RedirectResponse(HOME[person_of(request).role], 303)

    @router.get("/desk/static/{name}")
    @rule(PUBLIC)
    def static(request: Request, name: str) -> Response:
        return asset(request, name)

    @router.get("/desk/login")
    @rule(PUBLIC)
    def login_page(request: Request, next: str = "") -> Response:
        if request.state.session is not None:
            return RedirectResponse(_inside(next), 303)
        return _login_page(desk, request, next=_inside(next))

    @router.post("/desk/login")
    @rule(PUBLIC)
    def login(request: Request) -> Response:
        return _logged_in(desk, request)

    @router.post("/desk/logout")
    @rule(EVERYBODY)
    def logout(request: Request) -> Response:
        sessions.end(desk.store, request.state.session.token)
        answer = RedirectResponse("/desk/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    @router.get("/desk/password")
    @rule(EVERYBODY)
    def password_page(request: Request) -> Response:
        return _password_page(desk, request)

    @router.post("/desk/password")
    @rule(EVERYBODY)
    def password(request: Request) -> Response:
        return _password_changed(desk, request)

    @router.post("/desk/second-step")
    @rule(EVERYBODY)
    def second(request: Request) -> Response:
        """Switch the second step on, once a code proves that the secret arrived, or off."""
        return _second_step_set(desk, request)

    return router


def _logged_in(desk: Desk, request: Request) -> Response:
    form = form_of(request)
    address = address_of(desk, request)
    target = _inside(form.get("next", ""))
    try:
        session = sessions.log_in(
            desk.store,
            form.get("login", ""),
            request.state.form.get("password", [""])[-1],
            address=address,
            code=form.get("code", ""),
        )
    except (NotAllowed, TooManyAttempts) as error:
        return _login_page(desk, request, next=target, error=error)
    if request.state.session is not None and request.state.session.token:
        sessions.end(desk.store, request.state.session.token)
    return enter(desk, session, target)


def _password_changed(desk: Desk, request: Request) -> Response:
    me = person_of(request)
    fields = request.state.form
    old, new, again = (fields.get(name, [""])[-1] for name in ("old", "new", "again"))
    try:
        if not passwords.fits(_kept(desk, me.login), old):
            raise ReviewError("the old password is wrong", key="wrong_old")
        if new != again:
            raise ReviewError("the two new passwords differ", key="differ")
        if new == old:
            raise ReviewError("the new password is the old one", key="password_same")
        people.set_password(desk.store, me.login, new, by=me.login)
    except ReviewError as error:
        return _password_page(desk, request, problem=error.key)
    return enter(desk, sessions.begin(desk.store, me.login, how="new password"), "/desk")


def _second_step_set(desk: Desk, request: Request) -> Response:
    me, form = person_of(request), form_of(request)
    secret, code = form.get("secret", ""), form.get("code", "")
    try:
        if form.get("do") == "begin":
            return _password_page(desk, request, secret=second_step.new_secret())
        if form.get("do") == "off":
            second_step.switch_off(desk.store, me.login, code)
        else:
            second_step.switch_on(desk.store, me.login, secret, code)
    except ReviewError as error:
        return _password_page(desk, request, problem=error.key, secret=secret)
    return RedirectResponse("/desk/password", 303)


def _login_page(
    desk: Desk, request: Request, *, next: str, error: ReviewError | None = None
) -> Response:
    with desk.store.reading() as connection:
        asks = second_step.is_used(connection)
    return page(
        request,
        "login",
        status=error.status if error else 200,
        next=next,
        problem=error.key if error else "",
        seconds=getattr(error, "seconds", 0),
        oidc=bool(desk.settings.oidc_issuer),
        asks=asks,
    )


def _password_page(
    desk: Desk, request: Request, *, problem: str = "", secret: str = ""
) -> Response:
    me = person_of(request)
    with desk.store.reading() as connection:
        on = second_step.is_on(connection, me.login)
    return page(
        request,
        "password",
        status=400 if problem else 200,
        problem=problem,
        on=on,
        secret=secret,
        picture=Markup(second_step.picture(me.login, secret)) if secret else "",
    )


def enter(desk: Desk, session: LoginSession, target: str) -> Response:
    """Answer with the session's cookie: never the one a stranger may have planted."""
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        COOKIE,
        session.token,
        max_age=int(sessions.LONGEST.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=desk.secure,
    )
    return answer


def _inside(path: str) -> str:
    """Only to pages that a login opens: it must not send people elsewhere."""
    return path if _INSIDE.fullmatch(path) and ".." not in path else "/desk"


def _kept(desk: Desk, login: str) -> str:
    with desk.store.reading() as connection:
        query = people_table.select().where(people_table.c.login == login)
        row = connection.execute(query).first()
    return str(row.password) if row is not None else ""
