"""Steps that aren't run again: with real git, real programs and a real folder."""

import asyncio
import shutil
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.loop.test.cache.entry import from_document
from ecluse.loop.test.steps import run_steps
from ecluse.loop.test.why import ALWAYS, NEVER, why
from ecluse.model.app import Evidence, Gates
from ecluse.model.cache import CachePolicy
from ecluse.model.events.runs import StepEnded
from ecluse.model.secret import Secret
from ecluse.ports.cache import UnreachableError
from ecluse.system.cache import FolderCache
from ecluse.system.layered_cache import LayeredCache

COUNTS = 'echo ran; mkdir -p dist; cat src/* > dist/all; date +%N >> dist/all; echo "${LEVEL-}"'


@pytest.fixture
def run(world, do):
    def run(app, commit, **options):
        return {verdict.gate: verdict for verdict in do(run_steps(app, world, commit=commit, **options))}

    return run


@pytest.fixture
def entries(world):
    return lambda: [document for _, document in FolderCache(world.home / "cache" / "steps").documents()]


def ran(verdicts):
    return {name for name, verdict in verdicts.items() if not verdict.cached}


def build(make, **changed):
    return make.step("build", COUNTS, **{"inputs": ("src/**",), "outputs": ("dist",), **changed})


def test_nothing_runs_again_while_nothing_changes(run, commit, make, world):
    app = make.app(build(make), make.step("test", "cat dist/all", needs=("build",), inputs=()))
    at = commit({"src/a": "a\n"})
    first, second = run(app, at), run(app, at)
    assert (ran(first), ran(second)) == ({"build", "test"}, set())
    assert Path(second["test"].log).read_text() == Path(first["test"].log).read_text()
    recorded = [record.event for record in world.ledger.events() if isinstance(record.event, StepEnded)]
    assert [bool(event.cached) for event in recorded] == [False, False, True, True]


def test_a_byte_of_an_input_runs_that_step_and_those_that_need_it(run, commit, make):
    other = make.step("other", "cat docs", inputs=("docs",))
    app = make.app(build(make), make.step("test", "cat dist/all", needs=("build",), inputs=()), other)
    run(app, commit({"src/a": "a\n", "docs": "d"}))
    assert ran(run(app, commit({"src/a": "b\n"}))) == {"build", "test"}
    assert ran(run(app, commit({"docs": "e"}))) == {"other"}
    assert ran(run(app, commit({"src/a": "a\n", "docs": "d"}))) == set()


def test_a_new_commit_with_the_same_files_runs_nothing(run, commit, make, root):
    app = make.app(build(make))
    run(app, commit({"src/a": "a\n"}))
    (root / "src" / "a").touch()
    assert ran(run(app, commit({"README": "new"}))) == set()


@pytest.mark.parametrize("changed", [{"env": {"LEVEL": "2"}}, {"command": ("/bin/sh", "-euc", COUNTS + " ")}])
def test_another_command_or_setting_runs_it(run, commit, make, changed):
    at = commit({"src/a": "a\n"})
    run(make.app(build(make)), at)
    assert ran(run(make.app(replace(build(make), **changed)), at)) == {"build"}


def test_a_passed_variable_or_secret_that_changes_runs_it(commit, make, world):
    app = make.app(make.step("a", "true", pass_env=("WANTED",), secrets=("TOKEN",)))
    at = commit()

    def run(wanted, token):
        here = replace(world, env={**world.env, "WANTED": wanted})
        (verdict,) = asyncio.run(run_steps(app, here, commit=at, environment_secrets={"TOKEN": Secret(token)}))
        return not verdict.cached

    assert [run("1", "t1"), run("1", "t1"), run("2", "t1"), run("2", "t2"), run("1", "t1")] == [
        *(True, False, True, True, False)
    ]


