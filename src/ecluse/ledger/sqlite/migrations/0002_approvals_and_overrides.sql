-- What policies ask for, as JSON: an environment's approvals, and what a deployment goes against (empty: nothing).
ALTER TABLE environments ADD COLUMN approvals TEXT NOT NULL DEFAULT '[]';
ALTER TABLE environments ADD COLUMN overridden TEXT NOT NULL DEFAULT '';
ALTER TABLE deployments ADD COLUMN overridden TEXT NOT NULL DEFAULT '';
