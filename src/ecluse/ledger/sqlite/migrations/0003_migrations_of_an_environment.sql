-- The migrations that an environment's data has, as JSON.
ALTER TABLE environments ADD COLUMN migrations TEXT NOT NULL DEFAULT '[]';