@pytest.mark.parametrize("lets_in", ["pass_env", "env"])
def test_another_program_runs_the_steps_that_name_it(commit, make, world, tmp_path, lets_in):
    tool = tmp_path / "bin" / "tool"
    tool.parent.mkdir()
    path = f"{tool.parent}:/usr/bin:/bin"
    grants = {"pass_env": ("PATH",)} if lets_in == "pass_env" else {"env": {"PATH": path}}
    app = make.app(make.step("uses", "tool", tools=("tool",), **grants), make.step("other", "true"))
    at, here = commit(), replace(world, env={**world.env, "PATH": path})

    def ran_with(says):
        tool.write_text(f"#!/bin/sh\necho {says}\n")
        tool.chmod(0o755)
        verdicts = asyncio.run(run_steps(app, here, commit=at))
        return {verdict.gate for verdict in verdicts if not verdict.cached}

    assert [ran_with(says) for says in ("1.0", "1.0", "1.1", "1.0")] == [{"uses", "other"}, set(), {"uses"}, set()]


def test_no_secret_and_no_variable_is_in_what_is_kept(commit, make, world, entries):
    app = make.app(make.step("a", "echo $WANTED$TOKEN", pass_env=("WANTED",), secrets=("TOKEN",)))
    here = replace(world, env={**world.env, "WANTED": "a wanted value"})
    asyncio.run(run_steps(app, here, commit=commit(), environment_secrets={"TOKEN": Secret("hunter2")}))
    (document,) = entries()
    (file,) = (world.home / "cache" / "steps" / "files").glob("??/*")
    assert not any(b"hunter2" in kept for kept in (document, file.read_bytes()))
    assert b"a wanted value" not in document


@pytest.mark.parametrize("script", ["false", "sleep 30", "kill -9 $$"])
@pytest.mark.once
def test_what_did_not_pass_is_never_kept(run, commit, make, entries, script):
    app = make.app(make.step("a", script, timeout=timedelta(seconds=1)))
    at = commit()
    assert ran(run(app, at)) == ran(run(app, at)) == {"a"}
    assert entries() == []


def test_what_passed_at_another_attempt_is_not_kept(run, commit, make, tmp_path, entries):
    once = f"test -e {tmp_path}/there || {{ touch {tmp_path}/there; exit 1; }}"
    verdicts = run(make.app(make.step("a", once, retries=1)), commit())
    assert "flaky" in verdicts["a"].evidence[0]
    assert entries() == []


def test_outputs_come_back_as_they_were(run, commit, make):
    makes = "mkdir -p dist/empty dist/deep; echo x > dist/deep/x; chmod 755 dist/deep/x; ln -s deep/x dist/link"
    shows = "find dist | sort; stat -c %a dist/deep/x; readlink dist/link; cat dist/link"
    app = make.app(
        make.step("build", makes, inputs=(), outputs=("dist",)),
        make.step("show", shows, needs=("build",), inputs=("which",)),
    )
    first = run(app, commit({"which": "1"}))
    second = run(app, commit({"which": "2"}))
    assert ran(second) == {"show"}
    assert Path(second["show"].log).read_text() == Path(first["show"].log).read_text()


def spoil_files(folder, harm):
    for path in (folder / "files").glob("??/*"):
        kept = harm(path.read_bytes())
        path.unlink() if kept is None else path.write_bytes(kept)


def spoil_documents(folder, harm):
    cache = FolderCache(folder)
    for shelved, document in list(cache.documents()):
        kept = harm(document)
        cache.remove(shelved.key) if kept is None else cache.put(shelved.key, kept)


@pytest.mark.parametrize("harm", [lambda kept: kept[:-1], lambda _: None, lambda kept: b"\0" * len(kept)])
@pytest.mark.parametrize("spoil", [spoil_documents, spoil_files])
def test_what_is_spoilt_is_found_out_and_made_again(run, commit, make, world, harm, spoil):
    app = make.app(build(make), make.step("test", "wc -c dist/all", needs=("build",), inputs=("which",)))
    run(app, commit({"src/a": "a\n", "which": "1"}))
    spoil(world.home / "cache" / "steps", harm)
    at = commit({"which": "2"})
    verdicts = run(app, at)
    assert {str(verdict.answer) for verdict in verdicts.values()} == {"passed"}
    assert "test" in ran(verdicts)
    assert ran(run(app, at)) == set()


def test_two_runs_at_once_leave_valid_entries(commit, make, world):
    app = make.app(*(make.step(f"s{number}", f"echo {number}") for number in range(12)))
    at = commit()

    def work():
        asyncio.run(run_steps(app, replace(world, ledger=Deaf()), commit=at))

    class Deaf:
        def append(self, *_): ...

        defer = append

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(not verdict.cached for verdict in asyncio.run(run_steps(app, world, commit=at)))


