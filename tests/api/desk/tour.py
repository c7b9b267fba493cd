"""Pictures of every page of the desk, to be looked at: light and dark, wide, wider, and a phone.

    qa-engine batch CALLS --store calls.db --audio shelf
    python -m tests.api.desk.scene calls.db
    python -m tests.api.desk.tour calls.db pictures [PAGE ...]

Tells of every page that is wider than its window, and of every script error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from api.review.tables import appeals, calibrations, coaching_notes, reviews, tasks
from api.review.tables import people as people_table
from api.settings import Settings
from api.store import Store
from api.store.tables import calls
from tests.api.desk.conftest import PASSWORD
from tests.api.desk.visitor import Visitor, chromium, serving

WIDE = ((1280, 800),)
PHONE = (390, 844)
SCHEMES = ("light", "dark")


def pages(store: Store) -> Iterator[tuple[str, str, str]]:
    """(whose, name, path) of each page, over what the scene left in the store."""
    with store.reading() as connection:
        task = connection.scalar(
            select(tasks.c.id)
            .join(calls, calls.c.id == tasks.c.call_id)
            .where(tasks.c.state == "open", tasks.c.purpose == "sample")
            .order_by(calls.c.hit_count.desc())
        )
        appeal = connection.scalar(select(appeals.c.id).where(appeals.c.state == "open"))
        seen = select(reviews.c.call_id)
        lowest = select(calls.c.id).where(calls.c.id.not_in(seen)).order_by(calls.c.score)
        unjudged = connection.scalar(lowest)
        judged = connection.scalar(select(reviews.c.call_id).where(reviews.c.state == "submitted"))
        answered = connection.execute(
            select(people_table.c.login, appeals.c.call_id)
            .join(calls, calls.c.id == appeals.c.call_id)
            .join(people_table, people_table.c.agent == calls.c.agent)
            .where(appeals.c.state != "open")
        ).first()
        session = connection.scalar(select(calibrations.c.id))
        coached = connection.execute(select(coaching_notes)).first()
    assert answered is not None
    assert coached is not None
    yield from (
        ("", "login", "/desk/login"),
        ("lin", "queue", "/desk/queue"),
        ("lin", "queue-done", "/desk/queue?state=done"),
        ("lin", "queue-empty", "/desk/queue?agent=nobody"),
        ("lin", "task", f"/desk/tasks/{task}"),
        ("lin", "call", f"/desk/calls/{judged}"),
        ("lin", "search", "/desk/search?q=不知道"),
        ("lin", "search-nothing", "/desk/search?q=zzz"),
        ("lin", "search-listed", "/desk/search?conclusion=failed"),
        ("lin", "refused", "/desk/people"),
        ("lin", "missing", "/desk/calls/unknown"),
        ("shen", "appeals", "/desk/appeals"),
        ("shen", "appeal", f"/desk/appeals/{appeal}"),
        ("shen", "calibrations", "/desk/calibrations"),
        ("shen", "calibration", f"/desk/calibrations/{session}"),
        ("shen", "plans", "/desk/plans"),
        ("shen", "scorecards", "/desk/scorecards"),
        ("shen", "scorecards-tried", "/desk/scorecards"),
        ("shen", "unreviewed", f"/desk/calls/{unjudged}"),
        ("shen", "summary", f"/desk/calls/{judged}/summary"),
        ("shen", "rules", "/desk/rules"),
        ("shen", "rule", "/desk/rules/piece?key=entries:dont-know"),
        ("shen", "rules-draft", "/desk/rules/draft"),
        ("shen", "rules-history", "/desk/rules/history"),
        ("shen", "rules-learned", "/desk/rules/learned"),
        ("shen", "rules-discovered", "/desk/rules/discovered"),
        ("admin", "people", "/desk/people"),
        ("admin", "audit", "/desk/audit?check=1"),
        ("admin", "persons", "/desk/persons"),
        ("shen", "coaching", f"/desk/coaching?agent={coached.agent}"),
        ("shen", "coaching-note", f"/desk/coaching/{coached.id}"),
        ("shen", "notices", "/desk/notices"),
        ("admin", "password", "/desk/password"),
        (answered.login, "my", "/desk/my?unit=month"),
        (answered.login, "my-call", f"/desk/calls/{answered.call_id}"),
    )
    for view in ("agents", "teams", "phrases", "steps", "conduct"):
        for unit in ("day", "week", "month", "quarter"):
            yield "shen", f"board-{view}-{unit}", f"/desk/boards?view={view}&unit={unit}"
    yield "shen", "board-empty", "/desk/boards?on=2020-01-01"
    for name, path in (
        *(("queue", "/desk/queue"), ("call", f"/desk/calls/{judged}"), ("boards", "/desk/boards")),
        *(("search", "/desk/search"), ("rules", "/desk/rules"), ("scorecards", "/desk/scorecards")),
    ):
        yield "shen", f"{name}-english", f"{path}?lang=en"


def main(where: str, folder: Path, wanted: frozenset[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    store = Store.open(where)
    settings = Settings(data_dir=Path(where).parent / "data")
    with chromium() as browser, serving(store, settings) as base:
        for login, name, path in pages(store):
            if wanted and name not in wanted:
                continue
            visitor = Visitor(browser, base)
            if login:
                visitor.log_in(login, PASSWORD)
            sizes = (*WIDE, PHONE)
            for scheme in SCHEMES:
                for width, height in sizes:
                    visitor.page.set_viewport_size({"width": width, "height": height})
                    visitor.page.emulate_media(color_scheme=scheme)
                    visitor.go(path)
                    if visitor.page.query_selector("#take"):
                        visitor.page.click("#take button")
                    if name.endswith("-tried"):
                        visitor.page.click("button[value=preview]")
                    visitor.page.wait_for_load_state("networkidle")
                    if visitor.too_wide:
                        sys.stdout.write(f"{name}: wider than {width}\n")
                    picture = folder / f"{name}-{scheme}-{width}.png"
                    visitor.page.screenshot(path=picture, full_page=True)
            for line in visitor.wrong:
                sys.stdout.write(f"{name}: {line}\n")
            visitor.context.close()
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), frozenset(sys.argv[3:]))
