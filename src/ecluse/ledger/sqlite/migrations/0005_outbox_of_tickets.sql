-- What is to be told on tickets and isn't confirmed yet, as JSON: one row, empty but for the hours in which a tracker is down.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    notices TEXT NOT NULL,
    tracker TEXT NOT NULL
);