def test_a_cache_that_can_t_be_reached_costs_its_hits_and_is_said(commit, make, world):
    class Away:
        troubles = ()

        def __getattr__(self, _):
            def ask(*_):
                raise UnreachableError("the disk is away")

            return ask

    app, at = make.app(build(make)), commit({"src/a": "a\n"})
    here = replace(world, cache=lambda _: Away())
    built, cache = asyncio.run(run_steps(app, here, commit=at))
    assert str(built.answer) == "passed"
    assert (cache.gate, cache.stops, cache.evidence) == ("cache", False, ("it can't be used: the disk is away",))


@pytest.mark.parametrize("spoilt", ["cache", "cache/step-environments", "cache/steps-looked-through"])
def test_a_disk_that_takes_nothing_stops_no_run(run, commit, make, world, spoilt):
    place = world.home / spoilt
    if spoilt.endswith("through"):
        place.mkdir(parents=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert str(run(make.app(build(make)), commit({"src/a": "a\n"}))["build"].answer) == "passed"


@pytest.mark.parametrize("rubbish", [b"\xff\xfe", b"2026-01-01", b"2999-01-01T00:00:00+00:00", b""])
def test_rubbish_in_what_is_remembered_stops_no_run(run, commit, make, world, rubbish):
    app, at = make.app(build(make)), commit({"src/a": "a\n"})
    run(app, at)
    looked = world.home / "cache" / "steps-looked-through"
    for path in (looked, *(world.home / "cache" / "step-environments").iterdir()):
        path.write_bytes(rubbish)
    assert str(run(app, at, fresh=True)["build"].answer) == "passed"
    assert looked.read_bytes() != rubbish, "a day in the future must not stop pruning until then"


def test_results_never_take_more_room_for_long_than_they_may(run, commit, make, world):
    makes = make.step("big", "cat which; head -c 300000 /dev/urandom > big", inputs=("which",), outputs=("big",))
    app = make.app(makes, cache=CachePolicy(size=1_000_000))
    for number in range(8):
        run(app, commit({"which": str(number)}))
    files = [path for path in (world.home / "cache" / "steps").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files if path.parent.parent.name == "files") <= 1_050_000 + 300_000
    assert ran(run(app, commit({"which": "7"}))) == set(), "the newest stay"
    assert ran(run(app, commit({"which": "0"}))) == {"big"}


def test_less_room_counts_at_once(run, commit, make, entries):
    makes = make.step("big", "cat which; head -c 300000 /dev/urandom > big", inputs=("which",), outputs=("big",))
    for number in range(3):
        run(make.app(makes), commit({"which": str(number)}))
    run(make.app(makes, cache=CachePolicy(size=700_000)), commit({"which": "3"}))
    assert len(entries()) == 2


def test_what_a_step_with_secrets_has_left_goes_to_no_shared_cache(commit, make, world, tmp_path):
    shared = FolderCache(tmp_path / "shared")

    def cache(policy):
        own = FolderCache(world.home / "cache" / "steps")
        return LayeredCache(own, lambda: shared) if policy.shared else own

    world = replace(world, cache=cache)
    secret = make.step("secret", "echo $TOKEN", secrets=("TOKEN",))
    app = make.app(secret, build(make), cache=CachePolicy(shared="there"))
    at, told = commit({"src/a": "a\n"}), {"TOKEN": Secret("s3cret-value")}
    for cached in (False, True):
        found = asyncio.run(run_steps(app, world, commit=at, environment_secrets=told))
        assert [bool(verdict.cached) for verdict in found] == [cached, cached]
    assert {from_document(document).step for _, document in shared.documents()} == {"build"}


def test_a_shared_cache_holds_up_no_other_step(commit, make, world, tmp_path):
    callers = []

    class Far(FolderCache):
        def put(self, key, document):
            callers.append(threading.current_thread())
            super().put(key, document)

    far = Far(tmp_path / "shared")
    world = replace(world, cache=lambda _: LayeredCache(FolderCache(world.home / "cache" / "steps"), lambda: far))
    app = make.app(make.step("small", "true", inputs=()), cache=CachePolicy(shared="there"))
    asyncio.run(run_steps(app, world, commit=commit()))
    assert len(callers) == 1
    assert threading.main_thread() not in callers


def test_a_fresh_run_runs_everything_and_keeps_it(run, commit, make):
    app, at = make.app(build(make)), commit({"src/a": "a\n"})
    run(app, at)
    assert ran(run(app, at, fresh=True)) == {"build"}
    assert ran(run(app, at)) == set()


def test_the_working_tree_is_neither_looked_up_nor_kept(run, commit, make, entries):
    app, at = make.app(build(make)), commit({"src/a": "a\n"})
    assert ran(run(app, at, dirty=True)) == ran(run(app, at, dirty=True)) == {"build"}
    assert entries() == []


def test_coverage_of_a_step_that_was_not_run_still_counts(run, commit, make):
    report = '{"totals": {"num_statements": 10, "covered_lines": 8}}'
    measures = make.step("a", f"echo '{report}' > c.json", evidence=Evidence(coverage="c.json"))
    app, at = make.app(measures, gates=Gates(coverage=80.0)), commit()
    assert [str(run(app, at)["gates.coverage"].answer) for _ in range(2)] == ["passed", "passed"]


def test_all_hits_make_neither_a_checkout_nor_an_environment(commit, make, world):
    app, at = make.app(build(make)), commit({"src/a": "a\n"})
    asyncio.run(run_steps(app, world, commit=at))

    class Never:
        interpreters = staticmethod(lambda: ())

    (verdict,) = asyncio.run(run_steps(app, replace(world, toolchain=Never()), commit=at))
    assert verdict.cached


@pytest.fixture
def ask(world, do):
    def ask(app, commit, name):
        (found,) = do(why(name, app, world, commit, {}))
        return found.kept or found.changes or found.reason

    return ask


def test_why_names_the_input_that_changed(run, ask, commit, make, root):
    app = make.app(build(make), make.step("test", "true", needs=("build",), inputs=()))
    first = commit({"src/a": "a\n", "src/b": "b\n", "README": "r"})
    run(app, first)
    assert "passed at" in ask(app, first, "build")
    (root / "src" / "b").unlink()
    at = commit({"src/a": "changed\n", "src/new": "n\n", "README": "s"})
    assert ask(app, at, "build") == ("input src/a changed", "input src/b is gone", "input src/new is new")
    assert ask(app, at, "test") == ("step build changed",)


def test_why_names_the_part_that_changed(run, ask, commit, make):
    at = commit({"src/a": "a\n"})
    run(make.app(build(make, env={"LEVEL": "1"})), at)
    assert ask(make.app(build(make, env={"OTHER": "1"})), at, "build") == ("env OTHER is new", "env LEVEL is gone")


def test_why_names_the_versions_that_changed_in_an_environment(commit, make, world):
    then = {"Python": "3.11.7", "package flask": "3.0.0", "package old": "1"}
    now = {"Python": "3.12.1", "package flask": "3.1.0", "package new": "2"}
    known = {"then": then, "now": now}
    at = commit({"src/a": "a\n"})
    app = make.app(build(make))

    def with_content(name):
        class Chain(type(world.toolchain)):
            content_of = staticmethod(lambda _: name)
            versions_in = staticmethod(lambda content: known.get(content, {}))

        return replace(world, toolchain=Chain())

    asyncio.run(run_steps(app, with_content("then"), commit=at))
    shutil.rmtree(world.home / "cache" / "step-environments")

    def told():
        (found,) = asyncio.run(why("build", app, with_content("now"), at, {}))
        return found.changes

    assert told() == (
        "Python 3.11.7 is now 3.12.1", "package flask 3.0.0 is now 3.1.0", "package new is new", "package old is gone",
    )  # fmt: skip
    known.pop("then")
    assert told() == ("environment changed",)


def test_why_says_when_there_is_nothing_to_compare_with(ask, commit, make):
    at = commit({"src/a": "a\n"})
    assert ask(make.app(build(make)), at, "build") == NEVER
    assert ask(make.app(build(make, cache=False)), at, "build") == ALWAYS
