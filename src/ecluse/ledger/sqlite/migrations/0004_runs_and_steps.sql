-- Runs of the pipeline and what is known of its steps (model.runs). What came before is folded when the file is opened.
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    verb TEXT NOT NULL,
    "commit" TEXT NOT NULL,
    dirty INTEGER NOT NULL,
    environment TEXT NOT NULL,
    actor TEXT NOT NULL,
    started_at TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '',
    ended_at TEXT,
    seconds REAL NOT NULL DEFAULT 0,
    why TEXT NOT NULL DEFAULT '',
    passed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    not_run INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    cached INTEGER NOT NULL DEFAULT 0,
    flaky INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX runs_of_environment ON runs (environment, number);

CREATE TABLE steps (
    name TEXT PRIMARY KEY,
    runs INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    flaky INTEGER NOT NULL,
    last TEXT NOT NULL,
    last_at TEXT NOT NULL,
    flaky_at TEXT,
    flaky_run TEXT NOT NULL,
    flaky_attempts INTEGER NOT NULL
) WITHOUT ROWID;
