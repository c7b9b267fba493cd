"""Full-text search, and an audit trail that refuses changes.

SQLite searches through FTS5 trigrams, PostgreSQL through pg_trgm: both know nothing of words,
which is right for Chinese.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE_UP = """
CREATE VIRTUAL TABLE utterances_fts USING fts5(
    text, pinyin, content='utterances', content_rowid='rowid', tokenize='trigram');
CREATE TRIGGER utterances_in AFTER INSERT ON utterances BEGIN
    INSERT INTO utterances_fts(rowid, text, pinyin) VALUES (new.rowid, new.text, new.pinyin); END;
CREATE TRIGGER utterances_out AFTER DELETE ON utterances BEGIN
    INSERT INTO utterances_fts(utterances_fts, rowid, text, pinyin)
    VALUES ('delete', old.rowid, old.text, old.pinyin); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
"""
SQLITE_CATCH_UP = "INSERT INTO utterances_fts(utterances_fts) VALUES ('rebuild')"
SQLITE_DOWN = """
DROP TRIGGER audit_no_delete;
DROP TRIGGER audit_no_update;
DROP TRIGGER utterances_out;
DROP TRIGGER utterances_in;
DROP TABLE utterances_fts;
"""
POSTGRES_UP = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX ix_utterances_text ON utterances USING gin (text gin_trgm_ops);
CREATE INDEX ix_utterances_pinyin ON utterances USING gin (pinyin gin_trgm_ops);
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
POSTGRES_DOWN = """
DROP TRIGGER audit_no_truncate ON audit;
DROP TRIGGER audit_append_only ON audit;
DROP FUNCTION audit_refuse;
DROP INDEX ix_utterances_pinyin;
DROP INDEX ix_utterances_text;
"""


def upgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    for statement in _statements(SQLITE_UP if sqlite else POSTGRES_UP):
        connection.exec_driver_sql(statement)
    if sqlite:
        connection.exec_driver_sql(SQLITE_CATCH_UP)


def downgrade() -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    for statement in _statements(SQLITE_DOWN if sqlite else POSTGRES_DOWN):
        connection.exec_driver_sql(statement)


def _statements(script: str) -> list[str]:
    """One statement a line that begins with CREATE or DROP; bodies of triggers stay whole."""
    found: list[str] = []
    for line in script.strip().splitlines():
        if line.startswith(("CREATE ", "DROP ")):
            found.append(line)
        else:
            found[-1] += f"\n{line}"
    return found
