"""What systemd says of the unit that starts keepers at boot."""

import shutil
import subprocess
import sys

import pytest

from ecluse.keeper.preparing import UNIT

pytestmark = pytest.mark.live


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_the_unit_is_one(tmp_path):
    unit = tmp_path / "ecluse.service"
    unit.write_text(UNIT.format(python=sys.executable, program=tmp_path / "keeper.pyz", root=tmp_path))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
