"""What every page of the desk needs, and the router that mounts them all."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.desk.noted import Noted
from api.private_files import private_folder
from api.review.accounts import people
from api.review.sampling import plans
from api.review.scores import scorecards
from api.rulebook.in_force import begin, in_force
from api.settings import Settings
from api.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The store is shared by all requests; between them only who looked at what is kept."""

    store: Store
    settings: Settings
    noted: Noted = field(default_factory=Noted)

    @property
    def secure(self) -> bool:
        """Whether people come by https, so that the cookie must not travel otherwise."""
        return self.settings.is_secure


def store_of(settings: Settings) -> Store:
    """The calls' store that the settings name. Raises StoreError."""
    if not settings.store:
        private_folder(settings.data_dir)
    return Store.open(settings.store or str(settings.data_dir / "calls.db"))


def prepare_desk(store: Store, settings: Settings) -> str | None:
    """What a desk begins with: plans, a scorecard, an administrator.

    Returns the administrator's one-time password, None when there are people already. Raises
    `PhrasebookErrors` and `StoreError`.
    """
    plans.ensure_plans(store)
    with store.reading() as connection:
        begun = bool(scorecards.versions(connection))
    if settings.phrasebook is None:
        begin(store)
    if not begun:
        scorecards.ensure(store, in_force(store, settings.phrasebook).book)
    return people.first_admin(store)
