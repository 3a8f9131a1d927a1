"""Which tool a command is, and what SQL takes away."""

import pytest

from ecluse.loop.deploy.schema.sql import taken_away
from ecluse.loop.deploy.schema.tools import tool_of
from ecluse.manifest.argv import argv_of


@pytest.mark.parametrize("command", ["./migrate.sh", "python manage.py collectstatic", "yoyo apply", "psql -f up.sql"])
def test_any_other_command_is_not_understood(command):
    assert tool_of(argv_of(command)) is None


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("python wait.py && python manage.py migrate", "django"),
        ("DEBUG=1 alembic upgrade head; echo done", "alembic"),
        ("cd shop && flask db upgrade", "alembic"),
    ],
)
def test_in_a_shell_s_text_a_tool_is_recognised_and_not_asked(command, name):
    found = tool_of(argv_of(command))
    assert (found.name, found.question, found.is_whole) == (name, (), False)


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE item",
        "drop  materialized view x",
        "ALTER TABLE item DROP COLUMN price",
        "ALTER TABLE item DROP price",
        "ALTER TABLE item ADD a int, DROP COLUMN price",
        "ALTER TABLE item RENAME TO thing",
        "ALTER TABLE item RENAME COLUMN price TO cost",
        "TRUNCATE item",
        "DELETE FROM item WHERE price IS NULL",
    ],
)
def test_sql_that_takes_away_is_found(sql):
    assert taken_away(f"SET x = 1; {sql}; SELECT 1") == " ".join(sql.split())


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE item (id int)",
        "ALTER TABLE item ADD price int",
        "ALTER TABLE item ALTER price DROP NOT NULL",
        "ALTER TABLE item ALTER COLUMN price DROP DEFAULT",
        "ALTER TABLE item DROP CONSTRAINT one",
        "DROP INDEX ix",
        "CREATE INDEX ix ON item (price) -- DROP TABLE item",
        "/* DROP TABLE item */ SELECT 1",
    ],
)
def test_sql_that_adds_or_loosens_is_not(sql):
    assert taken_away(sql) == ""


def test_a_long_statement_is_shortened():
    assert taken_away(f"DELETE FROM item WHERE id IN ({', '.join('1' * 80)})").endswith("…")
