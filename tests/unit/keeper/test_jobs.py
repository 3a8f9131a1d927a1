import asyncio

from ecluse.keeper.jobs import Jobs

RUNNING = {
    "release": {"id": "r-1", "version": "1.0.0", "commit": "c" * 40},
    "app": "example",
    "environment": "local",
    "address": "127.0.0.1",
    "port": 8000,
    "env": {"GREETING": "hello from {port}"},
    "secrets": {"TOKEN": "hush"},
}


def release(tmp_path):
    (tmp_path / "releases/r-1/tree").mkdir(parents=True)
    return str(tmp_path)


def run(home, *argv, seconds=20.0):
    return asyncio.run(Jobs().run(home, RUNNING, list(argv), seconds))


def test_a_job_runs_in_the_tree_with_its_settings(tmp_path):
    ran = run(release(tmp_path), "/bin/sh", "-c", 'pwd; echo "$GREETING $TOKEN {state}"; exit 4')
    assert ran["output"].split("\n")[:2] == [
        str(tmp_path / "releases/r-1/tree"),
        "hello from 8000 hush %s/state" % tmp_path,
    ]
    assert (ran["exit_code"], ran["timed_out"]) == (4, False)


def test_a_job_that_takes_too_long_is_ended(tmp_path):
    ran = run(release(tmp_path), "/bin/sleep", "60", seconds=0.3)
    assert (ran["exit_code"], ran["timed_out"]) == (None, True)


def test_a_killed_job_ends_and_the_next_one_runs(tmp_path):
    async def both():
        jobs = Jobs()
        home = release(tmp_path)
        first = asyncio.ensure_future(jobs.run(home, RUNNING, ["/bin/sh", "-c", "touch ../begun; sleep 60"], 60))
        while not (tmp_path / "releases/r-1/begun").exists():  # noqa: ASYNC110 another process makes it
            await asyncio.sleep(0.01)
        jobs.kill()
        return await first, await jobs.run(home, RUNNING, ["true"], 20)

    ended, after = asyncio.run(both())
    assert (ended["exit_code"], ended["timed_out"]) == (None, False)
    assert after["exit_code"] == 0
