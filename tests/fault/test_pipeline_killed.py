"""SIGKILL of the runner at random points of a pipeline of thirty steps: the next run completes it, and runs nothing
again that was finished."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.runs import RunStarted, StepEnded
from ecluse.system.clock import SystemClock
from support import repositories
from support.processes import holders

pytestmark = pytest.mark.fault

STEPS, WIDTH, POINTS = 30, 5, 20
HEAD = '[app]\nname = "demo"\n[processes.worker]\ncommand = ["sleep", "600"]\n'
STEP = """
[steps.s{number}]
command = '''
exec 9>>{busy}
echo s{number} >> {ran}
sleep 0.02
mkdir -p out
{{ cat out/* 2>/dev/null || true; echo s{number}; }} | sort -u > s{number}
mv s{number} out/s{number}
'''
inputs = []
needs = {needs}
outputs = ["out/s{number}"]
"""


def needs_of(number, choice):
    """Two of the layer before; of the last step all of it."""
    layer = range((number // WIDTH - 1) * WIDTH, number // WIDTH * WIDTH)
    above = list(layer) if number == STEPS - 1 else sorted(choice.sample(list(layer), 2)) if number >= WIDTH else []
    return json.dumps([f"s{one}" for one in above])


class Pipeline:
    def __init__(self, folder, choice):
        self.folder = folder
        self.ran, self.busy = folder / "ran", folder / "busy"
        text = "".join(
            STEP.format(number=number, needs=needs_of(number, choice), ran=self.ran, busy=self.busy)
            for number in range(STEPS)
        )
        files = {"ecluse.toml": HEAD + text, ".gitignore": ".ecluse/\n"}
        self.root = repositories.repository(folder / "repository", files)[1]
        self.home = folder / "home"
        self.env = {**os.environ, "ECLUSE_HOME": str(self.home)}
        self.forget()

    def forget(self):
        """As if no step had ever passed; the environment stays."""
        shutil.rmtree(self.home / "cache" / "steps", ignore_errors=True)
        self.ran.write_text("")

    def command(self, *arguments):
        return [sys.executable, "-m", "ecluse", *arguments]

    def run(self):
        """The verdicts of a whole run, and digests of what it hands over."""
        given = self.folder / "artifacts"
        names = [f"s{number}" for number in range(STEPS)]
        done = subprocess.run(
            self.command("run", *names, "--jobs", "2", "--json", "--artifacts", str(given)),
            cwd=self.root, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        made = {path.parent.name: json.loads(path.read_text())["sha256"] for path in given.glob("*/made.json")}
        return {step["name"]: step for step in json.loads(done.stdout)["steps"]}, made

    def kill_at(self, begun, later):
        """Run until so many steps have begun and a moment later; then SIGKILL to the runner alone."""
        names = [f"s{number}" for number in range(STEPS)]
        process = subprocess.Popen(
            self.command("run", *names, "--jobs", "2"), cwd=self.root, env=self.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while process.poll() is None and len(self.begun) < begun:
            time.sleep(0.001)
        time.sleep(later)
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        until = time.monotonic() + 20
        while holders(self.busy):
            assert time.monotonic() < until, "its steps live on"
            time.sleep(0.01)

    @property
    def begun(self):
        return self.ran.read_text().split()

    def finished(self):
        """What the ledger knows to have passed in the newest run, and the name of that run."""
        ledger = SqliteLedger(self.home / "ledger.db", SystemClock(), "test@here")
        try:
            records = [record.event for record in ledger.events()]
        finally:
            ledger.close()
        run = [event.run for event in records if isinstance(event, RunStarted)][-1]
        ends = [event for event in records if isinstance(event, StepEnded) and event.run == run]
        return {event.step for event in ends if event.answer == "passed"}, run

    def history(self):
        done = subprocess.run(
            self.command("history", "--runs", "--json", "--limit", "100"), cwd=self.root, env=self.env,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return {run["run"]: run for run in json.loads(done.stdout)["runs"]}


@pytest.mark.timeout(600)
def test_a_killed_pipeline_is_completed_and_nothing_finished_runs_again(tmp_path):
    seed = int(os.environ.get("ECLUSE_TESTS_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"seed: ECLUSE_TESTS_SEED={seed}")
    choice = random.Random(seed)
    pipeline = Pipeline(tmp_path, choice)
    told, wanted = pipeline.run()
    assert len(told) == len(wanted) == STEPS
    killed, resumed = [], 0
    for point in range(POINTS):
        pipeline.forget()
        begun, later = choice.randrange(1, STEPS), choice.random() * 0.05
        print(f"point {point}: after {begun} steps had begun, and {later:.3f} s")
        pipeline.kill_at(begun, later)
        finished, run = pipeline.finished()
        before = len(pipeline.begun)
        told, made = pipeline.run()
        assert made == wanted, "other bytes than without a kill"
        assert {name for name in finished if not told[name]["cached"]} == set()
        assert finished.isdisjoint(pipeline.begun[before:])
        killed.append(run)
        resumed += bool(finished)
    history = pipeline.history()
    outcomes = [history[run]["outcome"] for run in killed]
    print(f"{outcomes.count('killed')} runs were cut short, in {resumed} of them something was finished")
    assert set(outcomes) <= {"killed", "passed"}, "passed: it was over before the signal came"
    assert outcomes.count("killed") > POINTS / 2
    assert resumed
