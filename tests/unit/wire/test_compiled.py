import hashlib
import os
import subprocess
import sys

import pytest

from ecluse.wire.archive import zipapp

PACKAGES = ["ecluse.keeper", "ecluse.keeper.services", "ecluse.serving", "ecluse.wire"]


@pytest.fixture(scope="module")
def content():
    return zipapp("ecluse.keeper", PACKAGES, keeps_bytecode=True)


@pytest.fixture
def archive(tmp_path, content):
    path = tmp_path / f"keeper-{hashlib.sha256(content).hexdigest()}.pyz"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def bytecode(tmp_path_factory, content):
    """As the first start leaves it."""
    path = tmp_path_factory.mktemp("first") / f"keeper-{hashlib.sha256(content).hexdigest()}.pyz"
    path.write_bytes(content)
    version(path)
    return kept(path).read_bytes()


def kept(archive):
    """Where the bytecode for this Python belongs."""
    return archive.with_suffix("." + sys.implementation.cache_tag)


def version(archive, *options):
    words = [sys.executable, "-I", *options, str(archive), "version"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def within(archive, code):
    """What code prints that runs as the archive's would."""
    begin = "import sys; sys.path.insert(0, sys.argv[1])\nfrom ecluse.wire.compiled import use_bytecode\n"
    program = begin + "use_bytecode(sys.argv[1])\n" + code
    words = [sys.executable, "-I", "-c", program, str(archive), str(kept(archive))]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_the_first_start_keeps_the_bytecode_and_the_next_one_uses_it(archive):
    assert version(archive) == archive.stem[len("keeper-") :]
    written = kept(archive).stat()
    assert version(archive) == archive.stem[len("keeper-") :]
    assert kept(archive).stat().st_mtime_ns == written.st_mtime_ns
    assert within(archive, "import ecluse.keeper.slots as it; print(type(it.__loader__).__module__, it.__file__)") == (
        f"ecluse.wire.compiled {archive}/ecluse/keeper/slots.py"
    )
    assert sorted(os.listdir(archive.parent)) == sorted([archive.name, kept(archive).name])


def test_a_link_leads_to_the_bytecode_of_the_archive(archive):
    version(archive)
    link = archive.parent / "keeper.pyz"
    link.symlink_to(archive.name)
    assert within(link, "import ecluse.keeper.program as it; print(it.archive())") == str(archive)


def test_a_traceback_has_the_lines_of_the_source(archive):
    code = "import inspect, ecluse.keeper as it, ecluse.keeper.program as that\n"
    said = within(archive, code + "print(inspect.getsource(that.version)[:12], inspect.getsource(it)[:3])")
    assert said == 'def version( """'


def test_packages_can_be_listed_and_made_an_archive_of_as_before(archive, content):
    code = "import hashlib; from ecluse.wire.archive import zipapp\n"
    code += "made = zipapp('ecluse.keeper', {}, keeps_bytecode=True)\n"
    code += "print(hashlib.sha256(made).hexdigest())"
    assert within(archive, code.format(PACKAGES)) == hashlib.sha256(content).hexdigest()


def test_an_archive_that_is_not_named_by_its_digest_keeps_none(archive):
    other = archive.rename(archive.parent / "keeper.pyz")
    version(other)
    assert os.listdir(archive.parent) == ["keeper.pyz"]


def test_none_is_written_where_that_is_not_wanted(archive):
    version(archive, "-B")
    assert os.listdir(archive.parent) == [archive.name]


def test_it_runs_where_none_can_be_written(archive):
    kept(archive).mkdir()
    assert version(archive)
    assert sorted(os.listdir(archive.parent)) == sorted([archive.name, kept(archive).name])


def broken_index(content):
    return content[:40] + bytes([content[40] ^ 1]) + content[41:]


def broken_codes(content):
    """Every second byte of the last nine tenths."""
    start = len(content) // 10
    return content[:start] + bytes(byte ^ (at & 1) for at, byte in enumerate(content[start:]))


DAMAGES = {
    "empty": lambda content: b"",
    "a piece of the header": lambda content: content[:10],
    "a piece of the index": lambda content: content[:20],
    "half of the codes": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "of another Python": lambda content: b"\xff" + content[1:],
    "a bit of the index": broken_index,
    "bits of all codes": broken_codes,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_one_that_is_damaged_is_not_believed(archive, bytecode, damage):
    kept(archive).write_bytes(damage(bytecode))
    assert version(archive) == archive.stem[len("keeper-") :]


def test_several_may_write_it_at_a_time(archive):
    words = [sys.executable, "-I", str(archive), "version"]
    started = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(4)]
    assert {one.communicate()[0].decode().strip() for one in started} == {archive.stem[len("keeper-") :]}
    assert sorted(os.listdir(archive.parent)) == sorted([archive.name, kept(archive).name])


def test_what_another_start_writes_meanwhile_is_not_taken_for_what_was_there(archive):
    version(archive)
    code = "from pathlib import Path; Path(sys.argv[2]).write_bytes(b'another')\nimport ecluse.keeper.slots as it\n"
    assert within(archive, code + "print(it.__name__)") == "ecluse.keeper.slots"
