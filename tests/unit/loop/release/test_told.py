"""Whose notes a release has."""

import asyncio
from pathlib import Path

import pytest

from ecluse.loop.release.make import plan_release
from ecluse.loop.release.told import with_notes
from ecluse.model.app import App
from ecluse.model.problem import ProblemError
from ecluse.ports.commands import Finished
from ecluse.testing.source import MemorySource
from ecluse.testing.world import MemoryWorld


class Box:
    async def program(self, tool, name="", say=None):
        return Path(f"/tools/{tool}")


@pytest.fixture
def memory(tmp_path):
    return MemoryWorld(tmp_path, toolbox=Box())


def notes(memory, source=None):
    async def told():
        world = memory.world
        head = await world.source.resolve("HEAD")
        planned = await plan_release(App(name="shop", processes=()), world, head, tag=True, dirty=False)
        return (await with_notes(planned, "v", source or world.source, world, memory.folder)).notes

    return asyncio.run(told())


def test_without_settings_of_git_cliff_they_are_our_own(memory):
    memory.source.commit({"app.py": ""}, "feat: a window")
    assert "- a window" in notes(memory)
    assert memory.commands.ran == []


def test_with_settings_they_are_git_cliff_s_from_the_release_before_on(memory):
    first = memory.source.commit({"cliff.toml": "[git]"}, "feat: a door")
    asyncio.run(memory.source.tag("v1.0.0", first, ""))
    last = memory.source.commit({"app.py": ""}, "feat: a window")

    def answer(command):
        Path(command.argv[command.argv.index("--output") + 1]).write_text("\nAll new\n")
        return Finished(exit_code=0)

    memory.commands.script("/tools/git-cliff", answer=answer)
    assert notes(memory) == "All new\n"
    (ran,) = memory.commands.ran
    assert ran.argv[:2] == ("/tools/git-cliff", "--offline")
    assert ran.argv[-1] == f"v1.0.0..{last}"
    assert (memory.folder / "cliff.toml").read_text() == "[git]"


def test_what_it_does_not_understand_stops_the_release(memory):
    memory.source.commit({"cliff.toml": "["}, "feat: a door")
    memory.commands.script("/tools/git-cliff", answer=Finished(exit_code=1, output="\nno table\n"))
    with pytest.raises(ProblemError) as caught:
        notes(memory)
    assert (caught.value.problems[0].code, caught.value.problems[0].evidence) == ("R032", ("no table",))


def test_a_clone_that_is_not_whole_has_our_own_and_says_so(memory):
    memory.source.commit({"cliff.toml": "[git]"}, "feat: a window")
    assert "- a window" in notes(memory, MemorySource())
    assert any("isn't whole" in text for _, _, text in memory.reporter.heard)
