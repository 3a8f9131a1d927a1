"""Every step cache keeps the one contract."""

import subprocess
import sys

import pytest

from ecluse.ports.cache import UnreachableError
from ecluse.system.cache import FolderCache
from ecluse.system.layered_cache import LayeredCache
from ecluse.testing.cache import KEY, LONG_AFTER, StepCacheContract, file


class TestFolderCache(StepCacheContract):
    @pytest.fixture
    def cache(self, tmp_path):
        return FolderCache(tmp_path / "cache")


class TestMountedCache(StepCacheContract):
    @pytest.fixture
    def cache(self, tmp_path):
        (tmp_path / "mounted").mkdir()
        return FolderCache(tmp_path / "mounted", mounted=True)


def test_what_a_killed_writer_left_is_no_document_and_is_swept(tmp_path):
    (tmp_path / "cache").mkdir()
    cache = FolderCache(tmp_path / "cache", mounted=True)
    cache.put(KEY, b"document")
    (tmp_path / "cache" / "documents" / KEY[:2] / ".incoming-x").write_bytes(b"doc")
    assert [shelved.key for shelved, _ in cache.documents()] == [KEY]
    assert cache.sweep(frozenset(), LONG_AFTER) == 3
    assert cache.get(KEY) == b"document"


def test_a_file_of_documents_that_is_spoilt_is_begun_anew(tmp_path):
    FolderCache(tmp_path / "cache").put(KEY, b"document")
    for path in (tmp_path / "cache").glob("documents.db*"):
        path.write_bytes(b"no database at all" * 1000)
    cache = FolderCache(tmp_path / "cache")
    assert cache.get(KEY) is None
    cache.put(KEY, b"again")
    assert FolderCache(tmp_path / "cache").get(KEY) == b"again"


def test_documents_that_can_t_be_reached_are_no_error_of_ours(tmp_path):
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(UnreachableError, match=r"documents[.]db"):
        FolderCache(tmp_path / "cache").get(KEY)


READS = """
import sys, pathlib
from ecluse.ports.cache import UnreachableError
from ecluse.system.cache import FolderCache as Cache
cache = Cache(pathlib.Path(sys.argv[1]))
print(cache.get(sys.argv[2]), [one.key for one, _ in cache.documents()])
try:
    cache.put(sys.argv[2], b"again")
except UnreachableError as error:
    print(error)
"""


@pytest.mark.parametrize("is_killed", [False, True], ids=["as it was closed", "as a killed one left it"])
def test_documents_are_read_where_nobody_may_write(tmp_path, is_killed):
    """A file system that is only read: a rescue system's, a snapshot's."""
    folder = tmp_path / "cache"
    leave = "os.kill(os.getpid(), 9)" if is_killed else "pass"
    program = "import os, sys, pathlib; from ecluse.system.cache import FolderCache as Cache; "
    program += f"Cache(pathlib.Path(sys.argv[1])).put(sys.argv[2], b'document'); {leave}"
    subprocess.run([sys.executable, "-c", program, str(folder), KEY], check=False)
    only_read = f'mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", only_read, "sh", sys.executable, "-c", READS, str(folder), KEY],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "unshare: " in done.stderr or "mount: " in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    found, refused = done.stdout.splitlines()
    assert found == f"b'document' ['{KEY}']"
    assert "readonly" in refused


def test_what_was_put_outlives_whoever_put_it(tmp_path):
    program = "import os, sys, pathlib; from ecluse.system.cache import FolderCache as Cache; "
    program += "Cache(pathlib.Path(sys.argv[1])).put(sys.argv[2], b'document'); os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "cache"), KEY], check=False)
    assert done.returncode == -9
    assert FolderCache(tmp_path / "cache").get(KEY) == b"document"


class TestLayeredCache(StepCacheContract):
    @pytest.fixture
    def cache(self, tmp_path):
        # What is removed is removed of the own one, so nothing may lie in the other.
        return LayeredCache(FolderCache(tmp_path / "own"), lambda: FolderCache(tmp_path / "shared"), read_only=True)


class TestSharing:
    @pytest.fixture
    def shared(self, tmp_path):
        (tmp_path / "shared").mkdir()
        return lambda: FolderCache(tmp_path / "shared", mounted=True)

    def test_what_one_machine_puts_another_finds_and_has(self, shared, tmp_path):
        digest, path = file(tmp_path, b"content")
        one = LayeredCache(FolderCache(tmp_path / "one"), shared)
        one.keep(digest, path)
        one.put(KEY, b"document")
        other = LayeredCache(FolderCache(tmp_path / "other"), shared)
        assert (other.get(KEY), other.holds(digest, 7), other.fetch(digest, tmp_path / "back")) == (
            b"document",
            True,
            True,
        )
        alone = FolderCache(tmp_path / "other")
        assert (alone.get(KEY), alone.holds(digest, 7)) == (b"document", True)

    def test_a_machine_that_only_reads_puts_nothing_there(self, shared, tmp_path):
        one = LayeredCache(FolderCache(tmp_path / "one"), shared, read_only=True)
        one.put(KEY, b"document")
        assert (one.get(KEY), shared().get(KEY)) == (b"document", None)

    def test_a_shared_one_that_is_away_is_a_miss_and_is_told(self, tmp_path):
        away = FolderCache(tmp_path / "unmounted", mounted=True)
        one = LayeredCache(FolderCache(tmp_path / "one"), lambda: away)
        assert one.get(KEY) is None
        one.put(KEY, b"document")
        assert one.get(KEY) == b"document"
        assert one.troubles == (f"the shared one can't be used: {tmp_path}/unmounted is no folder",)
        assert not (tmp_path / "unmounted").exists()
