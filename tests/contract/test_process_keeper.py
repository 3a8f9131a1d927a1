"""What the process target promises beyond the contract: its keeper comes, stays, changes and goes."""

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.model.artifact import SourceFile
from ecluse.model.ids import DeploymentId, Digest
from ecluse.model.observed import SlotState
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.ports.target import Question
from ecluse.providers.keeper.package import keeper_zipapp
from ecluse.providers.process.start import interpreter
from support.process_target import HOLDER, place, programs  # noqa: F401 fixtures

pytestmark = pytest.mark.looped
LEASE = timedelta(seconds=60)
FIRST = DeploymentId("d-1")


async def serving(place, **more):  # noqa: F811
    """1.0.0 serves from blue."""
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    running = place.running("1.0.0", **more)
    await target.stage(grant, running, lambda _: None)
    await target.begin(grant, FIRST, running, Slot.BLUE)
    await target.start(grant, running, Slot.BLUE)
    await healthy(target)
    await target.route(grant, Weights.all_to(Slot.BLUE))
    await target.commit(grant, FIRST, timedelta(0))
    return target, grant


async def healthy(target):
    for _ in range(200):
        answer = await target.ask(Slot.BLUE, Question(path="/", host="localhost"))
        if answer.status == 200:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(answer)


async def problem(call):
    with pytest.raises(ProblemError) as error:
        await call
    return error.value.problems[0]


async def test_looking_starts_no_keeper(place):  # noqa: F811
    target = place.target()
    assert (await target.observe()).keeper_pid is None
    assert [line async for line in target.logs(follow=True)] == []
    assert not place.folder.exists()


async def test_a_keeper_that_died_is_started_by_a_look_and_takes_its_processes_up(place):  # noqa: F811
    target, _ = await serving(place)
    before = await target.observe()
    await target.close()
    os.kill(before.keeper_pid, signal.SIGSTOP)  # else it might start another holder meanwhile
    holders = [line for line in place.left_now() if " holder " in line]
    for pid in [int(line.split()[0]) for line in holders]:
        os.kill(pid, signal.SIGKILL)
    os.kill(before.keeper_pid, signal.SIGKILL)
    later = place.target()
    after = await later.observe()
    assert after.keeper_pid != before.keeper_pid
    assert after.slot(Slot.BLUE).processes[0].pid == before.slot(Slot.BLUE).processes[0].pid
    assert (after.serving, after.slot(Slot.BLUE).state) == (Slot.BLUE, SlotState.RUNNING)
    await later.close()


async def test_an_older_keeper_becomes_this_one_while_it_serves(place):  # noqa: F811
    current, version = keeper_zipapp(place.programs)
    older = place.folder.parent / "older.pyz"
    older.write_bytes(current.read_bytes())
    with zipfile.ZipFile(older, "a") as archive:
        archive.writestr("older.txt", "another digest")
    subprocess.run([interpreter(), "-I", older, "run", "--daemon", "--home", place.folder], check=True)  # noqa: ASYNC221
    target, grant = await serving(place)
    before = await target.observe()
    assert before.keeper_version == hashlib.sha256(older.read_bytes()).hexdigest()
    assert await target.upgrade(grant) == version
    after = await target.observe()
    assert (after.keeper_version, after.generation) == (version, grant.generation)
    assert after.slot(Slot.BLUE).processes[0].pid == before.slot(Slot.BLUE).processes[0].pid
    assert b"1.0.0" in (await healthy(target)).body
    await target.renew(grant)
    await target.close()


async def test_a_taken_port_names_who_has_it(place):  # noqa: F811
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    running = place.running("1.0.0")
    await target.stage(grant, running, lambda _: None)
    with closing(socket.create_server(("127.0.0.1", place.environment.port))):
        found = await problem(target.start(grant, running, Slot.BLUE))
    assert (found.code, found.exit) == ("K020", Exit.REFUSED)
    assert any(str(os.getpid()) in line for line in found.evidence)
    await target.close()


async def test_secrets_are_in_one_file_alone(place):  # noqa: F811
    target, _ = await serving(place, secrets={"TOKEN": "hush-hush-hush"})
    await target.close()
    files = [path for path in place.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 10
    holding = {path.name for path in files if b"hush-hush-hush" in path.read_bytes()}
    assert holding <= {"secrets"}


async def test_what_a_process_prints_is_followed(place):  # noqa: F811
    target, _ = await serving(place)
    lines = target.logs(follow=True)
    async with asyncio.timeout(20):
        line = await anext(lines)
    await lines.aclose()
    assert (line.text, line.process, line.slot, line.stream) == ("ready", "web", Slot.BLUE, "stdout")
    await target.close()


async def test_a_bundle_with_a_hole_is_a_problem(place):  # noqa: F811
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    hole = SourceFile(path="x", mode="file", digest=Digest("sha256:" + "0" * 64))
    bundle = replace(place.bundle, files=(*place.bundle.files, hole))
    running = replace(place.running("1.0.0"), bundle=bundle)
    assert (await problem(target.stage(grant, running, lambda _: None))).code == "K004"
    await target.close()


async def test_a_failing_build_command_is_a_problem_with_its_output(place):  # noqa: F811
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    said = []
    running = place.running("1.0.0", commands=(("/bin/sh", "-c", "echo because; exit 1"),))
    found = await problem(target.stage(grant, running, said.append))
    assert (found.code, found.exit) == ("K040", Exit.REFUSED)
    assert any("because" in line for line in found.evidence)
    assert "because" in said
    await target.close()


async def test_secrets_that_commands_print_are_masked(place):  # noqa: F811
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    said = []
    secret = {"TOKEN": "hush-hush-hush"}
    shout = ("/bin/sh", "-c", 'echo "it is $TOKEN"; test "$FAIL" = no')
    failing = place.running("1.0.0", secrets=secret, commands=(shout,))
    found = await problem(target.stage(grant, failing, said.append))
    staged = place.running("1.0.0", secrets=secret, commands=(shout,), env={"FAIL": "no"})
    await target.stage(grant, staged, said.append)
    ran = await target.run(grant, staged, shout, timedelta(seconds=20))
    for text in (*found.evidence, *said, ran.output):
        assert "hush" not in text
    assert ran.output == "it is [secret]\n"
    await target.close()


async def test_a_command_that_is_not_there_can_not_be_started(place):  # noqa: F811
    target = place.target()
    grant = await target.take(HOLDER, LEASE)
    running = place.running("1.0.0")
    broken = replace(running, processes=(replace(running.processes[0], command=("no-such-program",)),))
    await target.stage(grant, broken, lambda _: None)
    assert (await problem(target.start(grant, broken, Slot.BLUE))).code == "K041"
    await target.close()


async def test_a_keeper_that_can_not_start_is_a_problem(place):  # noqa: F811
    place.folder.parent.mkdir(exist_ok=True)
    place.folder.write_text("a file where a folder must be")
    found = await problem(place.target().take(HOLDER, LEASE))
    assert (found.code, found.exit) == ("K003", Exit.UNREACHABLE)
    place.folder.unlink()
