import subprocess
import sys
import zipfile

from ecluse import __version__
from ecluse.wire.archive import zipapp

PACKAGES = ["ecluse.keeper", "ecluse.keeper.services", "ecluse.serving", "ecluse.wire"]


def test_the_same_sources_give_the_same_bytes():
    assert zipapp("ecluse.keeper", PACKAGES) == zipapp("ecluse.keeper", reversed(PACKAGES))


def test_it_holds_the_named_packages_alone(tmp_path):
    path = tmp_path / "launch"
    path.write_bytes(zipapp("ecluse.serving", ["ecluse.serving", "ecluse.wire"]))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.read("ecluse/__init__.py").decode() == f'__version__ = "{__version__}"\n'
    assert {name.split("/")[1] for name in names if "/" in name} == {"__init__.py", "serving", "wire"}
    assert names == sorted(names)


def test_an_archive_made_from_within_an_archive_is_the_same(tmp_path):
    path = tmp_path / "keeper.pyz"
    path.write_bytes(zipapp("ecluse.keeper", PACKAGES))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from ecluse.wire import archive\n"
        "assert sys.argv[1] in archive.__file__\n"
        "sys.stdout.buffer.write(archive.zipapp('ecluse.serving', ['ecluse.serving', 'ecluse.wire']))"
    )
    inner = subprocess.run([sys.executable, "-I", "-c", code, str(path)], capture_output=True, check=True).stdout
    assert inner == zipapp("ecluse.serving", ["ecluse.serving", "ecluse.wire"])


def test_the_archive_runs(tmp_path):
    path = tmp_path / "keeper.pyz"
    path.write_bytes(zipapp("ecluse.keeper", PACKAGES))
    ran = subprocess.run([sys.executable, "-I", str(path), "version"], capture_output=True, text=True, check=True)
    assert len(ran.stdout.strip()) == 64


def test_one_of_few_modules_looks_for_no_bytecode(tmp_path):
    path = tmp_path / "launch"
    path.write_bytes(zipapp("ecluse.serving", ["ecluse.serving", "ecluse.wire"]))
    with zipfile.ZipFile(path) as archive:
        assert b"bytecode" not in archive.read("__main__.py")
