"""In a root that chroot(2) made and that is no mount, as package builders and some CI have it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ecluse
from ecluse.system.supervision import Layer

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its root"),
]

LIKE_OURS = """
for at in /*; do
    if [ -h "$at" ]; then cp -P "$at" "$1$at"
    elif [ -d "$at" ]; then mkdir "$1$at" && mount --rbind "$at" "$1$at"
    fi
done
root=$1
shift
exec chroot "$root" "$@"
"""
"""In a mount namespace of its own, which ends with it: the folders of our root in another one."""

LOOKS = """
import asyncio, json, os, sys
from pathlib import Path
from ecluse.ports.commands import Command
from ecluse.system.commands import SupervisedRunner
from ecluse.system.supervision import Layer

layer, shop = sys.argv[1], Path(sys.argv[2])
runner = SupervisedRunner(Layer(layer))

def said(line, **veil):
    command = Command(argv=("/bin/sh", "-c", line), folder=Path("/"), env={"PATH": os.environ["PATH"]}, **veil)
    return asyncio.run(runner.run(command)).output.split()

print(json.dumps({
    "layer": runner.layer,
    "veiled": said(f"ls -A {shop}", veiled=shop),
    "sealed": said(f"rm {shop}/.env; echo x > {shop}/own/x; ls -A {shop}", writable=(shop / "own",)),
    "root": said("ls -A /", veiled=shop),
    "bare": said(f"ls -A {shop}"),
}))
runner.close()
"""


@pytest.mark.parametrize("layer", Layer)
def test_steps_are_owned_veiled_and_sealed_there_too(tmp_path, layer):
    root, shop = tmp_path / "root", tmp_path / "shop"
    root.mkdir()
    (shop / "own").mkdir(parents=True)
    (shop / ".env").write_text("SECRET=1")
    packages = str(Path(ecluse.__file__).parent.parent)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-euc", LIKE_OURS, "sh", str(root), sys.executable, "-c", LOOKS, layer, str(shop)],
        env={**os.environ, "PYTHONPATH": packages},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare: " in done.stderr:
        pytest.skip(f"unshare(1) can't be used here, as in a root that is no mount: {done.stderr}")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["layer"], seen["veiled"]) == (layer, [])
    assert ".env" in seen["sealed"]
    assert (shop / "own" / "x").read_text() == "x\n"
    assert sorted(seen["root"]) == sorted(path.name for path in root.iterdir()), "our root, not what is around it"
    assert sorted(seen["bare"]) == [".env", "own"]
