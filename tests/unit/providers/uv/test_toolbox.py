"""Tools in environments of their own, by the real uv."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecluse.model.problem import ProblemError
from ecluse.providers.uv import shelf
from ecluse.providers.uv.shelf import KEPT, tools
from ecluse.providers.uv.toolbox import UvToolbox
from support.packages import offline

pytestmark = pytest.mark.once


def toolbox(home, commands, env=None):
    return UvToolbox(home=home, env=env or dict(os.environ), commands=commands, python=Path(sys.executable))


@pytest.mark.parametrize("tool", tools())
def test_each_tool_is_pinned_with_hashes_and_without_an_address(tool, tmp_path, commands):
    box = toolbox(tmp_path, commands)

    assert box.version(tool)[0].isdigit()
    assert box.digest(tool).startswith("sha256:")
    lock = shelf._lock(tool)
    assert "://" not in lock
    assert all("\\\n    --hash=sha256:" in pinned for pinned in re.split(r"^(?=\S+==)", lock, flags=re.MULTILINE)[1:])


@pytest.mark.network
def test_a_tool_is_fetched_once_and_runs(tmp_path, commands):
    box, heard = toolbox(tmp_path, commands), []

    program = asyncio.run(box.program("zizmor", say=heard.append))
    again = asyncio.run(box.program("zizmor", say=heard.append))

    assert program == again
    assert heard == [f"installing zizmor {box.version('zizmor')}"]
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    assert box.version("zizmor") in said


@pytest.mark.network
@pytest.mark.parametrize("gone", ["python", "zizmor"])
def test_a_tool_whose_python_is_gone_is_made_again(tmp_path, commands, gone):
    box = toolbox(tmp_path, commands)
    program = asyncio.run(box.program("zizmor"))
    program.with_name(gone).unlink()
    program.with_name(gone).symlink_to(tmp_path / "not-any-more")

    assert subprocess.run([asyncio.run(box.program("zizmor")), "--version"], check=False).returncode == 0


@pytest.mark.network
def test_two_who_want_one_tool_at_once_get_the_same(tmp_path, commands):
    async def both():
        boxes = [toolbox(tmp_path, commands) for _ in range(2)]
        return await asyncio.gather(*(box.program("git-cliff") for box in boxes))

    one, other = asyncio.run(both())

    assert one == other
    assert one.exists()


def test_a_tool_that_cannot_be_fetched_is_a_problem_and_leaves_nothing(tmp_path, commands):
    empty = tmp_path / "empty"
    empty.mkdir()
    box = toolbox(tmp_path / "home", commands, offline(tmp_path / "home", empty))

    with pytest.raises(ProblemError) as raised:
        asyncio.run(box.program("bandit"))

    (problem,) = raised.value.problems
    assert problem.code == "G001"
    assert "bandit" in problem.what
    assert not [path for path in (tmp_path / "home" / "tools").iterdir() if path.is_dir()]


def test_an_unknown_tool_is_a_defect(tmp_path, commands):
    with pytest.raises(KeyError):
        asyncio.run(toolbox(tmp_path, commands).program("nothing"))


def test_only_those_used_last_are_kept(tmp_path, commands, monkeypatch):
    folder = tmp_path / "tools"
    for number in range(KEPT + 2):
        old = folder / f"bandit-{number:012x}"
        old.mkdir(parents=True)
        (old / "ecluse.json").write_text("{}")
        os.utime(old / "ecluse.json", (number, number))
    other = folder / "bandit-plus-000000000000"
    other.mkdir()

    shelf.Shelf(home=tmp_path, env={}, commands=commands, python=Path(sys.executable))._forget_oldest("bandit")

    assert sorted(path.name for path in folder.iterdir()) == ["bandit-000000000002", "bandit-000000000003", other.name]
