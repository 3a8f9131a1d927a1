"""Outputs that can't be brought back whole aren't there at all."""

import pytest

from ecluse.loop.test.cache.entry import CacheEntry, KeptFile
from ecluse.loop.test.cache.files import restore
from ecluse.ports.cache import UnreachableError

DIGEST = f"sha256:{0:064}"


class Breaks:
    """A cache whose disk breaks behind the first file."""

    def fetch(self, digest, into):
        if into.name == "b":
            raise UnreachableError("the disk broke")
        into.write_text("half")
        return True


def entry(*names):
    files = tuple(KeptFile(path=f"out/{name}", digest=DIGEST) for name in names)
    return CacheEntry(step="a", parts={}, commit="c", at="", seconds=0, folders=("out",), outputs=files)


@pytest.mark.parametrize("second", ["b", "n" * 300])
def test_nothing_is_left_of_outputs_that_cannot_be_brought(tmp_path, second):
    folder = tmp_path / "outputs"
    with pytest.raises(UnreachableError):
        restore(entry("a", second), Breaks(), folder)
    assert not folder.exists()
