-- name: read_head
SELECT number, hash FROM head WHERE id = 1;

-- name: move_head
UPDATE head SET number = :number, hash = :hash WHERE id = 1;

-- name: insert_event
INSERT INTO events (number, environment, canonical, previous, hash)
VALUES (:number, :environment, :canonical, :previous, :hash);

-- name: events_after
SELECT number, environment, CAST(canonical AS BLOB) AS canonical, previous, hash FROM events
WHERE number > :after ORDER BY number LIMIT :limit;

-- name: events_after_in
SELECT number, environment, CAST(canonical AS BLOB) AS canonical, previous, hash FROM events
WHERE environment = :environment AND number > :after ORDER BY number LIMIT :limit;

-- name: events_before
SELECT number, environment, CAST(canonical AS BLOB) AS canonical, previous, hash FROM events
WHERE number < :before ORDER BY number DESC LIMIT :limit;

-- name: events_before_in
SELECT number, environment, CAST(canonical AS BLOB) AS canonical, previous, hash FROM events
WHERE environment = :environment AND number < :before ORDER BY number DESC LIMIT :limit;
