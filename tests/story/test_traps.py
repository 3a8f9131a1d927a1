"""What real repositories do to whoever serves them: each trap by its name, seen by `init`, and the short ones served.

The repositories stand in support/repos_traps.py. Beside these: the ones that keep something over releases, served
(test_adopted_files.py); packages of another age (test_aged_apps.py); cures of what doesn't build, and hostile code that
is tried (unit/loop/plan/test_cured.py, test_hostile.py); tests as a gate (live/test_suites.py).
"""

import asyncio
import subprocess
from pathlib import Path

import pytest

from ecluse import assembly
from ecluse.cli.init_each import read_and_try
from ecluse.loop.plan.init import Request, SeveralAppsError
from ecluse.model.problem import ProblemError
from support import repositories
from support.adopted import Adopted, get
from support.repos_traps import SEVERAL, TRAPS

REFUSED = [name for name, trap in TRAPS.items() if trap.problem]
SERVED = [name for name, trap in TRAPS.items() if trap.answers]
FIRST = ("a variable is read at import", "the tables are made only where the file itself is started")
"""Each takes half a minute."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One for all, so that the machine's Pythons are looked for once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def seen(tmp_path, home, monkeypatch):
    """Reads a trap's repository; there is nothing new in it afterwards, nor elsewhere but in the cache."""
    monkeypatch.setenv("ECLUSE_HOME", str(home))
    folder = tmp_path / "shop"

    def read(trap):
        repositories.repository(folder, trap.files)
        return asyncio.run(read_and_try(folder, Request(port=lambda: 8000, should_try=trap.is_tried)))

    yield read
    if folder.exists():  # nothing was read by a test that is skipped
        assert repositories.git(folder, "status", "--porcelain", "--ignored") == ""
        assert list((home / "work").iterdir()) == []


@pytest.mark.parametrize("name", [name for name in TRAPS if name not in REFUSED])
def test_it_is_seen(seen, name):
    trap = TRAPS[name]
    require(trap)
    found = seen(trap)
    assert [part for part in trap.says if part not in found.text] == []
    assert [part for part in trap.never if part in found.text] == []
    assert [part for part in trap.open if not any(part in each for each in found.proposal.unknown)] == []


@pytest.mark.parametrize("name", REFUSED)
def test_it_ends_in_one_problem(seen, name):
    trap = TRAPS[name]
    require(trap)
    with pytest.raises(ProblemError) as error:
        seen(trap)
    assert [problem.code for problem in error.value.problems] == [trap.problem]


def test_several_apps_are_shown(seen):
    with pytest.raises(SeveralAppsError) as several:
        seen(SEVERAL)
    assert several.value.folders == ("admin", "shop")


def require(trap):
    """Skip where a Python isn't here without which the trap is none."""
    if trap.needs and (lacking := {f"3.{minor}" for minor in trap.needs} - asyncio.run(minors())):
        pytest.skip(f"no Python {', '.join(lacking)}")


async def minors():
    async with assembly.undeclared(Path.cwd()) as world:
        return {one.minor for one in world.toolchain.interpreters()}


@pytest.mark.live
@pytest.mark.network
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "name", [name if name in FIRST else pytest.param(name, marks=pytest.mark.full) for name in SERVED]
)
def test_it_is_served_unedited(tmp_path, name):
    path, text = TRAPS[name].answers
    shop = Adopted(tmp_path / "shop", TRAPS[name].files)
    try:
        shop.init()
        url = shop.ship()["url"]
        assert shop.document("status", "--json")["environments"][0]["url"] == url
        status, body, _ = get(f"{url}{path}")
    finally:
        shop.stop()
    assert status == 200
    assert body.decode().startswith(text)
    assert str(tmp_path) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
