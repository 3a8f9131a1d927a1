-- Facts. `canonical` holds the bytes that were hashed; the other columns are copies for looking things up.
-- Files that were begun before step 6 have `previous` and `hash` UNIQUE too: an index of hashes has no order, so for each
-- event a page somewhere in it was written.
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    environment TEXT NOT NULL,
    canonical BLOB NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);

CREATE INDEX events_of_environment ON events (environment, number);

-- The one row that every writer changes, so that two can't claim the same predecessor and a cut tail shows.
CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL,
    hash TEXT NOT NULL
);

INSERT INTO head (id, number, hash) VALUES (1, 0, '');

-- Projections: the fold of the events, kept as they come. `event` is the number of the last one folded into a row.
CREATE TABLE environments (
    name TEXT PRIMARY KEY,
    serving TEXT NOT NULL,
    previous TEXT NOT NULL,
    event INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE releases (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    "commit" TEXT NOT NULL,
    bundle TEXT NOT NULL,
    config TEXT NOT NULL,
    notes TEXT NOT NULL,
    tag TEXT NOT NULL,
    at TEXT NOT NULL,
    event INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE deployments (
    number INTEGER PRIMARY KEY,
    environment TEXT NOT NULL,
    id TEXT NOT NULL,
    release TEXT NOT NULL,
    version TEXT NOT NULL,
    verb TEXT NOT NULL,
    slot TEXT NOT NULL,
    actor TEXT NOT NULL,
    settings TEXT NOT NULL,
    started_at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    ended_at TEXT,
    why TEXT NOT NULL,
    moves TEXT NOT NULL,
    event INTEGER NOT NULL,
    UNIQUE (environment, id)
);

CREATE INDEX deployments_of_environment ON deployments (environment, number);

CREATE TRIGGER events_are_not_edited BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are not edited'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are not deleted'); END;

PRAGMA application_id = 1162038357;
