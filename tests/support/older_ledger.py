"""Ledgers as earlier versions left them: each migration taken back."""

import sqlite3
from contextlib import closing

TAKEN_BACK = {
    6: """
        DROP TRIGGER events_follow_each_other;
        CREATE TABLE before (
            number INTEGER PRIMARY KEY,
            environment TEXT NOT NULL,
            canonical BLOB NOT NULL,
            previous TEXT NOT NULL UNIQUE,
            hash TEXT NOT NULL UNIQUE
        );
        INSERT INTO before SELECT number, environment, canonical, previous, hash FROM events;
        DROP TABLE events;
        ALTER TABLE before RENAME TO events;
        CREATE INDEX events_of_environment ON events (environment, number);
        CREATE TRIGGER events_are_not_edited BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are not edited'); END;
        CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are not deleted'); END;
    """,
    5: "DROP TABLE outbox;",
    4: "DROP TABLE runs; DROP TABLE steps;",
    3: "ALTER TABLE environments DROP COLUMN migrations;",
    2: """
        ALTER TABLE environments DROP COLUMN approvals;
        ALTER TABLE environments DROP COLUMN overridden;
        ALTER TABLE deployments DROP COLUMN overridden;
    """,
}


def make_older(path, schema):
    """The file of a closed ledger, as the step `schema` would have it."""
    with closing(sqlite3.connect(path)) as connection:
        for step in sorted(TAKEN_BACK, reverse=True):
            if step > schema:
                connection.executescript(TAKEN_BACK[step])
        connection.execute(f"PRAGMA user_version = {schema}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")


def schema_of(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]
