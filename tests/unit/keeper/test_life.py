import os
import subprocess
import sys

from ecluse.keeper.life import MOST, Life

SAYS = """
import sys
from ecluse.keeper.life import Life
life = Life(sys.argv[1])
life.capture()
life.say("x" * int(sys.argv[2]))
life.say("after")
sys.stderr.write("an uncaught error\\n")
"""


def test_the_log_is_bounded_and_uncaught_errors_land_in_it(tmp_path):
    log = tmp_path / "keeper.log"
    command = [sys.executable, "-c", SAYS, str(log), str(MOST)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert log.read_text().splitlines()[-1] == "an uncaught error"
    assert "after" in log.read_text()
    assert (tmp_path / "keeper.log.1").stat().st_size > MOST


def test_a_log_that_can_not_be_written_is_no_reason_to_fail(tmp_path):
    Life(str(tmp_path / "gone" / "keeper.log")).say("nobody hears it")
    assert os.listdir(tmp_path) == []
