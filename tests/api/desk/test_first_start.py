"""A new site: whoever starts first makes what a desk begins with, and it is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from api.desk.desk import prepare_desk
from api.review.accounts import people
from api.review.sampling import plans
from api.review.scores import scorecards
from api.settings import Settings
from api.store import Store


def test_four_servers_that_start_at_once_make_one_desk(store: Store, settings: Settings) -> None:
    with ThreadPoolExecutor(4) as crew:
        passwords = list(crew.map(lambda _: prepare_desk(store, settings), range(4)))

    with store.reading() as connection:
        assert len(plans.all_plans(connection)) == len(plans.DEFAULTS)
        assert [card.version for card in scorecards.versions(connection)] == [1]
        assert [person.login for person in people.everybody(connection)] == ["admin"]
    assert sum(password is not None for password in passwords) == 1
