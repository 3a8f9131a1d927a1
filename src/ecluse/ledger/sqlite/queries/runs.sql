-- name: begin_run
INSERT INTO runs (number, run, verb, "commit", dirty, environment, actor, started_at)
VALUES (:number, :run, :verb, :commit, :dirty, :environment, :actor, :started_at)
ON CONFLICT (run) DO NOTHING;

-- name: end_run
UPDATE runs SET outcome = :outcome, ended_at = :ended_at, seconds = :seconds, why = :why
WHERE run = :run AND ended_at IS NULL;

-- name: count_in_run
UPDATE runs SET passed = passed + :passed, failed = failed + :failed, not_run = not_run + :not_run,
    skipped = skipped + :skipped, cached = cached + :cached, flaky = flaky + :flaky
WHERE run = :run;

-- name: learn_of_step
INSERT INTO steps (name, runs, passed, flaky, last, last_at, flaky_at, flaky_run, flaky_attempts)
VALUES (:name, :runs, :passed, :flaky, :last, :last_at, :flaky_at, :flaky_run, :flaky_attempts)
ON CONFLICT (name) DO UPDATE SET runs = runs + 1, passed = passed + excluded.passed, flaky = flaky + excluded.flaky,
    last = excluded.last, last_at = excluded.last_at, flaky_at = coalesce(excluded.flaky_at, flaky_at),
    flaky_run = CASE excluded.flaky WHEN 0 THEN flaky_run ELSE excluded.flaky_run END,
    flaky_attempts = CASE excluded.flaky WHEN 0 THEN flaky_attempts ELSE excluded.flaky_attempts END;

-- name: runs_before
SELECT number, run, verb, "commit", dirty, environment, actor, started_at, outcome, ended_at, seconds, why, passed,
    failed, not_run, skipped, cached, flaky
FROM runs WHERE number < :before ORDER BY number DESC LIMIT :limit;

-- name: runs_before_in
SELECT number, run, verb, "commit", dirty, environment, actor, started_at, outcome, ended_at, seconds, why, passed,
    failed, not_run, skipped, cached, flaky
FROM runs WHERE environment = :environment AND number < :before ORDER BY number DESC LIMIT :limit;

-- name: steps_known
SELECT name, runs, passed, flaky, last, last_at, flaky_at, flaky_run, flaky_attempts FROM steps ORDER BY name;

-- name: clear_runs
DELETE FROM runs;

-- name: clear_steps
DELETE FROM steps;
