"""Which version of the tables a store has, and moving it up or down."""

from __future__ import annotations

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from api.store.errors import StoreError, sentence
from api.store.opening import plain, writing

_LOCK = 0x9A_E26
"""Any number that other programs of the database do not lock."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to `revision`; nothing happens when they are there. Raises StoreError."""
    with as_file(files("api.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        head = ScriptDirectory.from_config(config).get_current_head()
        if revision == "head" and current(engine) == head:
            return
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                # Two that open an empty store at once must not both make its tables.
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            _refuse_unknown(connection, config, plain(engine))
            config.attributes["connection"] = connection
            command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to `revision` (`base`: none at all). Raises StoreError."""
    with as_file(files("api.store") / "migrations") as folder, writing(engine) as connection:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def current(engine: Engine) -> str | None:
    """The revision the store is at; None for an empty one. Raises StoreError."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise sentence(error, plain(engine)) from None


def _refuse_unknown(connection: Connection, config: Config, where: str) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"{where}: the store is at version {revision}, which this engine does not know; "
            "use the engine that made it, or a newer one"
        )
