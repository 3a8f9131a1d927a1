-- name: environments
SELECT name, serving, previous, approvals, overridden, migrations FROM environments;

-- name: environment
SELECT name, serving, previous, approvals, overridden, migrations FROM environments WHERE name = :name;

-- name: put_environment
INSERT INTO environments (name, serving, previous, approvals, overridden, migrations, event)
VALUES (:name, :serving, :previous, :approvals, :overridden, :migrations, :event)
ON CONFLICT (name) DO UPDATE SET serving = excluded.serving, previous = excluded.previous,
    approvals = excluded.approvals, overridden = excluded.overridden,
    migrations = excluded.migrations, event = excluded.event;

-- name: releases
SELECT id, version, "commit", bundle, config, notes, tag, at FROM releases;

-- name: put_release
INSERT INTO releases (id, version, "commit", bundle, config, notes, tag, at, event)
VALUES (:id, :version, :commit, :bundle, :config, :notes, :tag, :at, :event)
ON CONFLICT (id) DO NOTHING;

-- name: deployments_before
SELECT number, environment, id, release, version, verb, slot, actor, settings, started_at, outcome, ended_at, why, moves,
    overridden
FROM deployments WHERE number < :before ORDER BY number DESC LIMIT :limit;

-- name: deployments_before_in
SELECT number, environment, id, release, version, verb, slot, actor, settings, started_at, outcome, ended_at, why, moves,
    overridden
FROM deployments WHERE environment = :environment AND number < :before ORDER BY number DESC LIMIT :limit;

-- name: put_deployment
INSERT OR REPLACE INTO deployments (
    number, environment, id, release, version, verb, slot, actor, settings, started_at, outcome, ended_at, why, moves,
    overridden, event
) VALUES (
    :number, :environment, :id, :release, :version, :verb, :slot, :actor, :settings, :started_at, :outcome, :ended_at,
    :why, :moves, :overridden, :event
);

-- name: clear_environments
DELETE FROM environments;

-- name: clear_releases
DELETE FROM releases;

-- name: clear_deployments
DELETE FROM deployments;

-- name: outbox
SELECT notices, tracker FROM outbox;

-- name: put_outbox
INSERT INTO outbox (id, notices, tracker) VALUES (1, :notices, :tracker)
ON CONFLICT (id) DO UPDATE SET notices = excluded.notices, tracker = excluded.tracker;

-- name: clear_outbox
DELETE FROM outbox;
