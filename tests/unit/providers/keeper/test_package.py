"""How a keeper finds its own program again."""

import subprocess
import sys

from ecluse.providers.keeper.package import keeper_zipapp


def test_a_program_that_was_started_by_a_link_goes_by_the_file(tmp_path):
    """The link is changed when the host gets another version, and a keeper reads its own sources until it has that."""
    program, _ = keeper_zipapp(tmp_path)
    link = tmp_path / "keeper.pyz"
    link.symlink_to(program)
    words = (
        f"import sys; sys.path.insert(0, {str(link)!r}); from ecluse.keeper import program; print(program.archive())"
    )
    told = subprocess.run([sys.executable, "-I", "-c", words], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(program)
