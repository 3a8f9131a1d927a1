-- An event follows the one before it, so no two have one predecessor: a look at one row says it. An index of hashes has
-- no order: for each event a page somewhere in it was written.
CREATE TABLE events_in_order (
    number INTEGER PRIMARY KEY,
    environment TEXT NOT NULL,
    canonical BLOB NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);

INSERT INTO events_in_order SELECT number, environment, canonical, previous, hash FROM events ORDER BY number;

DROP TABLE events;

ALTER TABLE events_in_order RENAME TO events;

CREATE INDEX events_of_environment ON events (environment, number);

CREATE TRIGGER events_are_not_edited BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are not edited'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are not deleted'); END;

CREATE TRIGGER events_follow_each_other BEFORE INSERT ON events
WHEN NEW.previous IS NOT coalesce((SELECT hash FROM events WHERE number = NEW.number - 1), '')
BEGIN SELECT RAISE(ABORT, 'an event follows the one before it'); END;
