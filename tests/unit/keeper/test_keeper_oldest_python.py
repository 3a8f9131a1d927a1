"""The keeper on the oldest Python that it promises to run on, packed as it is on a host."""

import hashlib
import subprocess

import pytest

from ecluse.keeper import pythons
from ecluse.wire.archive import zipapp
from support.load import Load

OLDEST = pythons.find("3.9")


@pytest.mark.skipif(OLDEST is None, reason="no Python 3.9 on this machine")
def test_releases_are_swapped_and_adopted_on_python_3_9(host, tmp_path):
    packed = tmp_path / "keeper.pyz"
    packed.write_bytes(
        zipapp("ecluse.keeper", ["ecluse.keeper", "ecluse.keeper.services", "ecluse.serving", "ecluse.wire"])
    )
    host.command = lambda *words: [OLDEST, "-I", str(packed), *words]
    host.up().take()
    hello = host.orders("hello")
    assert hello["python"].startswith("3.9.")
    assert hello["keeper"] == hashlib.sha256(packed.read_bytes()).hexdigest()
    host.deploy(host.running("1", workers=1), "blue")
    with Load(host.port, 4) as load:
        killed = host.kill_keeper()
        host.wait_for_another_keeper(killed)
        host.deploy(host.running("2", listen="port"), "green")
        host.deploy(host.running("3"), "blue", warm=0)
    assert load.failed == []
    assert host.get() == (200, "3")


@pytest.mark.skipif(OLDEST is None, reason="no Python 3.9 on this machine")
def test_every_module_of_the_host_side_can_be_imported(tmp_path):
    packed = tmp_path / "keeper.pyz"
    packed.write_bytes(zipapp("ecluse.keeper", ["ecluse.keeper", "ecluse.keeper.services", "ecluse.wire"]))
    script = (
        f"import pkgutil, sys; sys.path.insert(0, {str(packed)!r})\n"
        """if True:
        import importlib, ecluse.keeper, ecluse.keeper.services, ecluse.wire
        for package in (ecluse.keeper, ecluse.keeper.services, ecluse.wire):
            for module in pkgutil.iter_modules(package.__path__):
                if module.name != "__main__":
                    importlib.import_module(package.__name__ + "." + module.name)
    """
    )
    subprocess.run([OLDEST, "-I", "-W", "error", "-c", script], check=True)
