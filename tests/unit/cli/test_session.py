"""What happens around every command."""

import asyncio
import contextlib
import errno
import json
import signal
from dataclasses import replace

import pytest
from click.shell_completion import ShellComplete

from ecluse.cli.main import COMMANDS, cli, run
from ecluse.cli.session import Interrupts, Session, ended, guarded
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.loop.deploy.problems import interrupted
from ecluse.model.app import App
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.problem import Exit, ProblemError
from ecluse.testing.clock import FakeClock
from ecluse.testing.source import MemorySource
from ecluse.testing.world import MemoryWorld


def failing(error):
    async def work():
        raise error

    return work


def test_a_full_disk_is_a_problem_wherever_it_strikes(capsys):
    with pytest.raises(SystemExit) as exited:
        guarded(failing(OSError(errno.ENOSPC, "No space left on device", "/x")), as_json=True)
    assert exited.value.code != 0
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["code"].startswith("S01")
    assert problem["fix"]


def test_another_error_of_the_system_is_not_hidden():
    with pytest.raises(OSError, match="bad"):
        guarded(failing(OSError(errno.EBADF, "bad")), as_json=False)


def test_an_interrupt_is_one_document_too(capsys):
    with pytest.raises(SystemExit) as exited:
        guarded(failing(KeyboardInterrupt()), as_json=True)
    assert exited.value.code == 130
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "D023"


def test_an_interrupt_claims_no_undo(capsys):
    """What a deployment undid it tells itself."""
    with pytest.raises(SystemExit):
        guarded(failing(KeyboardInterrupt()), as_json=True)
    assert "undone" not in json.loads(capsys.readouterr().out)["problems"][0]["state"]


def test_what_an_interrupt_could_not_stop_has_its_own_code(capsys):
    interrupts = Interrupts()

    async def work():
        signal.raise_signal(signal.SIGTERM)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(5)
        return Exit.DONE

    assert ended(work, as_json=False, interrupts=interrupts) is Exit.DONE
    assert (interrupts.count, capsys.readouterr().err) == (1, "")


@pytest.mark.parametrize(("error", "told"), [(ProblemError(interrupted()), 0), (ZeroDivisionError(), 1)])
def test_what_nobody_waits_for_any_more_ends_without_a_traceback_unless_it_is_a_defect(capsys, caplog, error, told):
    async def work():
        for _ in range(2):
            signal.raise_signal(signal.SIGTERM)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(5)
        raise error

    assert ended(work, as_json=False) is Exit.INTERRUPTED
    assert ("D024" in capsys.readouterr().err, len(caplog.records)) == (True, told)


def test_what_only_reads_ends_without_a_word(capsys):
    with pytest.raises(SystemExit) as exited:
        guarded(failing(KeyboardInterrupt()), as_json=False, only_reads=True)
    assert (exited.value.code, capsys.readouterr()) == (130, ("", ""))


def test_wrong_usage_is_a_document_too(capsys):
    assert run(["ship", "--bogus", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["problems"][0]["code"] == "U001"
    assert "No such option" in said.err


def test_manifest_and_code_are_of_one_commit_while_somebody_commits(tmp_path):
    def declared(name):
        return f'[app]\nname = "{name}"\n[processes.w]\ncommand = "true"\n[environments.local]\n'

    (tmp_path / "ecluse.toml").write_text(declared("then"))
    memory = MemoryWorld(folder=tmp_path)
    asked, resolve = memory.source.commit({"ecluse.toml": declared("then")}), memory.source.resolve

    class Moving(MemorySource):
        async def resolve(self, revision):
            found = await resolve(revision)
            memory.source.commit({"ecluse.toml": declared("later")})
            return found

    moving = Moving(working=memory.source.working, _commits=memory.source._commits)
    world = replace(memory.world, source=moving)
    working = App(name="then", processes=())
    there, commit = asyncio.run(Session(world=world, app=working, as_json=False).at("HEAD", dirty=False))
    assert (there.app.name, commit) == ("then", asked)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A repository with a manifest, in which the command line is typed."""
    (tmp_path / "ecluse.toml").write_text(
        '[app]\nname = "x"\n[processes.w]\ncommand = "true"\n[steps.lint]\ncommand = "true"\n'
        "[environments.local]\n[environments.live]\nport = 8001\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    return tmp_path


def completed(*words):
    """What a shell offers for the last of `words`."""
    offered = ShellComplete(cli, {}, "ecluse", "_ECLUSE_COMPLETE").get_completions([*words[:-1]], words[-1])
    return [item.value for item in offered]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("ship", "l"), ["local", "live"]),
        (("logs", "--env", "lo"), ["local"]),
        (("exec", "--env", "li"), ["live"]),
        (("run", "li"), ["lint"]),
        (("logs", "--process", ""), ["w"]),
        (("deploy", "--release", ""), []),
    ],
)
def test_names_of_the_manifest_are_completed(here, words, offered):
    assert completed(*words) == offered
    (here / "ecluse.toml").write_text("no manifest")
    assert completed(*words) == []


def test_releases_are_completed_newest_first(here):
    clock = FakeClock()
    ledger = SqliteLedger(here / "home" / "ledger.db", clock, "ada@lock")
    for number, version in enumerate(["1.0.0", "0.9.9", "1.1.0", "1.1.0"]):
        ledger.append(ReleaseMade(release=f"r-{number}", version=version, commit="c", bundle="b", config="f"))
        clock.advance(1)
    ledger.close()
    assert completed("deploy", "--release", "") == ["1.1.0", "0.9.9", "1.0.0"]
    assert completed("deploy", "live", "--release", "1.") == ["1.1.0", "1.0.0"]
    (here / "home" / "ledger.db").write_bytes(b"no ledger" * 1000)
    assert completed("deploy", "--release", "") == []


@pytest.mark.parametrize("verb", COMMANDS)
def test_examples_stand_one_a_line(capsys, verb):
    assert run([verb, "--help"]) == 0
    _, heading, examples = capsys.readouterr().out.partition("\n  Example")
    assert heading
    assert all(line.startswith("    ") and line.count("ecluse ") <= 2 for line in examples.splitlines()[1:])
