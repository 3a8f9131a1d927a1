"""What a command loads before it does its work is what a person waits for each time."""

import subprocess
import sys

COSTLY = ("pydantic", "ecluse.manifest.document", "tomlkit", "difflib", "ecluse.loop.ship", "ecluse.loop.plan.preview")
MANIFEST = """
[app]
name = "shop"

[processes.web]
command = "python -m http.server $PORT"

[environments.local]
port = 8000
"""
RUN = f"""
import atexit, sys
atexit.register(lambda: print("loaded", [name for name in {COSTLY!r} if name in sys.modules]))
from ecluse.cli.main import main
sys.argv = ["ecluse", "status"]
main()
"""


def test_a_ship_loads_no_reader_of_repositories():
    """They and what they read with take as long as the rest of a ship's imports."""
    readers = {"yaml", "ecluse.manifest.detect"}
    words = f"import sys, ecluse.cli.ship; print([name for name in sys.modules if name in {readers!r}])"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_command_on_a_known_manifest_loads_nothing_costly(tmp_path):
    (tmp_path / "ecluse.toml").write_text(MANIFEST)
    ran = [
        subprocess.run([sys.executable, "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    assert [one.returncode for one in ran] == [0, 0], ran[1].stderr
    assert ran[1].stdout.splitlines()[-1] == "loaded []"
