"""What `ecluse drill` rehearses: each scenario holds here, and nothing is left, whatever ends it."""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ecluse.drill.observer import happens, processes_of
from ecluse.drill.rehearsal import SCENARIOS, rehearse

pytestmark = [pytest.mark.fault, pytest.mark.network]


@dataclass
class Heard:
    lines: list[str] = field(default_factory=list)

    def begins(self, scenario):
        self.lines.append(scenario)

    def hears(self, event):
        self.lines.append(f"{event.at:6.1f} s  {event.what}")

    def ends(self, rehearsed):
        self.lines += [f"{'kept' if one.kept else 'BROKEN'}: {one.what}: {one.seen}" for one in rehearsed.promises]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_is_promised_holds(scenario):
    heard = Heard()
    (rehearsed,) = rehearse([scenario], 3, heard)
    if rehearsed.impossible:
        pytest.skip(rehearsed.impossible)
    assert rehearsed.outcome == "held", "\n".join([*heard.lines, rehearsed.broke])
    assert rehearsed.answered > 100
    assert rehearsed.recovery is not None


@pytest.fixture
def drill(tmp_path):
    """A drill that has come to where its first release serves, and the folder that its scratch is made in."""
    process = begin(tmp_path)
    for line in process.stdout:
        if "serves on 2 hosts" in line:
            break
    assert processes_of(tmp_path)
    yield process, tmp_path
    process.kill()
    process.communicate()


def begin(folder):
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "ecluse", "drill", "killed-keeper", "--hosts", "2"], text=True,
        cwd="/", env={**os.environ, "TMPDIR": str(folder)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_drill_leaves_nothing(drill, number):
    process, folder = drill
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "interrupted" in said) == (130, True)
    assert processes_of(folder) == []
    assert list(folder.glob("ecluse-drill-*")) == []


def test_what_a_killed_drill_leaves_the_next_one_removes(drill, monkeypatch):
    process, folder = drill
    process.kill()
    process.wait()
    assert processes_of(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert rehearse([], 1, Heard()) == ()
    assert happens(lambda: processes_of(folder) == [], 10)
    assert list(Path(folder).glob("ecluse-drill-*")) == []
