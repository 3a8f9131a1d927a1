import os
import subprocess

import pytest

from support.keeper_host import WEB, Host
from support.staging import digest, put


@pytest.fixture
def host(tmp_path):
    """A folder for a real keeper; afterwards nothing of it may be left running."""
    made = Host(tmp_path / "home")
    yield made
    left = made.end()
    assert not left, f"left running: {left}\n{made.life()}"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB."""
    if os.geteuid() != 0:
        pytest.skip("a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def bundle():
    files = [{"path": "web.py", "mode": "file", "digest": digest(WEB.encode())}]
    return {"digest": "sha256:" + "b" * 64, "files": files, "wheelhouses": []}


@pytest.fixture
def staged(host, bundle):
    host.up().take()
    put(host.orders, WEB.encode(), size=500)
    running = {**host.running("1"), "release": {"id": "s-1", "version": "1", "commit": "c"}}
    host.orders("stage", release="s-1", bundle=bundle, running=running)
    return running
