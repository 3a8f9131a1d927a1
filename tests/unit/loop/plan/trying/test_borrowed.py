"""Which database a migration would change that the try didn't make."""

import pytest

from ecluse.loop.plan.trying.borrowed import Database, in_ini, named, suspected
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.model.service import Service, ServiceKind

WHOLE = Service(name="db", kind=ServiceKind.POSTGRES, env={"URL": "postgresql://{user}@{host}:{port}/{name}"})
HOST = Service(name="db", kind=ServiceKind.POSTGRES, env={"AT": "{host}", "NAME": "{name}"})
CACHE = Service(name="redis", kind=ServiceKind.REDIS, env={"CACHE": "redis://{host}:{port}"})
LITERAL = Fact(kind=Kind.FIXED, value="postgresql", file="db.py", line=3)
BROKER = Fact(kind=Kind.FIXED, value="redis", file="tasks.py", line=1)
INI = Fact(kind=Kind.FIXED, value="mysql", file="alembic.ini", line=7)
DJANGO = "django.db.backends"


@pytest.mark.parametrize(
    ("database", "found"),
    [
        (Database(engine=f"{DJANGO}.sqlite3"), ""),
        (Database(engine="sqlite+aiosqlite"), ""),
        (Database(engine=f"{DJANGO}.postgresql", host="127.0.0.1", port="20001"), ""),
        (Database(engine=f"{DJANGO}.postgresql", host="127.0.0.1", port="5432"), "postgresql at 127.0.0.1:5432"),
        (Database(engine=f"{DJANGO}.mysql"), "mysql at localhost"),
    ],
)
def test_a_database_is_a_file_or_at_one_of_our_ports_or_somebody_s(database, found):
    assert named([Database(engine="sqlite"), database], {20001}) == found


@pytest.mark.parametrize(
    ("services", "lacked", "env", "fixed", "found"),
    [
        ([], [], {}, [], ""),
        ([WHOLE], [], {}, [], ""),
        ([WHOLE], [], {}, [LITERAL], ""),
        ([CACHE], [], {}, [LITERAL], "postgresql at the address in db.py:3"),
        ([], [], {}, [BROKER], ""),
        ([HOST], [], {}, [], "the postgres that the code finds by itself"),
        ([], [CACHE], {}, [], ""),
        ([], [WHOLE], {}, [], "the postgres that the code finds by itself"),
        ([], [WHOLE], {"URL": "postgresql://localhost/app"}, [], "the postgres that the code finds by itself"),
        ([], [WHOLE], {"URL": "sqlite:///local.db"}, [], ""),
    ],
)
def test_where_no_framework_tells_signs_decide(services, lacked, env, fixed, found):
    assert suspected(services, lacked, env, fixed) == found


def test_an_address_that_the_migration_alone_reads_is_its_own():
    assert in_ini([LITERAL, INI], "alembic.ini") == "mysql at the address in alembic.ini:7"
    assert in_ini([LITERAL, INI], "db.py") == ""
